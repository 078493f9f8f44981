"""Dagster's storage in SQLite, but with the events of all runs in one file; `dagster.yaml` names it.

Dagster itself has a file for each run, of 115 kB before it holds anything, and an index that has what
concerns assets once more; each event opens and closes both. Here events are in that index alone, which has
all the tables. So nothing is lost when an instance goes over to it: what is in the index stays there, and a
run that has a file of its own keeps it. The only such storage of Dagster's is for test cases, and begins with
an empty file. What is overridden has no public names: this package allows but one minor version of Dagster,
and tests hold it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

_INDEX = "index"


class Storage(DagsterSqliteStorage):
    """Runs and schedules as Dagster's own storage has them, in the same folders; events in one file."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(str(Path(base_dir, "history", "runs")))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> Self:
        """Return the storage that `dagster.yaml` asks for."""
        return cls.from_local(inst_data=inst_data, **config_value)


class EventLog(SqliteEventLogStorage):
    """The events of all runs in the file `index.db`, but for runs that have a file of their own."""

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(
            self.conn_string_for_shard(_INDEX),
            poolclass=NullPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )

    @cached_property
    def _watcher(self) -> SqlPollingEventWatcher:
        return SqlPollingEventWatcher(self)

    @property
    def is_run_sharded(self) -> bool:
        """Tell that ids of events are those of one file."""
        return False

    def has_table(self, table_name: str) -> bool:
        """Tell whether the index has a table."""
        with self._engine.connect() as conn:
            return inspect(conn).has_table(table_name)

    @contextmanager
    def index_connection(self) -> Iterator[Connection]:
        """Open the index, in a transaction."""
        with self._db_lock:
            if _INDEX not in self._initialized_dbs:
                if not self._is_made:  # to ask Dagster takes longer than all events of a run
                    self._initdb(self._engine)
                self._initialized_dbs.add(_INDEX)
            with self._engine.begin() as conn:
                yield conn

    @property
    def _is_made(self) -> bool:
        with self._engine.connect() as conn:
            return (
                inspect(conn).has_table("alembic_version")
                and conn.execute(text("SELECT 1 FROM alembic_version")).first() is not None
            )

    def run_connection(self, run_id: str | None = None) -> Any:
        """Open what has the events of a run, in a transaction."""
        return self._connect(run_id) if run_id and self._has_own_file(run_id) else self.index_connection()

    def _has_own_file(self, run_id: str) -> bool:
        return bool(run_id) and Path(self.path_for_shard(run_id)).exists()

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Store an event."""
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store events, in one transaction but for checks."""
        stored = []
        with self.index_connection() as conn:
            for each in events:
                if not self._has_own_file(each.run_id):
                    done = conn.execute(SqlEventLogStorageTable.insert(), self._event_to_row(each))
                    stored.append((each, int(done.lastrowid)))
            self._note_assets(conn, stored)
        for each, number in stored:
            if each.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(each, number)
        for each in events:
            if self._has_own_file(each.run_id):  # it began before there was this storage
                super().store_event(each)

    def _note_assets(self, conn: Connection, stored: Sequence[tuple[dg.EventLogEntry, int]]) -> None:
        """Keep what is known of assets beside their events; of several of a kind the last counts."""
        of_assets = [
            (each, number)
            for each, number in stored
            if each.dagster_event_type in ASSET_EVENTS and each.dagster_event and each.dagster_event.asset_key
        ]
        if not of_assets:
            return
        self._store_asset_event_tags(conn, *zip(*of_assets, strict=True))
        last = {
            (each.get_dagster_event().asset_key, each.dagster_event_type): (each, number)
            for each, number in of_assets
        }
        for each, number in last.values():
            self._store_asset_event(conn, each, number)

    def get_event_records(
        self,
        event_records_filter: dg.EventRecordsFilter,
        limit: int | None = None,
        ascending: bool = False,
    ) -> Sequence[dg.EventLogRecord]:
        """Return events of one type, of all runs."""
        return SqlEventLogStorage.get_event_records(self, event_records_filter, limit, ascending)

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Call back for each event of a run; the index is asked for it."""
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: EventHandlerFn) -> None:
        """Call back no more."""
        self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        """End all watching."""
        if "_watcher" in vars(self):
            self._watcher.close()
        super().dispose()
