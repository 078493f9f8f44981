"""application_stage_changes <- the stage changes of opportunities."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from lever_assets.lever.records import Application, Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.archiving import archived_of
from lever_assets.mapping.rules.linked import ONLY_APPLICATION_KEYS, only_application
from lever_assets.unified.insights import ApplicationStageChange

_ENTERED = ("opportunities.stageChanges.toStageId", "opportunities.stageChanges.updatedAt")
SOURCES: Sources = {
    "remote_id": (),
    "candidate_id": ("opportunities.id",),
    "application_id": ONLY_APPLICATION_KEYS,
    "from_stage_id": _ENTERED,
    "to_stage_id": _ENTERED,
    "entered_at": _ENTERED,
    "left_at": (
        *_ENTERED,
        "opportunities.archived",
        "applications.archived",
        *ONLY_APPLICATION_KEYS,
    ),
    "user_id": ("opportunities.stageChanges.userId", *_ENTERED),
    "position": _ENTERED,
}


class Visit(NamedTuple):
    """That a stage was entered, and when it was left, None: not yet; `nth`: of those in one millisecond."""

    stage: str
    entered_at: datetime
    left_at: datetime | None
    user: str | None
    nth: int


def visits(opportunity: Opportunity, applications: Sequence[Application]) -> list[Visit]:
    """Return the visits to stages in the order of time; those at one instant in Lever's.

    A change without a stage or an instant can't be put in order: it is among what is lost of the record. The
    last visit ended when the opportunity was archived, but not before it began.
    """
    entered = [
        (*place, each.user_id) for each in opportunity.stage_changes if (place := each.place) is not None
    ]
    entered.sort(key=_instant)
    archived = archived_of(opportunity, applications)
    ended = archived.archived_at if archived else None
    found: list[Visit] = []
    same: Counter[tuple[int, str]] = Counter()
    for index, (at, stage, user) in enumerate(entered, start=1):
        if index < len(entered):
            left: datetime | None = entered[index][0]
        else:
            left = max(ended, at) if ended else None
        named = _milliseconds(at), stage
        found.append(Visit(stage, at, left, user, same[named]))
        same[named] += 1
    return found


def rows(
    opportunity: Opportunity, applications: Sequence[Application], ctx: Context
) -> Iterator[ApplicationStageChange]:
    """Yield a candidate's visits to stages; `applications` are those of the opportunity.

    The id of a visit is made of stage and instant: it stays whatever is entered later.
    """
    candidate = ctx.id("candidates", opportunity.id)
    application = ctx.reference("applications", only_application(applications))
    before: str | None = None
    for position, visit in enumerate(visits(opportunity, applications), start=1):
        yield ApplicationStageChange(
            id=ctx.id("application_stage_changes", opportunity.id, *_named(visit)),
            connection=ctx.connection,
            remote_id=None,
            candidate_id=candidate,
            application_id=application,
            from_stage_id=ctx.reference("application_stages", before),
            to_stage_id=ctx.reference("application_stages", visit.stage),
            entered_at=visit.entered_at,
            left_at=visit.left_at,
            user_id=ctx.reference("users", visit.user),
            position=position,
        )
        before = visit.stage


def _instant(entered: tuple[datetime, str, str | None]) -> datetime:
    return entered[0]


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _named(visit: Visit) -> Iterator[str]:
    yield visit.stage
    yield str(_milliseconds(visit.entered_at))
    if visit.nth:
        yield str(visit.nth)


DERIVATION = ByRecord(
    "application_stage_changes",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(opportunity, around.applications, around.ctx),
    below=("applications",),
)
