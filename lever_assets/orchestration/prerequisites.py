"""What Dagster needs to keep an account fresh: its home, the pool, a daemon that lives, sensors on."""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from lever_assets.connect.known import has_database
from lever_assets.orchestration.names import (
    DELTA_SENSOR,
    ERASURE_SCHEDULE,
    NOTICES_SENSOR,
    PURGE_SENSOR,
    RECONCILE_SCHEDULE,
    RETENTION_SENSOR,
    WEBHOOKS_SENSOR,
    pool,
)
from lever_assets.prerequisites.findings import Finding, Group, Verdict
from lever_assets.settings import Settings
from lever_assets.store import Store, StoreError
from lever_assets.store.transaction import now
from lever_assets.sync.targets import targets

_ALIVE = timedelta(minutes=2)
"""A daemon tells every half minute that it lives."""
_START = "Start it with `lever-assets ui`, and keep it running."
_WHY_HOME = "Dagster keeps there what it knows: runs, ticks, which sensors are on."
_WHY_POOL = "So that one sync of the account runs at a time, and the others wait for it."
_WHY_DAEMON = "It evaluates the sensors and schedules, and starts the runs that wait."
_WHY_TICKING = {
    DELTA_SENSOR: "It looks for changes in Lever and brings them into the tables.",
    WEBHOOKS_SENSOR: "It brings what Lever's events are about into the tables.",
    NOTICES_SENSOR: "It tells your URLs what changed.",
    RETENTION_SENSOR: "It erases in Dagster what was erased in the tables.",
    PURGE_SENSOR: "It deletes old runs; without it Dagster's storage grows for ever.",
    RECONCILE_SCHEDULE: "It finds and mends what Lever never announced.",
    ERASURE_SCHEDULE: "It erases every night what is personal of records long gone.",
}


def of_home(settings: Settings, home: Path) -> list[Finding]:
    """Return the findings on the Dagster instance at a home; one that can't be opened is a finding, too."""
    if not home.is_dir():
        remedy = "Make it, or set DAGSTER_HOME to the folder that Dagster runs with."
        return [_finding("home", Verdict.MISSING, _WHY_HOME, f"{home} is no folder.", remedy)]
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            return of_instance(settings, instance)
    except Exception as error:
        # Of Dagster's own errors and of its database's the kind is told: their texts may hold a password.
        detail = f"Dagster can't use {home} ({type(error).__name__})."
        remedy = "See DAGSTER_HOME and the dagster.yaml in it; `dagster instance info` says more."
        return [_finding("home", Verdict.MISSING, _WHY_HOME, detail, remedy)]


def of_instance(settings: Settings, instance: dg.DagsterInstance) -> list[Finding]:
    """Return the findings on an open instance."""
    if instance.is_ephemeral:
        detail = "This instance lasts as long as its process: no daemon has it."
        return [_finding("home", Verdict.CANT_TELL, _WHY_HOME, detail, required=False)]
    heard = {
        kind: datetime.fromtimestamp(beat.timestamp, UTC)
        for kind, beat in instance.get_daemon_heartbeats().items()
    }
    return [
        _finding("home", Verdict.FINE, _WHY_HOME, instance.root_directory),
        _pool(settings, instance),
        _daemon(instance, heard),
        *_ticking(settings, instance, was_there=bool(heard)),
    ]


def _finding(
    subject: str, verdict: Verdict, why: str, detail: str = "", remedy: str = "", *, required: bool = True
) -> Finding:
    return Finding(Group.DAGSTER, subject, verdict, why, detail, remedy, required=required)


def _pool(settings: Settings, instance: dg.DagsterInstance) -> Finding:
    """Nobody's duty: a second sync of the account fails at once, and the next one makes up for it."""
    named = pool(settings.connection)
    configured = instance.get_concurrency_config().pool_config
    limits = {each.name: each.limit for each in instance.event_log_storage.get_pool_limits()}
    limit = limits.get(named, configured.default_pool_limit)
    granularity = configured.pool_granularity
    by_run = granularity is not None and granularity.value == "run"
    if limit == 1 and by_run:
        return _finding(f"pool {named}", Verdict.FINE, _WHY_POOL, "One run at a time.", required=False)
    detail = f"Its limit is {'not set' if limit is None else limit}, for each {'run' if by_run else 'step'}."
    remedy = "Write `concurrency: {pools: {granularity: run, default_limit: 1}}` into dagster.yaml."
    return _finding(f"pool {named}", Verdict.MISSING, _WHY_POOL, detail, remedy, required=False)


def _daemon(instance: dg.DagsterInstance, heard: Mapping[str, datetime]) -> Finding:
    """One that never ran is nobody's duty: the account may be kept by the command line.

    `heard`: when each part of the daemon told last that it lives (UTC).
    """
    needed = instance.get_required_daemon_types()
    if not heard:
        detail = "It has never run with this home."
        return _finding("daemon", Verdict.CANT_TELL, _WHY_DAEMON, detail, _START, required=False)
    silent = sorted(each for each in needed if each not in heard or now() - heard[each] > _ALIVE)
    last = f"{max(heard.values()):%Y-%m-%d %H:%M} UTC"
    if not silent:
        return _finding("daemon", Verdict.FINE, _WHY_DAEMON, f"It last told at {last} that it lives.")
    detail = f"Nothing was heard of {', '.join(silent).lower()} lately, of any part last at {last}."
    return _finding("daemon", Verdict.MISSING, _WHY_DAEMON, detail, _START)


def _is_anybody_told(settings: Settings) -> bool:
    """Tell whether notices have targets; where the database can't be asked, whether there are URLs."""
    if not has_database(settings):
        return bool(settings.told_urls)
    with (
        suppress(StoreError),
        closing(Store.open(settings.tables_url, migrate=False)) as store,
        store.reading("") as tx,
    ):
        return bool(targets(tx, settings))
    return bool(settings.told_urls)


def _ticking(settings: Settings, instance: dg.DagsterInstance, *, was_there: bool) -> Iterator[Finding]:
    """Yield a finding for each sensor and schedule; `was_there`: a daemon has run with this instance."""
    states = {each.instigator_name: each.status.value for each in instance.all_instigator_state()}
    needed = {
        WEBHOOKS_SENSOR: settings.webhook_url is not None,
        NOTICES_SENSOR: _is_anybody_told(settings),
        ERASURE_SCHEDULE: settings.retention is not None,
    }
    for name, why in _WHY_TICKING.items():
        kind = "schedule" if name in {RECONCILE_SCHEDULE, ERASURE_SCHEDULE} else "sensor"
        subject, status = f"{kind} {name}", states.get(name)
        if not needed.get(name, True):
            yield _finding(subject, Verdict.NOT_NEEDED, why)
        elif status == dg.DefaultSensorStatus.STOPPED.value:
            remedy = f"Switch it on in Dagster's UI, or with `dagster {kind} start {name}`."
            yield _finding(subject, Verdict.MISSING, why, "It was switched off by hand.", remedy)
        elif status is not None:
            yield _finding(subject, Verdict.FINE, why)
        else:
            detail = "It is on as it comes; Dagster has not evaluated it yet."
            yield _finding(subject, Verdict.CANT_TELL, why, detail, _START, required=was_there)
