"""The runs in Dagster: which there are, of syncs and of actions, and all that there is of one.

What an action answered, whole, is a file of its run's for who started it, and erased after a day: Dagster
keeps its events until somebody deletes them, and shows them to everybody, so that no answer belongs there.
"""

import json
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import dagster as dg
from sqlalchemy import Connection

from lever_assets import private
from lever_assets.actions.catalogue import ACTIONS
from lever_assets.lever import JsonObject
from lever_assets.orchestration.names import (
    ACTION_TAG,
    CONNECTION_FIELD,
    CONNECTION_TAG,
    PASSTHROUGH,
    REFRESH_TAG,
    UNTOLD,
    action_job_name,
    full_sync_job_name,
    step_name,
    sync_job_name,
)
from lever_assets.settings import Settings
from lever_assets.store import BusyError
from lever_assets.store.compacting import compact
from lever_assets.store.transaction import now
from lever_assets.store.urls import sqlite_file
from lever_assets.sync.session import Session

Whose = Mapping[dg.AssetKey, str]
"""The account of each asset."""

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
"""How a run stands that waits or is under way."""
_UNDER_WAY = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_LARGEST_BESIDE_RUNS = 1_500_000_000
"""Bytes of a file of Dagster's that are written anew while runs write to it: 500 MB held a writer up for
4.6 s, and Dagster's own give up after 30 s."""
_SILENT = timedelta(minutes=5)
"""A run that begins or ends says something within seconds, and while it syncs it holds the lock."""
_AT_WORK = dg.DagsterEventType.STEP_START
_AGAIN = dg.DagsterEventType.STEP_UP_FOR_RETRY
_DONE = (
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
)
_LONGEST_DRAINING = timedelta(minutes=15)
_NAMES = (*(each.name for each in ACTIONS), PASSTHROUGH)
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
LISTS = range(len(_NAMES) + 1)
"""The numbers of the lists of runs."""
BY_TAG = LISTS[-1:]
"""The number of the list of those that say by their tag what they do."""
_ANSWER = "answer.json"
_ANSWERS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Unfinished:
    """The runs that sync accounts and have not ended, by account: one look for a whole tick."""

    runs: Mapping[str, Sequence[dg.DagsterRun]]
    whose: Whose
    ended: set[str] = field(default_factory=set)
    """Those of them that have ended since."""
    done: set[tuple[str, str]] = field(default_factory=set)
    """An account and a run that goes on, but is done with this account's assets."""

    @classmethod
    def of(cls, instance: dg.DagsterInstance, accounts: Iterable[Settings], whose: Whose) -> Self:
        """Look which there are; `whose` tells the account of an asset."""
        names = [each.connection for each in accounts]
        by_job = {job(each): each for each in names for job in (sync_job_name, full_sync_job_name)}
        found: dict[str, list[dg.DagsterRun]] = {each: [] for each in names}
        for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)):
            for name in _synced_by(run, by_job, whose) & found.keys():
                found[name].append(run)
        return cls(found, whose)

    def of_account(self, account: str) -> str | None:
        """Return the id of a run that syncs an account, None if there is none."""
        left = (run.run_id for run in self.left(account))
        return next(left, None)

    def left(self, account: str) -> Iterator[dg.DagsterRun]:
        """Yield the runs that sync an account, but for those that are known to do so no more."""
        for run in self.runs.get(account, ()):
            if run.run_id not in self.ended and (account, run.run_id) not in self.done:
                yield run

    def is_alone_in(self, account: str, run: dg.DagsterRun) -> bool:
        """Tell whether a run does nothing but sync an account."""
        if run.job_name in (sync_job_name(account), full_sync_job_name(account)):
            return True
        chosen = run.asset_selection or frozenset()
        return bool(chosen) and all(self.whose.get(key) == account for key in chosen)


def _synced_by(run: dg.DagsterRun, by_job: Mapping[str, str], whose: Whose) -> set[str]:
    """Return the accounts that a run syncs: by a job of ours, or because somebody chose their assets."""
    chosen = {whose.get(key) for key in run.asset_selection or ()}
    refreshed = {run.tags.get(CONNECTION_TAG)} if REFRESH_TAG in run.tags else set()
    return {each for each in (*chosen, *refreshed, by_job.get(run.job_name)) if each is not None}


def synced_by(run: dg.DagsterRun, accounts: Iterable[str], whose: Whose) -> set[str]:
    """Return which of these accounts a run syncs."""
    names = set(accounts)
    by_job = {job(each): each for each in names for job in (sync_job_name, full_sync_job_name)}
    return _synced_by(run, by_job, whose) & names


def ended_since(instance: dg.DagsterInstance, since: datetime) -> list[str]:
    """Return the ids of the runs that have ended, of those in which anything was kept since."""
    return list(instance.get_run_ids(dg.RunsFilter(statuses=_ENDED, updated_after=since)))


