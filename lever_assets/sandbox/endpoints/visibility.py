"""What a key may see: without confidential access, confidential records are as if they weren't there."""

from __future__ import annotations

from lever_assets.sandbox.endpoints.route import Call
from lever_assets.sandbox.errors import not_found
from lever_assets.sandbox.recruiting.existing import active_user

CONFIDENTIAL = frozenset({"opportunities", "postings", "requisitions"})


def must_see(call: Call, resource: str, ident: str) -> None:
    """A 404 when there is no such record, or when the key may not see it."""
    if resource not in CONFIDENTIAL:
        return
    confidentiality = call.account.confidentiality(resource, ident)
    if confidentiality is None or (confidentiality == "confidential" and not call.confidential_access):
        raise not_found()


def acting_user(call: Call) -> str | None:
    """The user that `perform_as` names; a 400 when there is no such user, or they have left."""
    ident = call.one("perform_as")
    if ident is not None:
        active_user(call.account, ident, field="perform_as")
    return ident
