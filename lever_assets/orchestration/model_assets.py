"""The model assets: one for each of the 19 unified models, generated from the catalogue."""

from collections.abc import Iterator

import dagster as dg

from lever_assets.mapping import MAPPING_VERSION
from lever_assets.orchestration import metadata
from lever_assets.orchestration.failures import warn
from lever_assets.orchestration.names import model_group, model_key, raw_key
from lever_assets.orchestration.sync_asset import sync_asset
from lever_assets.orchestration.working import LOCK_SECONDS, session_of
from lever_assets.settings import Settings
from lever_assets.store import reads
from lever_assets.sync.derivations import DERIVATIONS
from lever_assets.sync.deriving import derive
from lever_assets.sync.exclusion import Exclusion
from lever_assets.sync.resources import BY_NAME, Kind
from lever_assets.unified.catalogue import MODELS, Model


def model_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the assets of the unified models of the default connection, but for those left out."""
    exclusion = Exclusion.of(settings)
    return [_model_asset(model, settings, exclusion) for model in MODELS if exclusion.keeps(model.name)]


def _model_asset(model: Model, settings: Settings, exclusion: Exclusion) -> dg.AssetsDefinition:
    connection = settings.connection

    def derive_model(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with session_of(context, settings) as session, session.alone(LOCK_SECONDS):
            report = derive(session, model.name)
            with session.store.reading() as conn:
                preview = reads.preview(conn, session.name, model.name)
        warn(context.log, (f"{warning}." for warning in report.warnings))
        yield dg.MaterializeResult(
            metadata=metadata.model_materialization(report, preview, session.store.name)
        )

    return sync_asset(
        settings,
        derive_model,
        key=model_key(connection, model.name),
        deps=_upstream(connection, model, exclusion),
        group=model_group(connection),
        floor="unified",
        description=metadata.model_description(model, exclusion),
        kind="python",
        metadata=metadata.model_definition(model),
        code_version=str(MAPPING_VERSION),
    )


def _upstream(connection: str, model: Model, exclusion: Exclusion) -> list[dg.AssetKey]:
    """Return the raw assets that the model is mapped from, then the models that come before it."""
    read = [BY_NAME[name] for name in DERIVATIONS[model.name].reads if exclusion.needs(name)]
    landed = {each.parent if each.kind is Kind.EMBEDDED else each.name for each in read}
    return [
        *(raw_key(connection, name) for name in sorted(filter(None, landed))),
        *(model_key(connection, name) for name in model.after if exclusion.keeps(name)),
    ]