def log_url(settings: Settings, run_id: str) -> str | None:
    """Return where the UI shows a run; None where it is not known where the UI is."""
    return None if settings.ui_url is None else f"{settings.ui_url.rstrip('/')}/runs/{run_id}"


def synced_by_tag(run: dg.DagsterRun) -> str | None:
    """Return the account that a run syncs, as its tags have it; None: it does something else."""
    name = run.tags.get(CONNECTION_TAG)
    if name is None:
        return None
    return name if REFRESH_TAG in run.tags or run.job_name == sync_job_name(name) else None


def end_dead_runs(instance: dg.DagsterInstance, session: Session, unfinished: Unfinished) -> None:
    """Report the connection's syncs as failed whose process is gone, so that they hold up no other.

    Dagster does not see that by itself: its launcher can't tell whether a run's process lives. A run that has
    said nothing for minutes is dead if nobody holds the connection's lock, which goes with the process; while
    it syncs, it is held. One that makes other assets too may be at work on those: it is dead only if it had
    begun with ours and not ended, and where it is done with ours it holds up no sync.
    """
    silent = [
        run
        for run in unfinished.left(session.name)
        if run.status is dg.DagsterRunStatus.STARTED and _said_nothing_since(instance, run.run_id) > _SILENT
    ]
    if not silent:
        return
    try:
        with session.alone():
            for run in silent:
                if not unfinished.is_alone_in(session.name, run):
                    stands = _last_of_step(instance, run.run_id, session.name)
                    if stands in _DONE:
                        unfinished.done.add((session.name, run.run_id))
                    if stands is not _AT_WORK:
                        continue
                instance.report_run_failed(
                    run, "The process of this run is gone. The next sync goes on where it stood."
                )
                unfinished.ended.add(run.run_id)
    except BusyError:
        return


def _last_of_step(instance: dg.DagsterInstance, run_id: str, account: str) -> dg.DagsterEventType | None:
    """Return what was told last of the step that makes an account's assets; None: nothing yet."""
    found = instance.get_records_for_run(run_id, of_type={_AT_WORK, *_DONE, _AGAIN}, ascending=False)
    events = (each.event_log_entry for each in found.records)
    return next((each.dagster_event_type for each in events if each.step_key == step_name(account)), None)


def _said_nothing_since(instance: dg.DagsterInstance, run_id: str) -> timedelta:
    """Return for how long a run has reported no event."""
    last = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    return timedelta(seconds=now().timestamp() - last[0].timestamp) if last else timedelta.max


def draining_runs(instance: dg.DagsterInstance, job: str, *, default: str) -> dict[str, str]:
    """Return the ids of the runs of the job that drains the inbox, by account.

    One that is older than any draining is dead. One that names no account is of the `default` one.
    """
    youngest = now() - _LONGEST_DRAINING
    runs = instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNFINISHED, created_after=youngest))
    return {connection_of(run) or default: run.run_id for run in runs}


def connection_of(run: dg.DagsterRun) -> str | None:
    """Return the connection that a run of a shared job is about, as far as it says so."""
    tagged = run.tags.get(CONNECTION_TAG)
    if tagged is not None:
        return None if tagged == UNTOLD else tagged
    ops = run.run_config.get("ops")
    for op in ops.values() if isinstance(ops, Mapping) else ():
        config = op.get("config") if isinstance(op, Mapping) else None
        named = config.get(CONNECTION_FIELD) if isinstance(config, Mapping) else None
        if isinstance(named, str):
            return named
    return None


def action_runs(
    instance: dg.DagsterInstance,
    number: int,
    *,
    of: Collection[str] | None = None,
    before: datetime | None = None,
) -> list[str]:
    """Return the ids of the runs in a list, the newest first; `before`: that were made before an instant.

    There is a list for the job of each action, and one of the runs that say by their tag what they do.
    `of`: those that have one of these values for the tag of their connection (`tagging.py`).
    """
    own = {} if of is None else {CONNECTION_TAG: list(of)}
    if number < len(_NAMES):
        job = action_job_name(_NAMES[number])
        wanted = dg.RunsFilter(job_name=job, tags=own, created_before=before)
    else:
        wanted = dg.RunsFilter(tags={ACTION_TAG: list(_NAMES), **own}, created_before=before)
    return list(instance.get_run_ids(wanted))


def record_of(instance: dg.DagsterInstance, run_id: str) -> dg.RunRecord | None:
    """Return a run with its configuration; that may hold files, so one at a time is enough."""
    records = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]), limit=1)
    return records[0] if records else None


