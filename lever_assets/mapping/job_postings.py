"""job_postings <- postings, one each."""

from collections.abc import Iterator

from lever_assets.lever.records import Posting
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.postings import (
    DRAFT_STATES,
    description,
    is_confidential,
    is_live,
    public_url,
    reach,
)
from lever_assets.unified.enums import JobPostingStatus, JobPostingVisibility
from lever_assets.unified.models import JobPosting

SOURCES: Sources = {
    "remote_id": ("postings.id",),
    "title": ("postings.text",),
    "description_html": ("postings.content",),
    "status": ("postings.state",),
    "visibility": ("postings.state", "postings.confidentiality", "postings.distributionChannels"),
    "job_id": ("postings.id",),
    "url": ("postings.state", "postings.urls"),
}


def rows(posting: Posting, ctx: Context) -> Iterator[JobPosting]:
    """Yield the job posting of a posting."""
    yield JobPosting(
        id=ctx.id("job_postings", posting.id),
        connection=ctx.connection,
        remote_id=posting.id,
        title=posting.text,
        description_html=description(posting.content),
        status=_status(posting),
        visibility=_visibility(posting),
        job_id=ctx.id("jobs", posting.id),
        url=public_url(posting),
    )


def _status(posting: Posting) -> JobPostingStatus:
    if is_live(posting):
        return JobPostingStatus.ACTIVE
    return JobPostingStatus.DRAFT if posting.state in DRAFT_STATES else JobPostingStatus.INACTIVE


def _visibility(posting: Posting) -> JobPostingVisibility | None:
    """As the job's, but a confidential job has no posting that anyone could see."""
    found = None if is_confidential(posting) else reach(posting)
    return JobPostingVisibility(found.value) if found is not None else None


DERIVATION = ByRecord("job_postings", "postings", Posting, lambda posting, around: rows(posting, around.ctx))
