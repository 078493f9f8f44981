"""The runs of actions in Dagster: which they are, and all that there is of one when it is deleted."""

import time
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.orchestration.answer_files import erase_files
from lever_assets.orchestration.names import ACTION_TAG, action_job_name
from lever_assets.store.compacting import compact
from lever_assets.store.engine import sqlite_file

PASSTHROUGH = "passthrough"
_NAMES = (*(each.name for each in ACTIONS), PASSTHROUGH)
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
LISTS = len(_NAMES) + 1
"""How many lists of runs there are."""


def runs_listed(instance: dg.DagsterInstance, number: int, *, before: datetime | None = None) -> list[str]:
    """Return the ids of the runs in a list, the newest first; `before`: that were made before an instant.

    There is a list for the job of each action, and one of the runs that say by their tag what they do.
    """
    if number < len(_NAMES):
        wanted = dg.RunsFilter(job_name=action_job_name(_NAMES[number]), created_before=before)
    else:
        wanted = dg.RunsFilter(tags={ACTION_TAG: list(_NAMES)}, created_before=before)
    return list(instance.get_run_ids(wanted))


def run_of(instance: dg.DagsterInstance, run_id: str) -> dg.RunRecord | None:
    """Return a run with its configuration; that may hold files, so one at a time is enough."""
    records = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]), limit=1)
    return records[0] if records else None


def there_and_ended(instance: dg.DagsterInstance, run_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Return which of these runs (some hundreds at most) Dagster has, and which of them have ended."""
    there = instance.get_run_ids(dg.RunsFilter(run_ids=list(run_ids)))
    ended = instance.get_run_ids(dg.RunsFilter(run_ids=list(run_ids), statuses=_ENDED))
    return set(there), set(ended)


def delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run, its events, its logs and its files; Dagster itself leaves the last two, and SQLite's.

    What is gone already is no error: it can be done again where it failed half-way.
    """
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    erase_files(instance, run_id)
    instance.delete_run(run_id)
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        shard = Path(events.path_for_shard(run_id))
        for file in shard.parent.glob(f"{shard.name}*"):
            file.unlink(missing_ok=True)


def compact_storage(instance: dg.DagsterInstance, *, largest: int | None, seconds: float) -> bool:
    """Leave no copy of what was deleted in Dagster's SQLite files; False if that has to wait."""
    end = time.monotonic() + seconds
    done = [
        compact(file, largest=largest, seconds=max(0.0, end - time.monotonic())) for file in _files(instance)
    ]
    return all(done)


def _files(instance: dg.DagsterInstance) -> Iterator[Path]:
    runs, events = instance.run_storage, instance.event_log_storage
    if isinstance(runs, SqlRunStorage):
        with runs.connect() as conn:
            file = sqlite_file(conn.engine.url)
        if file is not None:
            yield file
    if isinstance(events, SqliteEventLogStorage):
        yield Path(events.path_for_shard("index"))
    elif isinstance(events, ConsolidatedSqliteEventLogStorage):
        yield Path(events.get_db_path())  # type: ignore[no-untyped-call]  # Dagster left its types out
