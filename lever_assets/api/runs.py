"""Syncs that are asked for: runs of Dagster's where its UI can be asked, else in a thread of this process.

Of one connection one is queued or running at most; whoever asks again hears of that one.
"""

import logging
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue, ValidationError

from lever_assets.api.connection import Connection
from lever_assets.api.own_sync import own_sync_in, start
from lever_assets.connect.dagster_ui import LOCATION, DagsterUi, NoDagsterError, found_ui
from lever_assets.notices.finishing import sync_id_of
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    DELTA,
    EVERYTHING,
    READS_TAG,
    REFRESH_TAG,
    full_sync_job_name,
    sync_job_name,
)
from lever_assets.settings import Settings
from lever_assets.store import Store

_SECONDS = 10.0
"""How long Dagster's UI may take to answer."""
_PATIENCE = 30.0
"""How long somebody else may take to start one."""
_log = logging.getLogger("lever_assets.api")

_RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 100) {
    __typename
    ... on Runs { results { runId jobName tags { key value } } }
  }
}
"""
_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
  }
}
"""
_UNFINISHED: list[JsonValue] = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED"]


class _Tag(BaseModel):
    key: str
    value: str


class _Run(BaseModel):
    run_id: str = Field(alias="runId")
    job_name: str = Field("", alias="jobName")
    tags: tuple[_Tag, ...] = ()


class _Found(BaseModel):
    results: tuple[_Run, ...]


class _Launched(BaseModel):
    run: _Run


class Kind(StrEnum):
    """What a sync reads: the whole account, or what changed."""

    FULL = "FULL"
    DELTA = "DELTA"


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

    def _under_way(self, connection: Connection, ui: DagsterUi | None) -> Sync | None:
        with self._store.reading(connection.name) as tx:
            own = own_sync_in(tx)
        if own is not None:
            kind = Kind.DELTA if own.is_delta else Kind.FULL
            return _sync(connection, own.run_id, kind, is_new=False)
        runs = [] if ui is None else _unfinished(ui, connection.name)
        return next((_sync(connection, *run, is_new=False) for run in runs), None)

    def _launched(self, connection: Connection, kind: Kind, ui: DagsterUi | None) -> Sync | None:
        """Start a run of Dagster's; None where there is no Dagster, or it has no such job."""
        run_id = None if ui is None else _launch(ui, connection.name, kind)
        return None if run_id is None else _sync(connection, run_id, kind, is_new=True)

    def _started(self, connection: Connection, kind: Kind) -> Sync:
        run_id = start(self._store, self._settings.of(connection.name), is_delta=kind is Kind.DELTA)
        return _sync(connection, run_id, kind, is_new=True)


def _sync(connection: Connection, run_id: str, kind: Kind, *, is_new: bool) -> Sync:
    return Sync(sync_id_of(connection.account.named_at_first, run_id), kind, is_new)


def _unfinished(ui: DagsterUi, name: str) -> list[tuple[str, Kind]]:
    """Return the runs that sync a connection and have not ended, the oldest first, with what each reads."""
    wanted: JsonValue = {"tags": [{"key": CONNECTION_TAG, "value": name}], "statuses": _UNFINISHED}
    try:
        kind, found = ui.ask(_RUNS, {"filter": wanted}, "runsOrError", seconds=_SECONDS)
        runs = _Found.model_validate(found).results if kind == "Runs" else []
    except (NoDagsterError, ValidationError) as error:
        _log.warning("Dagster was not asked which syncs are under way (%s)", type(error).__name__)
        return []
    jobs = {sync_job_name(name): Kind.DELTA, full_sync_job_name(name): Kind.FULL}
    listed = []
    for run in reversed(runs):
        refresh = {each.key: each.value for each in run.tags}.get(REFRESH_TAG)
        if refresh is not None or run.job_name in jobs:
            listed.append((run.run_id, Kind.DELTA if refresh == DELTA else Kind.FULL))
    return listed


def _launch(ui: DagsterUi, name: str, kind: Kind) -> str | None:
    """Start a run, which Dagster queues as it does all others; return its id, None where that can't be."""
    tags = {CAUSE_TAG: "asked for over HTTP", CONNECTION_TAG: name}
    if kind is Kind.DELTA:
        tags |= {REFRESH_TAG: DELTA, READS_TAG: EVERYTHING}
    job = full_sync_job_name(name) if kind is Kind.FULL else sync_job_name(name)
    told: list[JsonValue] = [{"key": key, "value": value} for key, value in tags.items()]
    params: JsonValue = {
        "selector": {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "jobName": job,
        },
        "runConfigData": {},
        "executionMetadata": {"tags": told},
    }
    try:
        outcome, found = ui.ask(_LAUNCH, {"params": params}, "launchRun", seconds=_SECONDS)
        if outcome == "LaunchRunSuccess":
            return _Launched.model_validate(found).run.run_id
    except (NoDagsterError, ValidationError) as error:
        outcome = type(error).__name__
    _log.warning("Dagster did not start the sync of %s (%s): it runs here", name, outcome)
    return None
