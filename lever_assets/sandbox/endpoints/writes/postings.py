"""Applications through postings."""

from __future__ import annotations

from lever_assets.sandbox.endpoints.body import parse, validate
from lever_assets.sandbox.endpoints.filters import flag
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.visibility import acting_user, must_see
from lever_assets.sandbox.endpoints.writes.answers import data
from lever_assets.sandbox.errors import not_found
from lever_assets.sandbox.recruiting.applying import ApplicationBody, apply

# Lever lets 2 applications a second through, whatever the key's own rate (docs/lever-api.md, Conventions).
APPLY = "/postings/:id/apply"


def apply_to_posting(call: Call) -> Answer:
    """POST /postings/:id/apply: 201 with the application's id; 200 when the person had applied already."""
    ident = call.path[0]
    must_see(call, "postings", ident)
    user = acting_user(call)
    flag(call.query, "send_confirmation_email")  # no mail leaves the sandbox
    posting = call.account.record("postings", ident)
    if posting is None:
        raise not_found()
    candidacy = apply(call.changes, posting, validate(ApplicationBody, parse(call.raw).values), user)
    application = candidacy.application or {}
    beside = {"deduped": True} if candidacy.deduped else {}
    return data({"applicationId": application["id"]}, 201 if candidacy.made else 200, **beside)


POSTINGS: tuple[Route, ...] = (Route("POST", APPLY, "postings", apply_to_posting),)
