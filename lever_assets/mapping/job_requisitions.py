"""job_requisitions <- postings and the requisitions linked to them, from either side."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Posting, Requisition
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.insights import JobRequisition

SOURCES: Sources = {
    "remote_id": (),
    "job_id": ("postings.id",),
    "requisition_id": (
        "postings.requisitionCodes",
        "requisitions.id",
        "requisitions.postings",
        "requisitions.requisitionCode",
    ),
}


def rows(posting: Posting, requisitions: Sequence[Requisition], ctx: Context) -> Iterator[JobRequisition]:
    """Yield the requisitions of a posting's job; `requisitions` as for the job."""
    for requisition in dict.fromkeys(each.id for each in requisitions):
        yield JobRequisition(
            id=ctx.id("job_requisitions", posting.id, requisition),
            connection=ctx.connection,
            remote_id=None,
            job_id=ctx.id("jobs", posting.id),
            requisition_id=ctx.id("requisitions", requisition),
        )


DERIVATION = ByRecord(
    "job_requisitions",
    "postings",
    Posting,
    lambda posting, around: rows(
        posting, around.floor.requisitions_of(posting.id, posting.requisition_codes), around.ctx
    ),
    besides=("requisitions",),
)
