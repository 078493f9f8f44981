"""The assets of an account: one for each resource of Lever's that is asked for, and for each unified model.

They are generated, from the list of resources and from the catalogue of models. One step makes all those that
a run is over: a step of Dagster's costs more than most of what it would do here, and so what the lists gave
is mapped before anything is read below their records.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import dagster as dg

from lever_assets.connect.errors import ConnectionNameError
from lever_assets.insight.finishing import finish_sync, marts_all_the_same
from lever_assets.insight.standing import VERSION as MARTS_VERSION
from lever_assets.insight.standing import keeps_every_mart
from lever_assets.lever.resources import BY_NAME, RESOURCES, Below, Embedded, Resource
from lever_assets.mapping import MAPPING_VERSION
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.bulk import Made, asset_op
from lever_assets.orchestration.checks import (
    complete_spec,
    mart_results,
    mart_specs_of,
    model_specs_of,
    results,
)
from lever_assets.orchestration.failures import in_one_sentence, warn
from lever_assets.orchestration.following import outputs
from lever_assets.orchestration.freshness import freshness_of
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.layout import LeverTable
from lever_assets.orchestration.lineage import column_lineage
from lever_assets.orchestration.metadata import (
    mart_definition,
    mart_description,
    model_definition,
    model_description,
    raw_definition,
    raw_description,
)
from lever_assets.orchestration.names import (
    ACCEPT_DELETIONS_TAG,
    COMPLETE,
    EVERYTHING,
    READS_TAG,
    pool,
    step_name,
)
from lever_assets.orchestration.partitions import (
    is_over_chosen_windows,
    scope_of,
    sync_windows,
    windows_in_words,
    windows_of,
)
from lever_assets.orchestration.reporting import Reporter
from lever_assets.orchestration.run_log import RunLog
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store.accounts import removed, whereabouts
from lever_assets.sync.behind import mapped_from
from lever_assets.sync.progress import announcing
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.unified.catalogue import Model
from lever_assets.unified.marts import BY_NAME as MARTS
from lever_assets.unified.marts import EEO, Mart

LOCK_SECONDS = 30.0
"""How long a run waits for another sync of its connection, such as one from the command line."""
HISTORY_SECONDS = 300.0
"""How long a run reads what is below records for the first time, before it makes room for the next delta.

But for one over chosen windows: each of these is to be there when it ends, or Dagster takes it for failed.
"""


def account_assets(settings: Settings, hosted: Hosted | None = None) -> dg.AssetsDefinition:
    """Return an account's assets and their checks, but for what it leaves out; a run may be over some.

    Embedded resources land with their parent's. The account is one of those that are `hosted`; None: alone.
    """
    hosted = hosted or Hosted.alone(settings)
    keys, exclusion = hosted.keys[settings.connection], Exclusion.of(settings)
    resources = _resources(keys, exclusion)
    models = _models(keys, exclusion)
    marts = _marts(keys, settings)
    shown = _Shown(settings, hosted, keys, exclusion)
    specs = [
        *map(shown.raw, resources.values()),
        *map(shown.model, models.values()),
        *map(shown.mart, marts.values()),
    ]
    checks = [
        *map(complete_spec, resources),
        *(each for model in models.values() for each in model_specs_of(keys, model, exclusion)),
        *(each for mart in marts.values() for each in mart_specs_of(keys, mart)),
    ]

    def step(context: dg.AssetExecutionContext) -> Iterator[Made]:
        chosen = {*context.selected_asset_keys, *(each.asset_key for each in _made_by_reading(context))}
        if context.run.tags.get(READS_TAG) == EVERYTHING:
            chosen = {*resources, *models, *marts}
        wanted = _Wanted(
            [each.name for key, each in resources.items() if key in chosen],
            [each.name for key, each in models.items() if key in chosen],
            [each for key, each in marts.items() if key in chosen],
        )
        with in_one_sentence():
            yield from _bring_up(context, hosted.in_force_of(context, settings), keys, wanted)

    outs = {keys.table(each.key): each.key for each in specs}
    made = {f"{keys.table(each.asset_key)}_{each.name}": each for each in checks}
    return dg.AssetsDefinition(
        node_def=asset_op(
            step,
            name=step_name(settings.connection),
            description="Reads, maps and checks what is chosen.",
            outs={keys.table(each.key): each.code_version for each in specs},
            checks=made,
            pool=pool(settings.connection),
            resources=hosted.resource_keys_of(settings.connection),
        ),
        keys_by_input_name={},
        keys_by_output_name=outs,
        specs=specs,
        check_specs_by_output_name=made,
        can_subset=True,
        # A range of windows must be one run, one pass over the API.
        backfill_policy=dg.BackfillPolicy.single_run(),
    )


def kept_keys(keys: Keys, settings: Settings) -> list[dg.AssetKey]:
    """Return the keys of an account's assets, but for what it leaves out."""
    exclusion = Exclusion.of(settings)
    return [*_resources(keys, exclusion), *_models(keys, exclusion), *_marts(keys, settings)]


