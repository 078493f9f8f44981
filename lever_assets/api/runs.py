"""Syncs that are asked for: runs of Dagster's where its UI can be asked, else in a thread of this process.

Of one connection one is queued or running at most; whoever asks again hears of that one.
"""

from dataclasses import dataclass

from lever_assets.api.connection import Connection
from lever_assets.api.own_sync import own_sync_in, start
from lever_assets.connect.dagster_ui import DagsterUi, found_ui
from lever_assets.connect.first_sync import FIRST_SYNC, note_asked_for
from lever_assets.notices.finishing import sync_id_of
from lever_assets.orchestration.asked_runs import Kind, launch, unfinished
from lever_assets.settings import Settings
from lever_assets.store import Store

_PATIENCE = 30.0
"""How long somebody else may take to start one."""


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

    def force(self, connection: Connection, kind: Kind) -> Sync:
        """Return the sync of a connection that is queued or running, else start one; raises StoreError.

        Of two who ask at once the second hears of what the first has started.
        """
        ui = found_ui(self._settings)
        with self._store.exclusive(f"{connection.name} asked for", _PATIENCE):
            found = self._under_way(connection, ui)
            if found is None:
                found = self._launched(connection, kind, ui) or self._started(connection, kind)
        return found

    def begin_first(self, connection: Connection) -> None:
        """Start the sync of a connection that was never read; raises StoreError.

        Unless one is under way, or was asked for a moment ago: Dagster's sensor asks for first syncs, too.
        """
        if connection.was_read or not connection.state.is_connected:
            return
        with self._store.writing(connection.name) as tx:
            asked = FIRST_SYNC.read(tx)
            if asked is not None and tx.instant < asked.due_at:
                return
            note_asked_for(tx)
        self.force(connection, Kind.FULL)

    def _under_way(self, connection: Connection, ui: DagsterUi | None) -> Sync | None:
        with self._store.reading(connection.name) as tx:
            own = own_sync_in(tx)
        if own is not None:
            kind = Kind.DELTA if own.is_delta else Kind.FULL
            return _sync(connection, own.run_id, kind, is_new=False)
        runs = [] if ui is None else unfinished(ui, connection.name)
        return next((_sync(connection, *run, is_new=False) for run in runs), None)

    def _launched(self, connection: Connection, kind: Kind, ui: DagsterUi | None) -> Sync | None:
        """Start a run of Dagster's; None where there is no Dagster, or it has no such job."""
        run_id = None if ui is None else launch(ui, connection.name, kind)
        return None if run_id is None else _sync(connection, run_id, kind, is_new=True)

    def _started(self, connection: Connection, kind: Kind) -> Sync:
        run_id = start(self._store, self._settings.of(connection.name), is_delta=kind is Kind.DELTA)
        return _sync(connection, run_id, kind, is_new=True)


def _sync(connection: Connection, run_id: str, kind: Kind, *, is_new: bool) -> Sync:
    return Sync(sync_id_of(connection.account.named_at_first, run_id), kind, is_new)
