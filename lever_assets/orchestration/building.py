"""The definitions for a Dagster project that is not ours: they merge with whatever else there is.

Nothing is read from the environment, and no database is looked into.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from lever_assets.orchestration.assembling import SCHEDULES, SENSORS, Parts, assemble
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.layout import Layout, Translation
from lever_assets.orchestration.names import LEVER, PURGE_SENSOR, full_sync_job_name
from lever_assets.orchestration.resources import LeverAccount, LeverDatabase, Resources, as_resource
from lever_assets.settings import SettingsError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATABASE = "database"
_TABLES = "tables"
_TAKEN = (_DATABASE, "memory", _TABLES)


def build_lever_definitions(
    accounts: LeverAccount | Sequence[LeverAccount],
    *,
    database: LeverDatabase | None = None,
    name: str | None = None,
    key_prefix: str | Sequence[str] = (),
    group_name: str | None = None,
    owners: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    kinds: Collection[str] = (),
    automation_condition: dg.AutomationCondition[Any] | None = None,
    freshness_policy: dg.FreshnessPolicy | None = None,
    translation: Translation | None = None,
    include_actions: bool = True,
    include_passthrough: bool = False,
    include_sensors: bool | Collection[str] = True,
    include_schedules: bool | Collection[str] = True,
    delta_seconds: int = 60,
    reconcile_schedule: str = "0 3 * * 0",
    run_retention_days: int | None = None,
    ui_url: str | None = None,
    executor: dg.ExecutorDefinition | None = None,
) -> dg.Definitions:
    """Return the assets, checks, jobs, sensors, schedules and resources of one or several Lever accounts.

    What takes several texts takes a single one, too.

    accounts: each has assets whose keys are `[*key_prefix, its name, the table]`, and two jobs.
    database: where the tables are, of all accounts.
    name: what the names of everything begin with that is there once for all accounts, and the keys of the
        resources. By default the name of the account if there is one, else `lever`. Two calls whose
        definitions are merged need two names.
    group_name: one group for all assets; by default each account has one, and one for its raw assets.
    owners, tags, kinds, automation_condition, freshness_policy: of each asset, as `dg.AssetSpec` has them.
    translation: gets each asset, and the `LeverTable` that it is, and returns it as it is to be shown.
    include_actions, include_passthrough: the jobs that write to Lever; the one that sends any request.
    include_sensors: all, none, or some of `delta`, `webhooks`, `notices`, `retention`, `purge`.
    include_schedules: all, none, or some of `reconcile`, `erasure`.
    delta_seconds, reconcile_schedule, ui_url: as LEVER_DELTA_SECONDS and the like.
    run_retention_days: after how long runs of ours are purged; None: never, and there is no such sensor.
    executor: of the definitions; by default none, so that they merge with a project that has one.

    Raises SettingsError for what can't be used.
    """
    every = [accounts] if isinstance(accounts, LeverAccount) else list(accounts)
    called = _Called.of(every, name)
    there = database or LeverDatabase()
    layout = Layout(
        key_prefix=_prefix(key_prefix),
        group_name=group_name,
        owners=_several(owners),
        tags=dict(tags or {}),
        kinds=frozenset(_several(kinds)),
        automation_condition=automation_condition,
        freshness_policy=freshness_policy,
        translation=translation,
    )
    common: dict[str, Any] = {
        "delta_seconds": delta_seconds,
        "reconcile_schedule": reconcile_schedule,
        "passthrough_job": include_passthrough,
        "ui_url": ui_url,
    }
    if run_retention_days is not None:
        common["run_retention_days"] = run_retention_days
    shown = tuple(each.settings(there, known=True, **common) for each in every)
    sources = {each.name: Resources(called.account(each), called.database) for each in every}
    sensors = _chosen(include_sensors, SENSORS)
    parts = Parts(
        actions=include_actions,
        sensors=sensors if run_retention_days is not None else sensors - {PURGE_SENSOR},
        schedules=_chosen(include_schedules, SCHEDULES),
    )
    hosted = Hosted(
        shown[0],
        shown,
        layout=layout,
        name=called.name,
        sources=sources,
        knows_database=there.is_known,
    )
    return assemble(
        hosted,
        parts,
        resources={
            hosted.memory: dg.mem_io_manager,
            called.database: as_resource(there),
            called.tables: _tables(called.database),
            **{called.account(each): as_resource(each) for each in every},
        },
        executor=executor,
    )


@dataclass(frozen=True)
class _Called:
    """What the resources of some definitions are called, which are called by `name` themselves."""

    name: str

    @classmethod
    def of(cls, accounts: Sequence[LeverAccount], name: str | None) -> "_Called":
        """See that there are accounts, each with a name of its own."""
        other = next((each for each in accounts if not isinstance(each, LeverAccount)), None)
        if other is not None:
            raise SettingsError(f"An account is to be a LeverAccount, and no {type(other).__name__}.")
        for each in accounts:
            each.see_that_its_shape_is_known()
        names = [each.name for each in accounts]
        if not names:
            raise SettingsError("There is no account: give one LeverAccount at least.")
        if len(set(names)) < len(names):
            raise SettingsError("Two accounts have the same name: give each LeverAccount one of its own.")
        clashing = [each for each in names if f"{each}_full" in names]
        if clashing:
            raise SettingsError(
                f"Two accounts can't be called {clashing[0]} and {clashing[0]}_full: each would have a job "
                f"{full_sync_job_name(clashing[0])}."
            )
        called = name or (names[0] if len(names) == 1 else LEVER)
        if not _NAME.fullmatch(called):
            raise SettingsError(
                f"The name {called[:60]!r} can't be used: use letters, digits and _ only, and no digit first."
            )
        taken = [each for each in names if each in _TAKEN and each != called]
        if taken:
            raise SettingsError(f"An account can't be called {taken[0]}: that is the name of a resource.")
        return cls(called)

    @property
    def database(self) -> str:
        return f"{self.name}_{_DATABASE}"

    @property
    def tables(self) -> str:
        return f"{self.name}_{_TABLES}"

    def account(self, account: LeverAccount) -> str:
        return self.name if account.name == self.name else f"{self.name}_{account.name}"


def _several(given: str | Collection[str]) -> tuple[str, ...]:
    """Return these texts; a single one is one of them, and not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _prefix(given: str | Sequence[str]) -> tuple[str, ...]:
    parts = _several(given)
    if not all(isinstance(each, str) and each.strip() for each in parts):
        raise SettingsError("key_prefix can't be used: a part of it is blank, or no text. Leave it out.")
    return parts


def _tables(database: str) -> dg.IOManagerDefinition:
    """Return what gives tables to assets of the project's own, from the database that has this key."""

    def made(context: dg.InitResourceContext) -> dg.IOManager:
        from lever_assets.orchestration.tables import LeverTables  # noqa: PLC0415 - pandas, which few steps need

        return LeverTables(getattr(context.resources, database))

    return dg.IOManagerDefinition(
        made,
        description="Gives a table of Lever's as a DataFrame to an asset whose input names it: LeverTables.",
        required_resource_keys={database},
    )


def _chosen(wanted: bool | Collection[str], of: Collection[str]) -> frozenset[str]:
    """Return those of these names that are wanted; they are given without what all begin with."""
    if isinstance(wanted, bool):
        return frozenset(of if wanted else ())
    short = {each.removeprefix(f"{LEVER}_"): each for each in of}
    names = _several(wanted)
    unknown = sorted(set(names) - short.keys())
    if unknown:
        raise SettingsError(f"There is no {', '.join(unknown)}: there are {', '.join(short)}.")
    return frozenset(short[each] for each in names)