def assets_below(keys: Keys, settings: Settings, resource: str | None) -> list[dg.AssetKey]:
    """Return the keys of the assets that can have changed when a list has; of all, if it is None.

    Marts are among all alone: a delta tells of those that changed, and plans none.
    """
    if resource is None:
        return kept_keys(keys, settings)
    exclusion = Exclusion.of(settings)
    below = [each.name for each in RESOURCES if isinstance(each, Below) and each.parent == resource]
    read, mapped = {resource, *below}, set(mapped_from([resource, *below], exclusion))
    return [
        *(key for key, each in _resources(keys, exclusion).items() if each.name in read),
        *(key for key, each in _models(keys, exclusion).items() if each.name in mapped),
    ]


def _resources(keys: Keys, exclusion: Exclusion) -> dict[dg.AssetKey, Resource]:
    return {
        keys.raw(each.name): each
        for each in RESOURCES
        if not isinstance(each, Embedded) and exclusion.needs(each.name)
    }


def _models(keys: Keys, exclusion: Exclusion) -> dict[dg.AssetKey, Model]:
    return {keys.model(each.name): each for each in exclusion.kept}


def _marts(keys: Keys, settings: Settings) -> dict[dg.AssetKey, Mart]:
    return {keys.mart(name): MARTS[name] for name in keeps_every_mart(settings)}


def _made_by_reading(context: dg.AssetExecutionContext) -> Iterable[dg.AssetCheckKey]:
    """Return the chosen checks that only a reading can make."""
    return (each for each in context.selected_asset_check_keys if each.name == COMPLETE)


@dataclass(frozen=True)
class _Wanted:
    """What a run is over."""

    resources: list[str]
    models: list[str]
    marts: list[Mart]


def _bring_up(
    context: dg.AssetExecutionContext,
    settings: Settings,
    keys: Keys,
    wanted: _Wanted,
) -> Iterator[Made]:
    """Read the resources, map the models, bring up the marts that are wanted, and make the chosen checks."""
    resources, models, marts = wanted.resources, wanted.models, wanted.marts
    with _session_of(context, settings) as session:
        if resources or models or marts:
            scope = scope_of(context, settings)
            windows = windows_of(context, settings)
            every = sync_windows(settings).get_partition_keys
            reporter = Reporter(context, session, scope, windows, every, keys, resources)
            if not resources:
                context.log.info("Mapping what is stored.")
            heard = _announcing(context, session, scope)
            run = Run(context.run.run_id, tuple(resources))
            try:
                with marts_all_the_same(session):
                    report = sync(heard, scope, run=run, models=models, wait=LOCK_SECONDS, on_report=reporter)
            finally:
                reporter.tell_of_models()
            warn(context.log, report.restored)
            finished = finish_sync(session, scope, answers=EEO in marts or not settings.counts_eeo)
            warn(context.log, finished.warnings)
            reporter.tell_of_marts(marts, finished.replaced)
            reporter.settle()
            yield from reporter.materialized
            yield from reporter.results
            yield from outputs(context, reporter.told)
        with session.reading() as tx:
            yield from results(tx, context.selected_asset_check_keys, keys, session.exclusion)
            yield from mart_results(tx, context.selected_asset_check_keys, keys, session.settings)


