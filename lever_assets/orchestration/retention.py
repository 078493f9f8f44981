"""Erasing in Dagster what was erased in the tables: the runs of actions, which carry their input as typed in.

So are those that failed before they got to the ledger, and those of the reads and of passthrough, which have
no row there: they are told by what their configuration names.

It is done bit by bit, in the time that there is. After an erasure the runs are looked through once. How far
that has got, which of them are still to be deleted, and whether Dagster's files are still to be compacted is
kept apart: nothing begins anew because something else has to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import dagster as dg
from pydantic import JsonValue

from lever_assets.orchestration.names import ACTION_ID_TAG, CONNECTION_TAG, UNTOLD
from lever_assets.orchestration.runs import (
    action_runs,
    compact_storage,
    connection_of,
    delete_run,
    record_of,
    there_and_ended,
)
from lever_assets.orchestration.tagging import Tagging
from lever_assets.orchestration.ticks import Budget
from lever_assets.store import BusyError, get_state, instant
from lever_assets.store.action_erasure import forget_run_ids, runs_of_erased
from lever_assets.store.checkpoints import put_states
from lever_assets.store.erased_files import TABLES, Files
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.values import whole_number
from lever_assets.sync.retention.compaction import see_to
from lever_assets.sync.retention.past_actions import is_to_be_erased
from lever_assets.sync.session import Session

DAGSTER = Files.known_as("runs_deleted", "runs_compacted", "runs_compaction_tried")
"""Dagster's own SQLite files."""
UNDER_WAY = (
    "Runs whose input is erased have not ended, and are deleted when they have: {}. See in Dagster whether "
    "they ever will; if not, end them there."
)
_LOOKED = "runs_looked_through"
"""When the runs were last looked through whole: what was erased before is found."""
_LOOKING = "runs_looking_through"
_OWED = "runs_to_delete"
_AT_ONCE = 20
_ASKED = 100
_TIES = timedelta(seconds=1)
"""In SQLite runs are dated to the second."""


@dataclass(frozen=True)
class RunErasure:
    """How many runs were deleted; how many are to be, but have not ended; what went wrong, in sentences."""

    deleted: int = 0
    waiting: int = 0
    compacted: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """How far the runs are looked through: `began` when, in which list, and there the last one, of when."""

    began: datetime
    list: int = 0
    at: datetime | None = None
    run_id: str | None = None

    @classmethod
    def kept(cls, value: JsonValue) -> Self | None:
        if not isinstance(value, dict):
            return None
        began, number = instant(value.get("began")), whole_number(value.get("list"))
        if began is None or number is None:
            return None
        return cls(began, number, instant(value.get("at")), str(value.get("run_id")))

    def to_keep(self) -> JsonValue:
        at = None if self.at is None else self.at.isoformat()
        return {"began": self.began.isoformat(), "list": self.list, "at": at, "run_id": self.run_id}

    def left_of(self, instance: dg.DagsterInstance, number: int, account: str) -> Sequence[str]:
        """Return the runs of an account in a list that come after the last one."""
        of = (account, UNTOLD)
        if number != self.list or self.at is None:
            return action_runs(instance, number, of=of)
        ids = action_runs(instance, number, of=of, before=self.at + _TIES)
        return ids[ids.index(self.run_id) + 1 :] if self.run_id in ids else ids


def erase_runs(
    instance: dg.DagsterInstance,
    session: Session,
    budget: Budget,
    *,
    by_night: bool = False,
    tagging: Tagging | None = None,
) -> RunErasure:
    """Delete the runs whose input is erased in the ledger, names people who are, or is too old.

    What there is no time for, what fails and what is under way stays due for the next call; `by_night` the
    runs are looked through in any case, since some have got old. Costs a query when nothing is due. Of two
    callers one comes away with a warning. Only runs of the account are looked at: `tagging`, which several
    share, has each of them say whose it is.
    """
    with session.reading() as tx:
        place = _Place.kept(get_state(tx, _LOOKING))
        looked, erased = instant(get_state(tx, _LOOKED)), TABLES.erased_at(tx)
        owed = _kept_owed(tx)
        idle = not (by_night or place or owed or DAGSTER.are_due(tx))
    is_due = by_night or (erased is not None and (looked is None or looked < erased))
    if idle and not is_due:
        return RunErasure()
    tagging = tagging or Tagging(instance, session.settings)
    if not tagging.see_to(session.store, budget):
        return RunErasure(compacted=False)
    try:
        with session.store.exclusive(f"{session.name} runs", budget.left if by_night else 0.0):
            erasure = _Erasure(instance, session, budget, tagging.lists)
            return erasure.go_on(look=is_due or place is not None, anew=by_night, by_day=not by_night)
    except BusyError:
        return RunErasure(warnings=("Somebody else is deleting runs of erased people now.",))


