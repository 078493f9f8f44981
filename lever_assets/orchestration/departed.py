"""What Dagster keeps of connections that were renamed, or removed with their rows: it is to follow.

The command that does so need not reach Dagster: it leaves word in the database, which is seen to here, bit by
bit, in the time that there is.

Runs are known by the name that their connection had when they were made, and another may have had it before
or since. So what happened to a name is followed in its order, and what has to wait holds up what happened to
the same names later.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg

from lever_assets.connect.errors import DisabledError
from lever_assets.connect.known import own_name
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.names import CONNECTION_TAG
from lever_assets.orchestration.retention import DAGSTER, RunErasure
from lever_assets.orchestration.runs import (
    cancel_queued,
    compact_storage,
    delete_run,
    synced_by_tag,
    there_and_ended,
)
from lever_assets.orchestration.tagging import Tagging
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store
from lever_assets.store.accounts import (
    Departure,
    Erasing,
    Renaming,
    departures,
    forget_departures,
    removed,
    whereabouts,
)
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.retention.compaction import see_to

_AS_USUAL = Layout()
_NOBODY = ""
_ASKED = 100
_TIES = timedelta(seconds=1)
"""In SQLite runs are dated to the second."""
_KEPT = timedelta(days=7)
"""So long after an erasure it is looked whether there is more of the name: definitions that were not loaded
anew know the connection yet."""
_LOOK_AGAIN = timedelta(minutes=10)
_FOLLOWED = Checkpoint[datetime]("departures_followed", Instant)
"""Of nobody: when all that had happened to names by then was followed to its end."""
_UNDER_WAY = (
    "Runs of removed connections have not ended, and are deleted when they have: {}. See in Dagster whether "
    "they ever will; if not, end them there."
)
_REMOVED = "The connection was removed: there is nothing to run this for."


def see_to_departed(
    instance: dg.DagsterInstance,
    store: Store,
    budget: Budget,
    tagging: Tagging,
    layout: Layout = _AS_USUAL,
) -> RunErasure:
    """Have the runs of renamed connections be those of the new name, and delete those of removed ones.

    Of a connection that was removed with its rows everything goes: its runs with their events, logs and
    files, and what is kept of its assets, whose keys the `layout` tells. What there is no time for, and what
    has not ended, stays due for the next call. For some days it is looked now and then whether more has come
    under its name. Costs a few small queries when nothing is due.
    """
    with store.reading(_NOBODY) as tx:
        if not (_are_due(tx) or DAGSTER.are_due(tx)):
            return RunErasure()
    try:
        with store.exclusive("departed runs"):
            return _Following(instance, store, budget, tagging, layout).go_on()
    except BusyError:
        return RunErasure(warnings=("Somebody else is deleting runs of removed connections now.",))


def told_of_departed(erasure: RunErasure) -> list[str]:
    """Return, in sentences, what was deleted of removed connections and what of it waits yet."""
    told = [f"{erasure.deleted} runs of removed connections were deleted."] if erasure.deleted else []
    if erasure.waiting:
        told.append(_UNDER_WAY.format(erasure.waiting))
    if not erasure.compacted:
        told.append("Dagster's files are still to be written anew, so that no copy is left in them.")
    return told


def _are_due(tx: Transaction) -> bool:
    followed = _FOLLOWED.read(tx)
    left = departures(tx)
    if followed is None or any(isinstance(each, Renaming) or each.at > followed for each in left):
        return bool(left)
    return bool(left) and tx.instant - followed >= _LOOK_AGAIN


def cancel_syncs_of_departed(
    instance: dg.DagsterInstance, store: Store, settings: Settings, given: Collection[str] = ()
) -> int:
    """Cancel the syncs that wait in the queue for connections that are removed or off; return how many.

    Only of what is known to have been a connection: others may share this Dagster, with databases of theirs.
    The environment's own account, by its `settings`, and those that are `given` beside it may have the name
    of one, and are there.
    """
    queued = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    syncs = {run.run_id: name for run in queued if (name := synced_by_tag(run)) is not None}
    if not syncs:
        return 0
    with store.reading(_NOBODY) as tx:
        whys = dict.fromkeys(removed(tx) - own_name(settings) - {*given}, _REMOVED)
        whys |= {
            each.connection: str(DisabledError(each.connection))
            for each in whereabouts(tx)
            if not each.enabled
        }
    return sum(
        cancel_queued(instance, [run_id], whys[name]) for run_id, name in syncs.items() if name in whys
    )


@dataclass
class _Following:
    instance: dg.DagsterInstance
    store: Store
    budget: Budget
    tagging: Tagging
    layout: Layout
    deleted: int = 0
    waiting: int = 0
    warnings: list[str] = field(default_factory=list)

    def go_on(self) -> RunErasure:
        with self.store.reading(_NOBODY) as tx:
            left, there, began = departures(tx), self._there(tx), tx.instant
        if left and self.tagging.see_to(self.store, self.budget) and self._follow(left, there, began):
            with self.store.writing(_NOBODY) as tx:
                _FOLLOWED.keep(tx, began)
        compacted = bool(self.budget.left) and see_to(
            self.store, _NOBODY, DAGSTER, self._compact, by_day=True
        )
        return RunErasure(self.deleted, self.waiting, compacted, tuple(self.warnings))

    def _follow(self, left: Sequence[Departure], there: set[str], began: datetime) -> bool:
        """Follow what happened, in its order, as far as that can be done; return whether all is done.

        `there` are the names that connections had when this `began`.
        """
        held: set[str] = set()
        for number, each in enumerate(left):
            names = _names(each)
            if names & held:
                held |= names
                continue
            if isinstance(each, Renaming):
                done = self._retag(each)
            else:
                later = {name for other in left[number + 1 :] for name in _names(other)}
                is_free = each.name not in there | later
                done = self._delete(each, began if is_free else each.at, is_free=is_free)
            if not done:
                held |= names
        return not held

    def _retag(self, renaming: Renaming) -> bool:
        for run_id in self._runs(renaming.name, renaming.at):
            if not self.budget.left:
                return False
            self.instance.add_run_tags(run_id, {CONNECTION_TAG: renaming.to})
        self._forget(renaming)
        return True

    def _delete(self, erasing: Erasing, until: datetime, *, is_free: bool) -> bool:
        """Delete what was made by an instant under the name of an erased connection; False: not all yet.

        While the name `is_free`, more of it may come: that it was erased is kept for some days.
        """
        name = erasing.name
        try:
            waiting = sum(self._delete_ended(each) for each in _in_parts(self._runs(name, until)))
            self.waiting += waiting
            if not self.budget.left or waiting or not self._forget_assets(name):
                return False
        except Exception as error:  # a file that can't be deleted, for one
            told = f"What Dagster keeps of the removed connection {name} could not be deleted"
            self.warnings.append(f"{told} ({type(error).__name__}): it is tried again.")
            return False
        if not is_free or now() - erasing.at > _KEPT:
            self._forget(erasing)
        return True

    def _forget(self, done: Departure) -> None:
        with self.store.writing(_NOBODY) as tx:
            forget_departures(tx, done)

    def _there(self, tx: Transaction) -> set[str]:
        own = own_name(self.tagging.settings) | {*self.tagging.given}
        return {*own, *(each.connection for each in whereabouts(tx))}

    def _delete_ended(self, run_ids: Sequence[str]) -> int:
        """Delete those of these runs that have ended, and cancel those that wait; return how many go on."""
        cancel_queued(self.instance, run_ids, _REMOVED)
        there, ended = there_and_ended(self.instance, run_ids)
        if ended:
            with self.store.writing(_NOBODY) as tx:
                DAGSTER.note(tx)
        for run_id in ended:
            if self.budget.left:
                delete_run(self.instance, run_id)
                self.deleted += 1
        return len(there - ended)

    def _forget_assets(self, name: str) -> bool:
        """Have Dagster forget the assets of a connection, unless there is one of its name again."""
        with self.store.reading(_NOBODY) as tx:
            if name in self._there(tx):
                return True
        for key in self._assets(name):
            if not self.budget.left:
                return False
            self.instance.wipe_assets([key])
        return True

    def _assets(self, name: str) -> Sequence[dg.AssetKey]:
        """Return the assets of a connection that Dagster knows; other keys may begin with its name."""
        return [each for each in self.layout.keys(name) if self.instance.has_asset_key(each)]

    def _runs(self, name: str, at: datetime) -> Sequence[str]:
        wanted = dg.RunsFilter(tags={CONNECTION_TAG: name}, created_before=at + _TIES)
        return self.instance.get_run_ids(wanted)

    def _compact(self, largest: int | None) -> bool:
        return compact_storage(self.instance, largest=largest, seconds=self.budget.left)


def _names(departure: Departure) -> set[str]:
    return {departure.name, departure.to} if isinstance(departure, Renaming) else {departure.name}


def _in_parts(run_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (run_ids[start : start + _ASKED] for start in range(0, len(run_ids), _ASKED))
