"""All quirks: what the spec leaves open or was seen at other accounts, each with its source.

Each keeps all information: a client that copes with them ends with the same data as without. From this table
come the validation of names, the command's help and the documentation.
"""

from __future__ import annotations

from zlib import crc32

from lever_assets.sandbox.quirks import paging, records, refusing
from lever_assets.sandbox.quirks.quirk import Asked, Body, Headers, Quirk
from lever_assets.sandbox.schema import Record

HOUR = 3600
REPORTS = "reports of other connectors"
OTHER_CODES = {
    "Forbidden": "NotAuthorized",
    "RateLimit": "TooManyRequests",
    "InvalidCredentials": "Unauthorized",
}


def _otherwise_coded(_: Asked, body: Body) -> Body:
    code = body.get("code")
    return body | {"code": OTHER_CODES.get(code, code)} if isinstance(code, str) else body


def _by_candidate(data: Record) -> Record:
    return {name: value for name, value in data.items() if name != "opportunityId"}


def _unnamed(headers: Headers) -> Headers:
    return tuple(each for each in headers if each[0] != b"content-disposition")


def _now_and_then(path: str, at: float) -> float | None:
    return at if crc32(path.encode()) % 2 else None


def _an_hour_ahead(_: str, at: float) -> float:
    return at + HOUR


# The order counts: what refuses comes before what alters, and of two that contradict the first wins.
_ALL = (
    Quirk(
        "deletions-in-pieces",
        "a span over 30 days, or with an open end, on `/opportunities/deleted` and its like is refused (400)",
        "another connector reads these lists in pieces of 29 days",
        asked=refusing.long_spans,
    ),
    Quirk(
        "deletions-ids-only",
        "lists of deletions tell ids, not when and by whom",
        "unsure in Lever's documentation",
        told=records.bare,
    ),
    Quirk(
        "requisitions-filter-refused",
        "`updated_at_start` and `_end` are refused on `/requisitions` (400); usually they are ignored there",
        "four connectors read requisitions whole or by creation, one says that there is no such filter",
        asked=refusing.updated_filter_of_requisitions,
    ),
    Quirk(
        "filters-refused",
        "`updated_at_start` and `_end` are refused on every list (400)",
        REPORTS,
        asked=refusing.updated_filter,
    ),
    Quirk(
        "confidentiality-refused",
        "`confidentiality=all` is refused (403); without it the key gets all that it may see",
        "a key without access to confidential data, unsure in Lever's documentation",
        asked=refusing.all_confidentialities,
    ),
    Quirk(
        "expand-refused",
        "`expand=applications` is refused (403) with a message that names `applications:read:admin`",
        "a key without that permission, unsure in Lever's documentation",
        asked=refusing.expanded_applications,
    ),
    Quirk(
        "expand-ignored",
        "ids stay where `expand=applications` was asked",
        "a key without that permission, unsure in Lever's documentation",
        asked=refusing.without_applications,
    ),
    Quirk(
        "offsets-expire",
        'once for each list a page token in its midst is refused (400 "Invalid offset token")',
        REPORTS,
        asked=paging.expiring,
    ),
    Quirk(
        "empty-pages",
        "a list begins with an empty page and has another one in its midst, with more to come",
        REPORTS,
        asked=paging.to_the_page_behind,
        told=paging.empty,
    ),
    Quirk(
        "short-pages",
        "pages hold fewer records than asked for, with more to come",
        REPORTS,
        asked=paging.short,
    ),
    Quirk(
        "lists-without-has-next",
        "`hasNext` is absent where one page is the whole list",
        "recorded: `/webhooks` comes like this",
        told=paging.without_has_next,
    ),
    Quirk(
        "archive-reasons-untyped",
        "archive reasons have no `type`; those that mean a hire say so in their name",
        REPORTS,
        told=records.untyped,
    ),
    Quirk(
        "odd-side-fields",
        "fields that the 19 models don't need come in another JSON type, such as `contact` in a list",
        REPORTS,
        told=records.odd,
    ),
    Quirk(
        "updated-at-missing",
        "`updatedAt` is absent, not null, on old opportunities",
        "recorded: it is null on old records",
        told=records.undated,
    ),
    Quirk(
        "other-error-codes",
        "errors have the other one of the two `code`s that Lever is said to use",
        "unsure in Lever's documentation",
        told=_otherwise_coded,
    ),
    Quirk(
        "events-name-the-candidate",
        "webhooks name an opportunity by `candidateId` alone, never by `opportunityId`",
        "Lever's documentation has both names, and says not which event has which",
        event=_by_candidate,
    ),
    Quirk(
        "files-unnamed",
        "files come without a `Content-Disposition` header",
        "no documentation promises one",
        headed=_unnamed,
    ),
    Quirk(
        "date-now-and-then",
        "every second path answers without a `Date` header",
        "no documentation promises one",
        dated=_now_and_then,
    ),
    Quirk(
        "date-ahead",
        "the `Date` header is an hour ahead of the instants in the records",
        "no documentation says whose clock it is",
        dated=_an_hour_ahead,
    ),
)

QUIRKS: dict[str, Quirk] = {quirk.name: quirk for quirk in _ALL}
