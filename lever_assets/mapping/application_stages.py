"""application_stages <- GET /stages."""

from collections.abc import Iterator

from lever_assets.lever.records import Stage
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.models import ApplicationStage

SOURCES: Sources = {
    "remote_id": ("stages.id",),
    "name": ("stages.text",),
    "global_index": ("stages.id",),  # the place in the list
    "remote_data": ("stages.*",),
}


def rows(stage: Stage, index: int, ctx: Context) -> Iterator[ApplicationStage]:
    """Yield the row of a stage; `index` is its position in Lever's list (the pipeline's order), from 0."""
    yield ApplicationStage(
        id=ctx.id("application_stages", stage.id),
        connection=ctx.connection,
        remote_id=stage.id,
        name=stage.text,
        global_index=index,
        remote_data=ctx.remote("/stages", stage),
    )


DERIVATION = ByRecord(
    "application_stages",
    "stages",
    Stage,
    lambda stage, around: rows(stage, around.floor.places[stage.id], around.ctx),
    besides=("stages",),  # one that comes or goes moves the others
)
