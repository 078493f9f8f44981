"""Who arrived in the stage for assessments, and what is to be ordered; from Lever's records alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.assessment.tags import Tags, named
from lever_assets.lever import JsonObject
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.store.assessments import Package

CLOSED_AFTER = timedelta(days=14)
"""So long after an application is archived, or hired, an order without a result stays open."""


@dataclass(frozen=True)
class Wanted:
    """What is to be ordered; `why_none` says why it is nothing."""

    packages: tuple[Package, ...] = ()
    why_none: str = ""


def arrivals(opportunity: JsonObject, stages: Collection[str], since: datetime) -> list[datetime]:
    """Return when an opportunity came into one of these stages (Lever's ids), at an instant or later.

    Lever's `stageChanges` tell: `toStageId`, and in `updatedAt` when that was.
    """
    changes = opportunity.get("stageChanges")
    found = []
    for each in changes if isinstance(changes, list) else ():
        if isinstance(each, dict) and str(each.get("toStageId")) in stages:
            at = from_epoch_ms_if_any(each.get("updatedAt"))
            if at is not None and at >= since:
                found.append(at)
    return sorted(set(found))


def closes_at(opportunity: JsonObject) -> datetime | None:
    """Return when an open order of an opportunity is to be cancelled; None: nobody has archived it.

    In Lever whoever is hired is archived, too.
    """
    archived = opportunity.get("archived")
    if not isinstance(archived, dict):
        return None
    at = from_epoch_ms_if_any(archived.get("archivedAt"))
    return None if at is None else at + CLOSED_AFTER


def is_archived(opportunity: JsonObject) -> bool:
    """Tell whether nobody decides on an opportunity any more."""
    return isinstance(opportunity.get("archived"), dict)


def wanted(lists: Iterable[object], packages: Sequence[Package], tags: Tags, default: str | None) -> Wanted:
    """Return what is to be ordered: what tags name, else the default.

    The lists are the tags of the opportunity, then those of the posting; the first counts that names any.
    """
    every = (tags.names(each) for each in lists if isinstance(each, list))
    names = next(filter(None, every), [])
    if not names and default is None:
        return Wanted(why_none="no tag names one, and there is no default")
    found = {each.id: each for name in names or [default or ""] if (each := named(packages, name))}
    if found:
        return Wanted(tuple(found.values()))
    if names:
        return Wanted(why_none=f"there is none that is called {', '.join(names)}")
    return Wanted(why_none=f"there is none that is called {default}, as the default is")
