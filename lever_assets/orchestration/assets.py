"""The assets: one for each resource of Lever's that is asked for, and one for each unified model.

Both are generated, from the list of resources and from the catalogue of models.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from lever_assets.connect.errors import ConnectionNameError
from lever_assets.lever.resources import BY_NAME, RESOURCES, WANTED, Below, Embedded, Resource
from lever_assets.mapping import MAPPING_VERSION
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.orchestration.bulk import RESULT, asset_op
from lever_assets.orchestration.checks import complete, complete_spec
from lever_assets.orchestration.failures import for_events, in_one_sentence, warn
from lever_assets.orchestration.metadata import (
    model_definition,
    model_description,
    model_materialization,
    raw_definition,
    raw_description,
    raw_materialization,
)
from lever_assets.orchestration.names import (
    ACCEPT_DELETIONS_TAG,
    CONNECTION_TAG,
    model_group,
    model_key,
    pool,
    raw_group,
    raw_key,
)
from lever_assets.orchestration.partitions import scope_of, sync_windows
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store import reads
from lever_assets.store.accounts import removed, whereabouts
from lever_assets.store.field_definitions import definitions
from lever_assets.sync.behind import mapping_before_failing
from lever_assets.sync.landing import land
from lever_assets.sync.map.deriving import derive
from lever_assets.sync.progress import Progress
from lever_assets.sync.resuming import Run
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import Model

LOCK_SECONDS = 30.0
"""How long a step waits for another sync of its connection, such as one from the command line."""
_OWNERS = ("team:recruiting-data",)

_Body = Callable[[dg.AssetExecutionContext], Iterator[dg.MaterializeResult[None]]]


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the raw assets of an account: those that a model needs which is not left out.

    Embedded resources land with their parent's.
    """
    exclusion = Exclusion.of(settings)
    wanted = {name: raw_key(settings.connection, name) for name in WANTED if exclusion.needs(name)}
    return [
        _raw_asset(resource, settings, exclusion, wanted)
        for resource in RESOURCES
        if not isinstance(resource, Embedded) and exclusion.needs(resource.name)
    ]


