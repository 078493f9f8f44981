"""What Dagster keeps of connections that were renamed, or removed with their rows: it is to follow.

The command that does so need not reach Dagster: it leaves word in the database, which is seen to here, bit by
bit, in the time that there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg

from lever_assets.connect.errors import DisabledError
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
from lever_assets.store import BusyError, Store
from lever_assets.store.accounts import (
    Renaming,
    erased,
    forget_erased,
    forget_renamed,
    removed,
    renamed,
    whereabouts,
)
from lever_assets.sync.retention.compaction import see_to

_NOBODY = ""
_ASKED = 100
_TIES = timedelta(seconds=1)
"""In SQLite runs are dated to the second."""
_REMOVED = "The connection was removed: there is nothing to run this for."


def see_to_departed(
    instance: dg.DagsterInstance, store: Store, budget: Budget, tagging: Tagging
) -> RunErasure:
    """Have the runs of renamed connections be those of the new name, and delete those of removed ones.

    Of a connection that was removed with its rows everything goes: its runs with their events, logs and
    files, and what is kept of its assets. What there is no time for, and what has not ended, stays due for
    the next call. Costs two small queries when nothing is due.
    """
    with store.reading(_NOBODY) as tx:
        if not (renamed(tx) or erased(tx) or DAGSTER.are_due(tx)):
            return RunErasure()
    try:
        with store.exclusive("departed runs"):
            return _Following(instance, store, budget).go_on(tagging)
    except BusyError:
        return RunErasure(warnings=("Somebody else is deleting runs of removed connections now.",))


def cancel_syncs_of_departed(instance: dg.DagsterInstance, store: Store) -> int:
    """Cancel the syncs that wait in the queue for connections that are removed or off; return how many.

    Only of what is known to have been a connection: others may share this Dagster, with databases of theirs.
    """
    queued = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    syncs = {run.run_id: name for run in queued if (name := synced_by_tag(run)) is not None}
    if not syncs:
        return 0
    with store.reading(_NOBODY) as tx:
        whys = dict.fromkeys(removed(tx), _REMOVED)
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
    deleted: int = 0
    waiting: int = 0
    warnings: list[str] = field(default_factory=list)

    def go_on(self, tagging: Tagging) -> RunErasure:
        with self.store.reading(_NOBODY) as tx:
            moved, gone = renamed(tx), erased(tx)
        if tagging.see_to(self.store, self.budget) and all(self._retag(each) for each in moved):
            for name, at in gone.items():
                self._delete(name, at)
        compacted = bool(self.budget.left) and see_to(
            self.store, _NOBODY, DAGSTER, self._compact, by_day=True
        )
        return RunErasure(self.deleted, self.waiting, compacted, tuple(self.warnings))

    def _retag(self, renaming: Renaming) -> bool:
        for run_id in self._runs(renaming.name, renaming.at):
            if not self.budget.left:
                return False
            self.instance.add_run_tags(run_id, {CONNECTION_TAG: renaming.to})
        with self.store.writing(_NOBODY) as tx:
            forget_renamed(tx, renaming)
        return True

    def _delete(self, name: str, at: datetime) -> None:
        """Delete all of a connection that was there at an instant, as far as that can be done now."""
        ids = self._runs(name, at)
        try:
            waiting = sum(
                self._delete_ended(ids[start : start + _ASKED]) for start in range(0, len(ids), _ASKED)
            )
            if self.budget.left and not waiting and self._forget_assets(name):
                with self.store.writing(_NOBODY) as tx:
                    forget_erased(tx, name, at)
            self.waiting += waiting
        except Exception as error:  # a file that can't be deleted, for one
            told = f"What Dagster keeps of the removed connection {name} could not be deleted"
            self.warnings.append(f"{told} ({type(error).__name__}): it is tried again.")

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
            if name in {each.connection for each in whereabouts(tx)}:
                return True
        for key in self.instance.get_asset_keys(prefix=[name]):
            if not self.budget.left:
                return False
            self.instance.wipe_assets([key])
        return True

    def _runs(self, name: str, at: datetime) -> Sequence[str]:
        wanted = dg.RunsFilter(tags={CONNECTION_TAG: name}, created_before=at + _TIES)
        return self.instance.get_run_ids(wanted)

    def _compact(self, largest: int | None) -> bool:
        return compact_storage(self.instance, largest=largest, seconds=self.budget.left)