@dataclass(frozen=True)
class _Shown:
    """The assets of an account as Dagster shows them."""

    settings: Settings
    hosted: Hosted
    keys: Keys
    exclusion: Exclusion

    def raw(self, of: Resource) -> dg.AssetSpec:
        return self._spec(
            LeverTable(self.settings.connection, of.table, "raw"),
            deps=[self.keys.raw(of.parent)] if isinstance(of, Below) else [],
            description=raw_description(of, self.exclusion, windows_in_words(self.settings)),
            kind="lever",
            metadata=raw_definition(of),
        )

    def model(self, of: Model) -> dg.AssetSpec:
        return self._spec(
            LeverTable(self.settings.connection, of.name, "unified"),
            deps=self._upstream(of),
            description=model_description(of, self.exclusion, windows_in_words(self.settings)),
            kind="python",
            metadata=self._model_definition(of),
            code_version=str(MAPPING_VERSION),
        )

    def mart(self, of: Mart) -> dg.AssetSpec:
        return self._spec(
            LeverTable(self.settings.connection, of.table, "mart"),
            deps=[self.keys.model(name) for name in of.reads],
            description=mart_description(of, windows_in_words(self.settings)),
            kind="lever" if of is EEO else "pandas",
            metadata=mart_definition(of),
            code_version=str(MARTS_VERSION),
        )

    def _model_definition(self, of: Model) -> dict[str, Any]:
        told = model_definition(of)
        if self.hosted.are_few:
            told = {**told, "dagster/column_lineage": column_lineage(of.name, self.keys, self.exclusion)}
        return told

    def _upstream(self, model: Model) -> list[dg.AssetKey]:
        """Return the raw assets that the model is mapped from, then the models that come before it."""
        read = [BY_NAME[name] for name in DERIVATIONS[model.name].reads if self.exclusion.needs(name)]
        landed = {each.parent if isinstance(each, Embedded) else each.name for each in read}
        return [
            *(self.keys.raw(name) for name in sorted(landed)),
            *(self.keys.model(name) for name in model.after if self.exclusion.keeps(name)),
        ]

    def _spec(self, of: LeverTable, *, kind: str, **told: Any) -> dg.AssetSpec:
        """Return an asset; `kind` is an icon of the UI."""
        kinds = [kind, *(_database_kind(self.settings) if self.hosted.knows_database else ())]
        layout = self.hosted.layout
        if layout.freshness_policy is None and self.hosted.owns_dagster:  # else it may have no sensor of ours
            told["freshness_policy"] = freshness_of(self.settings, of, all_tables=self.hosted.are_few)
        return layout.spec(of, kinds=kinds, partitions_def=sync_windows(self.settings), **told)


def _announcing(context: dg.AssetExecutionContext, session: Session, scope: Scope) -> Session:
    """Return the session, which says in the run's log what is read when that begins."""
    announce = partial(context.log.info, f"Reading {scope} from Lever.")
    return replace(session, listener=announcing(session.listener, announce))


@contextmanager
def _session_of(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[Session]:
    """Open a session whose progress, and what holds it up, goes to the run's log."""

    log = RunLog(context.log)
    accepted = context.run.tags.get(ACCEPT_DELETIONS_TAG) == "true"
    to_the_end = is_over_chosen_windows(context)
    try:
        with Session.open(
            settings,
            listener=log,
            run_id=context.run.run_id,
            accept_deletions=accepted,
            history_seconds=None if to_the_end else HISTORY_SECONDS,
        ) as session:
            _see_that_it_is_there(session)
            yield session
    finally:
        log.flush()


def _see_that_it_is_there(session: Session) -> None:
    """Raise ConnectionNameError for a connection that was removed since these definitions were loaded.

    A run of it, which waited in the queue, would write rows under its name.
    """
    account = session.account
    if account.is_stored or account.credential is not None:
        return
    with session.reading() as tx:
        is_removed, has_others = account.name in removed(tx), bool(whereabouts(tx))
    if has_others and not is_removed:
        key = "give it an api_key," if account.is_given else "set LEVER_API_KEY,"
        raise ConnectionNameError(
            f"The connection {account.name!r} is not connected: there is no key or token for it. If it was "
            "renamed or removed, reload the code location in Dagster, so that it is not shown any more; if "
            f"not, {key} or run `lever-assets connect {account.name}`."
        )
    if is_removed:
        raise ConnectionNameError(
            f"The connection {account.name!r} was removed: there is nothing to sync. Reload the code "
            "location in Dagster, so that it is not shown any more."
        )


def _database_kind(settings: Settings) -> list[str]:
    """Return the kind that shows the database's icon; none for one that has none of ours."""
    url = settings.tables_url
    return ["postgresql"] if url.startswith("postgres") else ["sqlite"] if url.startswith("sqlite") else []
