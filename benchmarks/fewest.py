"""The fewest requests that a full sync can take, computed from the account itself."""

from math import ceil

from benchmarks.account import Served

_PAGE = 100  # the most records that Lever gives at once
_LISTS = (
    "users",
    "stages",
    "archive_reasons",
    "tags",
    "sources",
    "requisition_fields",
    "postings",
    "requisitions",
    "opportunities",
)


def fewest_requests(lever: Served) -> dict[str, int]:
    """Return the fewest requests by resource.

    Lists come a hundred records a page, applications inside their opportunities. Forms, interviews and offers
    are only given for one posting or opportunity at a time; an opportunity without an application can't have
    an offer, and nothing says beforehand whether it has interviews.
    """
    fewest = {name: max(ceil(lever.count(name) / _PAGE), 1) for name in _LISTS}
    fewest["posting_forms"] = lever.count("postings")
    fewest["interviews"] = lever.count("opportunities")
    fewest["offers"] = lever.count("applications", of="DISTINCT parent")
    return fewest
