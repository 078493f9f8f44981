"""The runs of actions in Dagster, which carry the input as it was typed in: deleted when that is erased.

So are those that failed before they got to the ledger, and those of the reads and of passthrough, which have
no row there: they are told by what their configuration names.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.orchestration.answer_files import erase_files
from lever_assets.orchestration.jobs import CONNECTION_TAG
from lever_assets.store import get_state, instant, put_state
from lever_assets.store.action_erasure import forget_runs, runs_of_erased
from lever_assets.store.compacting import compact
from lever_assets.store.engine import sqlite_file
from lever_assets.sync.forgetting import erased_at, is_about_the_erased, note_erasure
from lever_assets.sync.session import Session, now

ACTION_TAG = "lever/action"
"""Names the action that a run does, also in a job that is not ours."""
PASSTHROUGH = "passthrough"
_NAMES = (*(each.name for each in ACTIONS), PASSTHROUGH)
_MARK = "runs_erased"
_PAGE = 200
_SMALL = 256_000_000
"""Bytes of Dagster's storage that are written anew at any time; more only by night."""


def job_name(action: str) -> str:
    """Return the name of an action's job."""
    return f"{action}_job"


def erase_runs(instance: dg.DagsterInstance, session: Session, *, by_night: bool = False) -> int:
    """Delete the runs whose input is erased in the ledger, or names people who are; return how many.

    `by_night`: also those that are older than LEVER_RETENTION_DAYS. A run that is under way is left for the
    next time. Costs two small queries when nothing was erased since the last time.
    """
    name, moment = session.name, now()
    with session.store.reading() as conn:
        named, erased = runs_of_erased(conn, name), erased_at(conn, name)
        done = instant(get_state(conn, name, _MARK))
    is_due = erased is not None and (done is None or done < erased)
    over = _named(instance, named) if named else {}
    if by_night:
        over |= _old(instance, session, moment)
    if is_due:
        over |= _about_the_erased(instance, session)
    ended = [run_id for run_id, run in over.items() if run.is_finished]
    for run_id in ended:
        _delete(instance, run_id)
    if not (ended or named or is_due):
        return 0
    compacted = _compact(instance, largest=None if by_night else _SMALL)
    with session.store.writing() as conn:
        forget_runs(conn, name, {*ended, *(named - over.keys())})
        if not compacted or len(ended) < len(over):
            note_erasure(conn, name)  # so that it is done again
        else:
            put_state(conn, name, _MARK, moment.isoformat())
    return len(ended)


def _named(instance: dg.DagsterInstance, run_ids: set[str]) -> dict[str, dg.DagsterRun]:
    return {run.run_id: run for run in instance.get_runs(dg.RunsFilter(run_ids=sorted(run_ids)))}


def _old(instance: dg.DagsterInstance, session: Session, moment: datetime) -> dict[str, dg.DagsterRun]:
    days = session.settings.retention
    if days is None:
        return {}
    runs = _runs(instance, session.name, created_before=moment - timedelta(days=days))
    return {record.dagster_run.run_id: record.dagster_run for record in runs}


def _about_the_erased(instance: dg.DagsterInstance, session: Session) -> dict[str, dg.DagsterRun]:
    found = {}
    for record in _runs(instance, session.name):
        run = record.dagster_run
        with session.store.reading() as conn:
            if is_about_the_erased(conn, session.name, run.run_config, since=record.create_timestamp):
                found[run.run_id] = run
    return found


def _runs(
    instance: dg.DagsterInstance, connection: str, *, created_before: datetime | None = None
) -> Iterator[dg.RunRecord]:
    """Yield the runs of actions on a connection, each once or twice."""
    ours = [dg.RunsFilter(job_name=job_name(each), created_before=created_before) for each in _NAMES]
    for wanted in (*ours, dg.RunsFilter(tags={ACTION_TAG: list(_NAMES)}, created_before=created_before)):
        cursor = None
        while records := instance.get_run_records(wanted, limit=_PAGE, cursor=cursor):
            for record in records:
                if record.dagster_run.tags.get(CONNECTION_TAG, connection) == connection:
                    yield record
            cursor = records[-1].dagster_run.run_id


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run, its events, its logs and its files; Dagster itself leaves the last two, and SQLite's."""
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    erase_files(instance, run_id)
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        shard = Path(events.path_for_shard(run_id))
        for file in shard.parent.glob(f"{shard.name}*"):
            file.unlink(missing_ok=True)


def _compact(instance: dg.DagsterInstance, *, largest: int | None) -> bool:
    """Leave no copy of what was deleted in Dagster's SQLite files; False if that has to wait."""
    done = [compact(file, largest=largest) for file in _files(instance)]
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
