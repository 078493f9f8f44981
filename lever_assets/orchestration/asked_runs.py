"""Syncs in a Dagster that runs, asked through its UI: which there are, starting one, ending them."""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue, ValidationError

from lever_assets.connect.dagster_ui import (
    LOCATION,
    DagsterUi,
    JsonObject,
    NoDagsterError,
    UnansweredError,
)
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

_LOOKING_SECONDS = 1.5
"""How long Dagster's UI may take to say what is under way: somebody waits for a sync to be started, who hears
of it within five seconds or not at all."""
_SECONDS = 2.0
"""How long it may take to start runs, or to end them."""
_log = logging.getLogger(__name__)

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
_END = """
mutation End($runIds: [String!]!) {
  terminateRuns(runIds: $runIds) {
    __typename
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


def unfinished(ui: DagsterUi, name: str, *, seconds: float = _LOOKING_SECONDS) -> list[tuple[str, Kind]]:
    """Return the runs that sync a connection and have not ended, the oldest first, with what each reads."""
    wanted: JsonValue = {"tags": [{"key": CONNECTION_TAG, "value": name}], "statuses": _UNFINISHED}
    try:
        kind, found = _asked(ui, _RUNS, {"filter": wanted}, "runsOrError", seconds)
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


def launch(ui: DagsterUi, name: str, kind: Kind) -> str | None:
    """Start a run, which Dagster queues as it does all others; return its id, None where that can't be.

    Raises UnansweredError where it was asked and has not answered in time: it may start one yet.
    """
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
        outcome, found = _asked(ui, _LAUNCH, {"params": params}, "launchRun", _SECONDS)
        if outcome == "LaunchRunSuccess":
            return _Launched.model_validate(found).run.run_id
    except UnansweredError:
        raise
    except (NoDagsterError, ValidationError) as error:
        outcome = type(error).__name__
    _log.warning("Dagster did not start the sync of %s (%s)", name, outcome)
    return None


def end(ui: DagsterUi, name: str) -> None:
    """Have the runs ended that sync a connection, queued or started, as far as Dagster answers."""
    runs: list[JsonValue] = [run_id for run_id, _ in unfinished(ui, name, seconds=_SECONDS)]
    if not runs:
        return
    try:
        _asked(ui, _END, {"runIds": runs}, "terminateRuns", _SECONDS)
    except NoDagsterError as error:
        _log.warning("Dagster did not end the syncs of %s (%s)", name, type(error).__name__)


def _asked(
    ui: DagsterUi, query: str, variables: Mapping[str, JsonValue], field: str, seconds: float
) -> tuple[str, JsonObject]:
    """As `DagsterUi.ask`, within so many seconds in all: there each wait may take as many."""
    answered: Future[tuple[str, JsonObject]] = Future()

    def ask() -> None:
        try:
            answered.set_result(ui.ask(query, variables, field, seconds=seconds))
        except BaseException as error:  # whatever it is, somebody waits for it
            answered.set_exception(error)

    threading.Thread(target=ask, name="asking Dagster", daemon=True).start()
    try:
        return answered.result(seconds)
    except TimeoutError:
        raise UnansweredError(f"did not answer within {seconds:g} seconds") from None
