"""After a write: what it touched is read again, so that the tables show it at once.

The write was done whatever becomes of that: what fails is a sentence for the caller, and the next sync brings
the tables up to it.
"""

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import JsonValue

from lever_assets.lever import LeverClient
from lever_assets.sync.failing import sentence
from lever_assets.sync.refresh.mapping_at_once import LISTS_BELOW
from lever_assets.sync.refresh.targeted import RefreshReport, refresh_opportunities
from lever_assets.sync.refresh.targeted_postings import refresh_posting
from lever_assets.sync.session import Session

_LATER = "It was done in Lever, but the tables will only show it after the next sync"
_UNTOLD = "The tables follow with the next sync: the request does not tell which records it changed."
_OPPORTUNITIES = frozenset({"opportunities", "candidates"})
"""Lever's older name for them still works (docs/lever-api.md, Deprecated)."""
_WITH_INTERVIEWS = frozenset({"interviews", "panels"})
_READ_ALONE = frozenset({"notes", "feedback", "files", "resumes"})
"""Lists of extra models: one that changed says nothing of the others, and is read only if it is asked for."""


@dataclass(frozen=True)
class TouchedOpportunity:
    """An opportunity (Lever's id) that a request changed, and the lists below it that it may have changed."""

    remote_id: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class TouchedPosting:
    """A posting (Lever's id) that a request changed."""

    remote_id: str


Touched = TouchedOpportunity | TouchedPosting


def touched(method: str, path: str, data: JsonValue) -> Touched | None:
    """Return what a request to the Data API changed, by its path and the `data` of the answer.

    None: it can't be told, such as whose application was sent with a posting's form.
    """
    parts = [unquote(each) for each in path.strip("/").split("/")]
    kind, *below = parts
    if method == "POST" and not below and isinstance(data, dict) and isinstance(data.get("id"), str):
        below = [str(data["id"])]  # it was made
    if not below:
        return None
    if kind in _OPPORTUNITIES:
        own = tuple(each for each in below if each in _READ_ALONE)
        lists = LISTS_BELOW if _WITH_INTERVIEWS.intersection(below) else own
        return TouchedOpportunity(below[0], lists)
    if kind == "postings" and len(below) == 1:
        return TouchedPosting(below[0])
    return None


async def read_back(lever: LeverClient, session: Session, what: Touched | None) -> list[str]:
    """Bring the tables up to what was touched; returns why they will show it only later, if so."""
    match what:
        case TouchedOpportunity(remote_id, below):
            return await opportunities_read_back(lever, session, [remote_id], below=below)
        case TouchedPosting(remote_id):
            return await _said(refresh_posting(lever, session, remote_id))
        case None:
            return [_UNTOLD]


async def opportunities_read_back(
    lever: LeverClient, session: Session, opportunities: Collection[str], *, below: Collection[str] = ()
) -> list[str]:
    """Bring the tables up to opportunities and what is `below` them, as `read_back`."""
    return await _said(refresh_opportunities(lever, session, opportunities, below=below))


async def _said(refreshing: Awaitable[RefreshReport]) -> list[str]:
    try:
        report = await refreshing
    except Exception as error:  # what was done stays done, however odd what Lever shows of it
        return [f"{_LATER}: {sentence(error)}"]
    outages = (error for lists in report.unavailable.values() for error in lists.values())
    doubts = ["Lever answered that it has no such record, and is asked once more."] if report.doubtful else []
    return [f"{_LATER}: {each}" for each in (*report.failed.values(), *outages, *doubts, *report.warnings)]
