"""Syncs that are asked for: runs of Dagster's where its UI can be asked, else in a thread of this process.

Of one connection one is queued or running at most; whoever asks again hears of that one.
"""

from dataclasses import dataclass

from lever_assets.api.connection import Connection
from lever_assets.api.own_sync import Wanted, own_sync_in, start
from lever_assets.connect.dagster_ui import DagsterUi, UnansweredError, found_ui
from lever_assets.connect.first_sync import claim
from lever_assets.notices.finishing import sync_id_of
from lever_assets.orchestration.asked_runs import Kind, launch, unfinished
from lever_assets.settings import Settings
from lever_assets.store import Store

_PATIENCE = 30.0
"""How long somebody else may take to start one."""
_LATE_SECONDS = 10.0
"""How long after it was to answer Dagster may start a run yet."""


@dataclass(frozen=True)
class Sync:
    """A sync, by what the unified API calls it; `is_new`: it was asked for just now."""

    id: str
    kind: Kind
    is_new: bool


class Runs:
    """Starts syncs. Safe to use from several threads and processes."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def force(self, connection: Connection, kind: Kind, *, is_first: bool = False) -> Sync:
        """Return the sync of a connection that is queued or running, else start one; raises StoreError.

        Of two who ask at once the second hears of what the first has started. `is_first`: it is to do nothing
        if the account is read until it is its turn.
        """
        ui = found_ui(self._settings)
        with self._store.exclusive(f"{connection.name} asked for", _PATIENCE):
            found = self._under_way(connection, ui)
            if found is None:
                found = self._begun(connection, ui, kind, is_first=is_first)
        return found

    def begin_first(self, connection: Connection) -> bool:
        """Start the sync of a connection that was never read, and tell whether so; raises StoreError.

        Unless one is under way, or was asked for a moment ago: Dagster's sensor asks for first syncs, too.
        """
        if connection.was_read or not connection.state.is_connected:
            return False
        with self._store.writing(connection.name) as tx:
            if claim(tx) is not None:
                return False
        return self.force(connection, Kind.FULL, is_first=True).is_new

    def _under_way(self, connection: Connection, ui: DagsterUi | None) -> Sync | None:
        with self._store.reading(connection.name) as tx:
            own = own_sync_in(tx)
        if own is not None:
            kind = Kind.DELTA if own.is_delta else Kind.FULL
            return _sync(connection, own.run_id, kind, is_new=False)
        runs = [] if ui is None else unfinished(ui, connection.name)
        return next((_sync(connection, *run, is_new=False) for run in runs), None)

    def _begun(self, connection: Connection, ui: DagsterUi | None, kind: Kind, *, is_first: bool) -> Sync:
        """Start a run of Dagster's; in a thread where there is no Dagster, or it has no such job.

        What was asked for and not answered in time may begin yet: the thread waits, and looks then.
        """
        run_id, patience = None, 0.0
        try:
            if ui is not None:
                run_id = launch(ui, connection.name, kind)
        except UnansweredError:
            patience = _LATE_SECONDS
        if run_id is None:
            wanted = Wanted(is_delta=kind is Kind.DELTA, is_first=is_first, patience=patience)
            run_id = start(self._store, self._settings.of(connection.name), wanted)
        return _sync(connection, run_id, kind, is_new=True)


def _sync(connection: Connection, run_id: str, kind: Kind, *, is_new: bool) -> Sync:
    return Sync(sync_id_of(connection.account.named_at_first, run_id), kind, is_new)