def _kept_owed(tx: Transaction) -> list[str]:
    kept = get_state(tx, _OWED)
    return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []


@dataclass
class _Erasure:
    instance: dg.DagsterInstance
    session: Session
    budget: Budget
    lists: Sequence[int]
    owed: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    deleted: int = 0
    warnings: list[str] = field(default_factory=list)

    def go_on(self, *, look: bool, anew: bool, by_day: bool) -> RunErasure:
        with self.session.reading() as tx:
            self.owed = _kept_owed(tx)
            place = None if anew else _Place.kept(get_state(tx, _LOOKING))
        self._delete(self.owed)
        if look:
            self._look_through(place or _Place(now()))
        compacted = bool(self.budget.left) and see_to(
            self.session.store, self.session.name, DAGSTER, self._compact, by_day=by_day
        )
        return RunErasure(self.deleted, len(self.waiting), compacted, tuple(self.warnings))

    def _look_through(self, place: _Place) -> None:
        """Find the runs that are over from a place on, and delete them; as far as there is time."""
        with self.session.reading() as tx:
            named = runs_of_erased(tx)
        for number in (each for each in self.lists if each >= place.list):
            ids = place.left_of(self.instance, number, self.session.name)
            for some in (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE)):
                found, last = self._over(some, named)
                if last is not None:
                    run_id, at = last.dagster_run.run_id, last.create_timestamp
                    self._keep({_LOOKING: _Place(place.began, number, at, run_id).to_keep()}, found)
                self._delete(found)
                if not self.budget.left:
                    return
        with self.session.writing() as tx:
            forget_run_ids(tx, erased_by=place.began, but=self.owed)
        self._keep({_LOOKING: None, _LOOKED: place.began.isoformat()})

    def _over(self, run_ids: Sequence[str], named: set[str]) -> tuple[list[str], dg.RunRecord | None]:
        """Return which of these runs are to be deleted, and the last one that there was time for."""
        found: list[str] = []
        last = None
        for run_id in run_ids:
            if not self.budget.left:
                break
            record = record_of(self.instance, run_id)
            if record is None:  # somebody deleted it
                continue
            last = record
            if self._is_over(record, named):
                found.append(run_id)
        return found, last

    def _is_over(self, record: dg.RunRecord, named: set[str]) -> bool:
        run = record.dagster_run
        if run.tags.get(CONNECTION_TAG) != UNTOLD and connection_of(run) != self.session.name:
            return False
        return run.run_id in named or is_to_be_erased(
            self.session,
            run.run_config,
            action=run.tags.get(ACTION_ID_TAG),
            since=record.create_timestamp,
        )

    def _delete(self, run_ids: Sequence[str]) -> None:
        """Delete those of these runs, which are kept as owed, that have ended; after a failure no more."""
        for some in [run_ids[at : at + _ASKED] for at in range(0, len(run_ids), _ASKED)]:
            there, ended = there_and_ended(self.instance, some)
            self.waiting |= there - ended
            due = [each for each in some if each not in self.waiting]
            if not due or self.warnings or not self.budget.left:
                continue
            with self.session.writing() as tx:
                DAGSTER.note(tx)
            for run_id in due:
                if self.warnings or not self.budget.left:
                    break
                self.owed.remove(run_id)
                try:
                    delete_run(self.instance, run_id)
                    self.deleted += run_id in there
                except Exception as error:
                    self.owed.append(run_id)  # the others come first the next time
                    self.warnings.append(
                        f"Run {run_id} of somebody who was erased could not be deleted "
                        f"({type(error).__name__}): it is tried again."
                    )
            self._keep({})

    def _keep(self, states: dict[str, JsonValue], found: list[str] | None = None) -> None:
        self.owed += [each for each in found or () if each not in self.owed]
        with self.session.writing() as tx:
            put_states(tx, {**states, _OWED: list(self.owed)})

    def _compact(self, largest: int | None) -> bool:
        return compact_storage(self.instance, largest=largest, seconds=self.budget.left)
