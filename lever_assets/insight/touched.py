"""Which units of the marts are touched by what changed in the tables, since they were made last."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lever_assets.insight.loading import live_values
from lever_assets.store.checkpoints import Checkpoint
from lever_assets.store.marts import named_by, named_by_changed, waited_for
from lever_assets.store.transaction import Transaction

Looked = Mapping[str, str]

AROUND = Checkpoint[dict[str, str]]("marts_around", dict[str, str])
"""By model, of `_AROUND`: what the marts take from its live rows, by id.

A job changes for many reasons; only another department makes other marts.
"""
_AROUND: dict[str, tuple[str, ...]] = {
    "jobs": ("department",),
    "application_stages": ("name", "global_index"),
}
_OWN: dict[str, dict[str, tuple[str, ...]]] = {
    "candidates": {
        "id": ("candidates",),
        "candidate_id": ("applications", "application_stage_changes", "interviews"),
    },
    "interviews": {"id": ("interviews",), "interview_id": ("interviewing_team_members",)},
    "offers": {"id": ("offers",)},
    "requisitions": {"id": ("requisitions",), "requisition_id": ("job_requisitions",)},
}
"""By model of what is counted: the column that says which one a row of other models belongs to."""


@dataclass
class Touched:
    """Units by model of what is counted; `around`: what is to be kept once they are counted again."""

    units: dict[str, set[str]] = field(default_factory=dict)
    around: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, tx: Transaction) -> None:
        """Keep what the marts were made with."""
        AROUND.keep_each(tx, self.around)


def touched(
    tx: Transaction,
    counted: Collection[str],
    *,
    changed: Collection[str] | None,
    since: datetime | None,
    knows_who_waited: bool = True,
) -> Touched:
    """Return the units of these kinds that rows belong to which changed at an instant or later.

    `changed` are the models that changed at all; None: all, and `since` None: every row of them. For what job
    somebody applied before is known where the mart `aging` is kept (`knows_who_waited`); else all
    requisitions are touched by whatever changes in applications.
    """
    found = Touched({counts: set() for counts in counted})
    looking = _Looking(tx, changed, since, found)
    jobs, stages = looking.around("jobs"), looking.around("application_stages")
    for counts in found.units:
        for column, models in _OWN[counts].items():
            for model in models:
                found.units[counts] |= looking.changed(model, column)
    if since is None:
        return found
    applications = looking.changed("offers", "application_id")
    if "candidates" in found.units:
        found.units["candidates"] |= looking.by("applications", "candidate_id", "id", applications)
        found.units["candidates"] |= looking.by("applications", "candidate_id", "job_id", jobs)
        if stages:
            found.units["candidates"] |= _all_of(tx, "candidates")
    if "offers" in found.units:
        of_jobs = looking.by("applications", "id", "job_id", jobs)
        moved = looking.changed("applications", "id") | of_jobs
        found.units["offers"] |= looking.by("offers", "id", "application_id", moved)
    if "requisitions" in found.units:
        whose = looking.changed("applications", "candidate_id")
        now = looking.by("applications", "job_id", "candidate_id", whose)
        linked = jobs | now | (waited_for(tx, whose) if whose else set())
        found.units["requisitions"] |= looking.by("job_requisitions", "requisition_id", "job_id", linked)
        if whose and not knows_who_waited:
            found.units["requisitions"] |= _all_of(tx, "requisitions")
    return found


def _all_of(tx: Transaction, counts: str) -> set[str]:
    return touched(tx, [counts], changed=None, since=None).units[counts]


@dataclass(frozen=True)
class _Looking:
    tx: Transaction
    models: Collection[str] | None
    since: datetime | None
    found: Touched

    def changed(self, model: str, column: str) -> set[str]:
        """Return what a column says in the rows of a model that changed."""
        if self.models is not None and model not in self.models:
            return set()
        return named_by_changed(self.tx, model, column, self.since)

    def by(self, model: str, column: str, where: str, these: Collection[str]) -> set[str]:
        """Return what a column says in the rows of a model that have one of these ids in another."""
        return named_by(self.tx, model, column, where, these) if these else set()

    def around(self, model: str) -> set[str]:
        """Return the ids of rows of which the marts take something else than when they were made last."""
        if self.models is not None and model not in self.models:
            return set()
        now = live_values(self.tx, model, _AROUND[model])
        before = AROUND.read(self.tx, model) or {}
        self.found.around[model] = now
        return {each for each in now.keys() | before.keys() if now.get(each) != before.get(each)}
