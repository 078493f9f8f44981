"""Interviews."""

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import IdentifiedRecord, Listed, Part, Reference, References


class Interviewer(Part):
    """A user who interviews."""

    id: str | None = None
    name: str | None = None
    email: str | None = None


class Interview(IdentifiedRecord):
    """An interview in any stage, leads included; `date` is its start, `duration` is in minutes."""

    panel: Reference = None
    subject: str | None = None
    note: str | None = None
    interviewers: Listed[Interviewer]
    timezone: str | None = None
    date: Instant | None = None
    duration: float | None = None
    location: str | None = None
    stage: Reference = None
    postings: References
    canceled_at: Instant | None = None
    created_at: Instant | None = None
    gcal_event_url: str | None = None
    opportunity_id: str | None = None
