"""The runs of actions say by a tag which connection they are of, so that each is looked at once for all.

A run that starts says so itself. One that was never started does not, nor one that named a connection that
there is not: what was typed into their forms is to be erased all the same.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import dagster as dg

from lever_assets.orchestration.names import CONNECTION_TAG, UNTOLD
from lever_assets.orchestration.runs import BY_TAG, LISTS, action_runs, connection_of, record_of
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import departures, stored_accounts


@dataclass
class Tagging:
    """Tags the runs of actions that have no such tag, once for all; `settings` are the environment's.

    `given` are the names of accounts that no database need know. `by_name`: jobs that are called as ours are
    ours, which they need not be in a Dagster that is not ours: there only the tag of the action tells.
    """

    instance: dg.DagsterInstance
    settings: Settings
    given: Collection[str] = ()
    by_name: bool = True
    _done: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def lists(self) -> Sequence[int]:
        """The lists of runs (`action_runs`) in which those of our actions are, and no others."""
        return LISTS if self.by_name else BY_TAG

    def see_to(self, store: Store, budget: Budget) -> bool:
        """Return whether every run has its tag now; False: there was no time. It then goes on from there."""
        with self._one_at_a_time:
            self._done = self._done or self._tag(store, budget)
            return self._done

    def _tag(self, store: Store, budget: Budget) -> bool:
        known: set[str] | None = None
        for run_id in self._untagged():
            if not budget.left:
                return False
            record = record_of(self.instance, run_id)
            if record is None:  # somebody deleted it
                continue
            known = self._known(store) if known is None else known
            named = connection_of(record.dagster_run)
            if named in known:
                self.instance.add_run_tags(run_id, {CONNECTION_TAG: named})
            elif not self._says_so_itself(run_id):
                self.instance.add_run_tags(run_id, {CONNECTION_TAG: UNTOLD})
        return True

    def _says_so_itself(self, run_id: str) -> bool:
        """Tell whether a run has started since the runs were listed, and knows whose it is."""
        run = self.instance.get_run_by_id(run_id)
        return run is not None and CONNECTION_TAG in run.tags

    def _untagged(self) -> Iterator[str]:
        told = dict(self.instance.get_run_tags([CONNECTION_TAG])).get(CONNECTION_TAG, set())
        for number in self.lists:
            ids = action_runs(self.instance, number)
            tagged = set(action_runs(self.instance, number, of=told)) if ids and told else set()
            yield from (each for each in ids if each not in tagged)

    def _known(self, store: Store) -> set[str]:
        """Return the names of connections, of those too that were removed, or Dagster knows by them yet."""
        with store.reading("") as tx:
            rows = {each.connection for each in stored_accounts(tx)}
            return {self.settings.connection, *self.given, *rows, *(each.name for each in departures(tx))}
