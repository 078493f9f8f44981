"""job_application_stages: every stage for every job, since Lever's pipeline is the account's."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Posting, Stage
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.models import JobApplicationStage

SOURCES: Sources = {
    "remote_id": (),
    "index": ("stages.id",),
    "job_id": ("postings.id",),
    "stage_id": ("stages.id",),
}


def rows(posting: Posting, stages: Sequence[Stage], ctx: Context) -> Iterator[JobApplicationStage]:
    """Yield a job's stages; `stages` in the order of the pipeline."""
    for index, stage_id in enumerate(dict.fromkeys(stage.id for stage in stages)):
        yield JobApplicationStage(
            id=ctx.id("job_application_stages", posting.id, stage_id),
            connection=ctx.connection,
            remote_id=None,
            index=index,
            job_id=ctx.id("jobs", posting.id),
            stage_id=ctx.id("application_stages", stage_id),
        )


DERIVATION = ByRecord(
    "job_application_stages",
    "postings",
    Posting,
    lambda posting, around: rows(posting, around.floor.stages, around.ctx),
    besides=("stages",),
)