def _raw_asset(
    resource: Resource, settings: Settings, exclusion: Exclusion, wanted: Mapping[str, dg.AssetKey]
) -> dg.AssetsDefinition:
    """Return the asset of a resource; `wanted` are the keys of all that a run may be asked to read."""
    account = settings.connection
    key = raw_key(account, resource.name)

    def land_resource(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with _session_of(context, settings) as session, session.alone(LOCK_SECONDS):
            scope = scope_of(context, settings)
            context.log.info(f"{resource.name}: reading {scope} from Lever.")
            with mapping_before_failing(session, resource.name):
                report = land(session, resource.name, scope, _run_of(context, wanted))
            with session.reading() as tx:
                live = reads.raw_count(tx, resource.name).live
        warn(context.log, filter(None, (report.skipped, *report.warnings)))
        yield dg.MaterializeResult(
            metadata=raw_materialization(report, live, session.store.name),
            check_results=[complete(report, live, resource, scope)],
        )

    return _sync_asset(
        settings,
        land_resource,
        key=key,
        deps=[raw_key(account, resource.parent)] if isinstance(resource, Below) else [],
        group=raw_group(account),
        floor="raw",
        description=raw_description(resource, exclusion),
        kind="lever",
        metadata=raw_definition(resource),
        checks=[complete_spec(key)],
    )


def model_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the assets of the unified models of an account, but for those left out."""
    exclusion = Exclusion.of(settings)
    return [_model_asset(model, settings, exclusion) for model in exclusion.kept]


def _model_asset(model: Model, settings: Settings, exclusion: Exclusion) -> dg.AssetsDefinition:
    account = settings.connection

    def derive_model(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with _session_of(context, settings) as session, session.alone(LOCK_SECONDS):
            report = derive(session, model.name)
            with session.reading() as tx:
                preview = reads.preview(tx, model.name)
                fields = definitions(tx, model.name)
        warn(context.log, (f"{warning}." for warning in report.warnings))
        yield dg.MaterializeResult(
            metadata=model_materialization(report, preview, fields, session.store.name)
        )

    return _sync_asset(
        settings,
        derive_model,
        key=model_key(account, model.name),
        deps=_upstream(account, model, exclusion),
        group=model_group(account),
        floor="unified",
        description=model_description(model, exclusion),
        kind="python",
        metadata=model_definition(model),
        code_version=str(MAPPING_VERSION),
    )


def _upstream(account: str, model: Model, exclusion: Exclusion) -> list[dg.AssetKey]:
    """Return the raw assets that the model is mapped from, then the models that come before it."""
    read = [BY_NAME[name] for name in DERIVATIONS[model.name].reads if exclusion.needs(name)]
    landed = {each.parent if isinstance(each, Embedded) else each.name for each in read}
    return [
        *(raw_key(account, name) for name in sorted(landed)),
        *(model_key(account, name) for name in model.after if exclusion.keeps(name)),
    ]


def _sync_asset(
    settings: Settings,
    body: _Body,
    *,
    key: dg.AssetKey,
    deps: Iterable[dg.AssetKey],
    group: str,
    floor: str,
    description: str,
    kind: str,
    metadata: Mapping[str, Any],
    code_version: str | None = None,
    checks: Sequence[dg.AssetCheckSpec] = (),
) -> dg.AssetsDefinition:
    """Return an asset of an account; `floor` is `raw` or `unified`, `kind` an icon of the UI.

    Whatever `body` raises fails the step in one sentence.
    """

    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with in_one_sentence():
            yield from body(context)

    above = {each.path[-1]: each for each in deps}
    made = {check.name: check for check in checks}
    op = asset_op(
        step,
        name=key.to_python_identifier(),
        description=description,
        above=above,
        checks=made,
        code_version=code_version,
        pool=pool(settings.connection),
    )
    spec = dg.AssetSpec(
        key,
        deps=list(above.values()),
        group_name=group,
        description=description,
        kinds={kind, _database_kind(settings)},
        owners=list(_OWNERS),
        tags={CONNECTION_TAG: settings.connection, "lever/floor": floor},
        metadata=metadata,
        code_version=code_version,
        partitions_def=sync_windows(settings),
    )
    return dg.AssetsDefinition(
        node_def=op,
        keys_by_input_name=above,
        keys_by_output_name={RESULT: key},
        specs=[spec],
        check_specs_by_output_name=made,
        # A range of windows must be one run, one pass over the API.
        backfill_policy=dg.BackfillPolicy.single_run(),
    )


@contextmanager
def _session_of(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[Session]:
    """Open a session whose progress, and what holds it up, goes to the run's log."""

    def tell(told: Progress | str) -> None:
        context.log.info(for_events(str(told)))

    accepted = context.run.tags.get(ACCEPT_DELETIONS_TAG) == "true"
    with Session.open(
        settings, listener=tell, run_id=context.run.run_id, accept_deletions=accepted
    ) as session:
        _see_that_it_is_there(session)
        yield session


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
        raise ConnectionNameError(
            f"The connection {account.name!r} is not connected: there is no key or token for it. If it was "
            "renamed or removed, reload the code location in Dagster, so that it is not shown any more; if "
            f"not, set LEVER_API_KEY, or run `lever-assets connect {account.name}`."
        )
    if is_removed:
        raise ConnectionNameError(
            f"The connection {account.name!r} was removed: there is nothing to sync. Reload the code "
            "location in Dagster, so that it is not shown any more."
        )


def _run_of(context: dg.AssetExecutionContext, wanted: Mapping[str, dg.AssetKey]) -> Run:
    """Return the run and what it is to read; it continues an unfinished one that wants the same."""
    selected = context.run.asset_selection
    return Run(
        context.run.run_id, tuple(name for name, key in wanted.items() if not selected or key in selected)
    )


def _database_kind(settings: Settings) -> str:
    """Return the kind that shows the database's icon."""
    return "postgresql" if settings.tables_url.startswith("postgres") else "sqlite"
