"""The read endpoints of the Data API, as a table of routes."""

from __future__ import annotations

from functools import partial

import orjson

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.endpoints.filters import milliseconds, where
from lever_assets.sandbox.endpoints.route import Call, Route
from lever_assets.sandbox.endpoints.visibility import must_see
from lever_assets.sandbox.errors import not_found
from lever_assets.sandbox.expand import contact, expand
from lever_assets.sandbox.forms import default_form
from lever_assets.sandbox.pagination import decode_offset, list_body, parse_limit
from lever_assets.sandbox.schema import SUB_RESOURCES

EVERYTHING = Where()


def list_records(call: Call, *, resource: str) -> bytes:
    """A page of a top-level resource."""
    condition = where(resource, call.query, confidential_access=call.confidential_access)
    limit, after = parse_limit(call.one("limit")), decode_offset(call.one("offset"))
    page = call.account.page(resource, condition, limit, after)
    return list_body(expand(call.account, resource, page.rows, call.query.get("expand", ())), page.following)


def get_record(call: Call, *, resource: str) -> bytes:
    """A single record of a top-level resource."""
    ident = call.path[0]
    must_see(call, resource, ident)
    return _single(call, resource, call.account.get(resource, ident))


def list_children(call: Call, *, resource: str) -> bytes:
    """What hangs on an opportunity; few enough for one page, cut only when `limit` asks for it."""
    parent = call.path[0]
    must_see(call, "opportunities", parent)
    if "limit" in call.query or "offset" in call.query:
        limit, after = parse_limit(call.one("limit")), decode_offset(call.one("offset"))
        page = call.account.page(resource, Where(("parent = ?",), (parent,)), limit, after)
        rows, following = page.rows, page.following
    else:
        rows, following = call.account.children(resource, parent), None
    return list_body(expand(call.account, resource, rows, call.query.get("expand", ())), following)


def get_child(call: Call, *, resource: str) -> bytes:
    """One of the things that hang on an opportunity."""
    parent, ident = call.path
    must_see(call, "opportunities", parent)
    return _single(call, resource, call.account.get(resource, ident, parent))


def list_deleted(call: Call, *, resource: str) -> bytes:
    """What was deleted between deleted_at_start and deleted_at_end."""
    bounds = [
        None if text is None else milliseconds(name, text)
        for name in ("deleted_at_start", "deleted_at_end")
        for text in (call.one(name),)
    ]
    limit, after = parse_limit(call.one("limit")), decode_offset(call.one("offset"))
    page = call.account.deleted(resource, bounds[0], bounds[1], limit, after)
    return list_body(page.rows, page.following)


def get_posting_form(call: Call) -> bytes:
    """The questions that a posting asks applicants; every posting has at least the standard ones."""
    ident = call.path[0]
    must_see(call, "postings", ident)
    form = call.account.get("posting_forms", ident)
    if form is None:
        posting = call.account.record("postings", ident)
        form = orjson.dumps(default_form(ident, posting["text"] if posting else ""))
    return b'{"data":' + form + b"}"


def list_posting_users(call: Call) -> bytes:
    """The users who work on a posting: owner, hiring manager, author and followers."""
    ident = call.path[0]
    must_see(call, "postings", ident)
    posting = call.account.record("postings", ident) or {}
    idents = [
        posting.get("owner"),
        posting.get("hiringManager"),
        posting.get("user"),
        *posting.get("followers", []),
    ]
    users = call.account.many("users", [ident for ident in idents if ident])
    return list_body(list(users.values()), None)


def get_disposition_stages(call: Call) -> bytes:
    """Stages with their pipeline, and the archive reasons, in one object."""
    page = call.account.page("disposition_stages", EVERYTHING, 1, None)
    return b'{"data":' + (page.rows[0] if page.rows else b'{"stages":[],"archiveReasons":[]}') + b"}"


def get_contact(call: Call) -> bytes:
    """A person."""
    body = contact(call.account, call.path[0])
    if body is None:
        raise not_found()
    return b'{"data":' + body + b"}"


def _single(call: Call, resource: str, body: bytes | None) -> bytes:
    if body is None:
        raise not_found()
    return b'{"data":' + expand(call.account, resource, [body], call.query.get("expand", ()))[0] + b"}"


def _lists(*resources: str) -> list[Route]:
    return [Route("GET", f"/{name}", name, partial(list_records, resource=name)) for name in resources]


def _singles(*resources: str) -> list[Route]:
    return [Route("GET", f"/{name}/:id", name, partial(get_record, resource=name)) for name in resources]


READS: tuple[Route, ...] = (
    *_lists("opportunities", "postings", "requisitions", "users", "stages", "archive_reasons"),
    *_lists("tags", "sources", "requisition_fields", "feedback_templates"),
    *_singles("opportunities", "postings", "requisitions", "users", "stages", "archive_reasons"),
    *_singles("feedback_templates"),  # the list gives active ones alone, which all of ours are
    *(
        Route("GET", f"/{name}/deleted", name, partial(list_deleted, resource=name))
        for name in ("opportunities", "applications", "postings")
    ),
    *(
        Route("GET", f"/opportunities/:id/{name}", name, partial(list_children, resource=name))
        for name in SUB_RESOURCES
    ),
    *(
        Route("GET", f"/opportunities/:id/{name}/:child", name, partial(get_child, resource=name))
        for name in SUB_RESOURCES
    ),
    Route("GET", "/postings/:id/apply", "postings", get_posting_form),
    Route("GET", "/postings/:id/users", "postings", list_posting_users),
    Route("GET", "/disposition_stages", "stages", get_disposition_stages),
    Route("GET", "/eeo/responses", "eeo_responses", partial(list_records, resource="eeo_responses")),
    Route(
        "GET", "/eeo/responses/pii", "eeo_responses_pii", partial(list_records, resource="eeo_responses_pii")
    ),
    Route("GET", "/contacts/:id", "contact", get_contact),
)
