"""Facts about the addresses of the Data API: how paths and queries are written, the template of a path, the
permission that it needs.
"""

import re
from urllib.parse import quote

import httpx

from lever_assets.lever.wire import Params

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""This machine, as hosts of addresses have it."""

_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[^/]*[\d%][^/]*")

# Names as they stand in scopes (docs/lever-api.md, Access).
_SCOPES = frozenset(
    {
        "applications",
        "archive_reasons",
        "audit_events",
        "contact",
        "diversity_surveys",
        "eeo_responses",
        "eeo_responses_pii",
        "feedback",
        "feedback_templates",
        "files",
        "form_templates",
        "forms",
        "groups",
        "interviews",
        "notes",
        "offers",
        "opportunities",
        "panels",
        "permissions",
        "postings",
        "referrals",
        "requisition_fields",
        "requisitions",
        "resumes",
        "roles",
        "sources",
        "stages",
        "tags",
        "uploads",
        "users",
        "webhooks",
    }
)
# Collections whose scope is called otherwise.
_CALLED = {"contacts": "contact", "disposition_stages": "stages", "form_fields": "forms"}


def quoted(segment: str) -> str:
    """Return a text as one segment of a path, whatever an id is made of.

    A slash, a question mark or a line break in it is percent-encoded, and so are the dots of `.` and `..`,
    which would lead elsewhere.
    """
    encoded = quote(segment, safe="<>", errors="replace")  # placeholders of dry runs stay; httpx encodes them
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")


def path_to(*segments: str) -> str:
    """Return the path of these segments, each quoted, as in `/opportunities/<id>/offers`."""
    return "".join(f"/{quoted(segment)}" for segment in segments)


def query_of(params: Params) -> str:
    """Return the query text of `params`, percent-encoded. An offset is encoded as it is: it is opaque."""
    return str(httpx.QueryParams({name: value for name, value in params.items() if value is not None}))


def template(path: str) -> str:
    """Return the path with ids replaced, as in `/opportunities/:id/offers`.

    An id is a UUID, anything with a digit or a percent-encoded character in it, or what follows `stages`:
    built-in stages have words for ids.
    """
    segments = path.split("/")
    for position, segment in enumerate(segments):
        if segment and (segments[position - 1] == "stages" or _ID.fullmatch(segment)):
            segments[position] = ":id"
    return "/".join(segments)


def scope(method: str, path: str) -> str:
    """Return the scope a request needs (`offers:read:admin`), from the last collection in its path."""
    segments = [segment for segment in template(path).split("/") if segment and segment != ":id"]
    right = "read" if method in {"GET", "HEAD"} else "write"
    if segments[:2] == ["eeo", "responses"]:
        return f"{'_'.join(segments[:3])}:{right}:admin"
    for segment in reversed(segments):
        name = _CALLED.get(segment, segment)
        if name in _SCOPES:
            return f"{name}:{right}:admin"
    return f"{segments[0] if segments else 'unknown'}:{right}:admin"
