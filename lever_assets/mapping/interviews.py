"""interviews <- the interviews of opportunities."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from lever_assets.lever.records import Application
from lever_assets.lever.records import Interview as LeverInterview
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.linked import APPLICATION_KEYS, application_for
from lever_assets.mapping.rules.places import location
from lever_assets.mapping.rules.video import meeting_url
from lever_assets.unified.models import Interview

SOURCES: Sources = {
    "remote_id": ("interviews.id",),
    "title": ("interviews.subject",),
    "starting_at": ("interviews.date",),
    "ending_at": ("interviews.date", "interviews.duration"),
    "location": ("interviews.location",),
    "video_conferencing_url": ("interviews.location", "interviews.note", "interviews.gcal*"),
    "application_id": ("interviews.postings", *APPLICATION_KEYS),
    "stage_id": ("interviews.stage",),
    "canceled": ("interviews.canceledAt",),
    "remote_data": ("interviews.*",),
    "candidate_id": ("opportunities.id",),
}


def rows(
    interview: LeverInterview, opportunity: str | None, applications: Sequence[Application], ctx: Context
) -> Iterator[Interview]:
    """Yield the row of an interview.

    `opportunity` is Lever's id of the one that it belongs to, `applications` are those of that.
    """
    application = application_for(interview.postings, applications)
    yield Interview(
        id=ctx.id("interviews", interview.id),
        connection=ctx.connection,
        remote_id=interview.id,
        title=interview.subject,
        starting_at=interview.date,
        ending_at=_ending_at(interview),
        location=location(interview.location),
        video_conferencing_url=meeting_url(interview),
        application_id=ctx.reference("applications", application.id if application else None),
        stage_id=ctx.reference("application_stages", interview.stage),
        canceled=interview.canceled_at is not None,
        remote_data=ctx.remote("/interviews", interview),
        candidate_id=ctx.reference("candidates", opportunity),
    )


def _ending_at(interview: LeverInterview) -> datetime | None:
    if interview.date is None or interview.duration is None:
        return None
    try:
        return interview.date + timedelta(minutes=interview.duration)
    except OverflowError:
        return None


DERIVATION = ByRecord(
    "interviews",
    "interviews",
    LeverInterview,
    lambda interview, around: rows(interview, around.parent, around.applications, around.ctx),
    siblings="applications",
)