def failures_of(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Return what is said of the steps of a run that failed, a sentence or some of each."""
    found = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    events = [each.event_log_entry.dagster_event for each in found]
    data = [each.step_failure_data.user_failure_data for each in events if each is not None]
    return [each.description for each in data if each is not None and each.description is not None]


def there_and_ended(instance: dg.DagsterInstance, run_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Return which of these runs (some hundreds at most) Dagster has, and which of them have ended."""
    there = instance.get_run_ids(dg.RunsFilter(run_ids=list(run_ids)))
    ended = instance.get_run_ids(dg.RunsFilter(run_ids=list(run_ids), statuses=_ENDED))
    return set(there), set(ended)


def cancel_queued(instance: dg.DagsterInstance, run_ids: Collection[str], why: str) -> int:
    """Cancel those of these runs (some hundreds at most) that wait to be started; return how many did."""
    waiting = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
    queued = instance.get_runs(dg.RunsFilter(run_ids=list(run_ids), statuses=waiting))
    for run in queued:
        instance.report_run_canceled(run, why)
    return len(queued)


def keep_answer(context: dg.OpExecutionContext, envelope: JsonObject) -> Path | None:
    """Keep an answer among the run's files, for its owner alone; None if the disk does not take it."""
    erase_answers(context.instance)
    folder = _folder(context.instance, context.run_id) / context.get_step_execution_context().step.key
    try:
        private.make_folder(folder)
        file = folder / _ANSWER
        file.unlink(missing_ok=True)  # of an attempt before
        private.write(file, json.dumps(envelope, default=str, indent=2))
    except (OSError, RecursionError):  # no room, or JSON that is too deep: the action is done all the same
        return None
    return file


def erase_answers(instance: dg.DagsterInstance, *, before: datetime | None = None) -> int:
    """Erase the answers that were kept before an instant, else those that are a day old; return how many."""
    before = before or now() - _ANSWERS_KEPT
    erased = 0
    for file in _answers(Path(instance.storage_directory())):
        with suppress(OSError):  # another process was quicker
            if file.stat().st_mtime <= before.timestamp():
                file.unlink()
                erased += 1
                file.parent.rmdir()
                file.parent.parent.rmdir()
    return erased


def _erase_files(instance: dg.DagsterInstance, run_id: str) -> None:
    """Erase whatever files a run has left; raises OSError if that can't be."""
    with suppress(FileNotFoundError):
        shutil.rmtree(_folder(instance, run_id))


def _answers(storage: Path) -> Iterator[Path]:
    return storage.glob(f"*/*/{_ANSWER}")


def _folder(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.storage_directory()) / run_id


# Dagster has no public names for its storages, nor for where their files are: they are known by what they can
# do. Tests over the instance of dagster.yaml look into every file, and so see when that changes.
@runtime_checkable
class _InSql(Protocol):
    """Runs in a database of SQL's."""

    def connect(self) -> AbstractContextManager[Connection]: ...


@runtime_checkable
class _FileForEachRun(Protocol):
    """Events in a file of SQLite's for each run, and in one named `index`."""

    def path_for_shard(self, run_id: str) -> str: ...


@runtime_checkable
class _OneFile(Protocol):
    """Events of all runs in one file of SQLite's."""

    def get_db_path(self) -> str: ...


def delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run, its events, its logs and its files; Dagster itself leaves the last two, and SQLite's.

    What is gone already is no error: it can be done again where it failed half-way.
    """
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    _erase_files(instance, run_id)
    instance.delete_run(run_id)
    events = instance.event_log_storage
    if isinstance(events, _FileForEachRun):
        shard = Path(events.path_for_shard(run_id))
        for file in shard.parent.glob(f"{shard.name}*"):
            file.unlink(missing_ok=True)


def compact_storage(instance: dg.DagsterInstance, *, largest: int | None, seconds: float) -> bool:
    """Leave no copy of what was deleted in Dagster's SQLite files; False if that has to wait.

    Without `largest` it is a run that asks. Then very large files wait while another run is under way.
    """
    end = time.monotonic() + seconds
    if largest is None and instance.get_runs_count(dg.RunsFilter(statuses=_UNDER_WAY)) > 1:
        largest = _LARGEST_BESIDE_RUNS
    done = [
        compact(file, largest=largest, seconds=max(0.0, end - time.monotonic())) for file in _files(instance)
    ]
    return all(done)


def _files(instance: dg.DagsterInstance) -> Iterator[Path]:
    runs, events = instance.run_storage, instance.event_log_storage
    if isinstance(runs, _InSql):
        with runs.connect() as conn:
            file = sqlite_file(conn.engine.url)
        if file is not None:
            yield file
    if isinstance(events, _FileForEachRun):
        yield Path(events.path_for_shard("index"))
    elif isinstance(events, _OneFile):
        yield Path(events.get_db_path())
