"""Feedback forms."""

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.questions import Question
from lever_assets.lever.records.record import IdentifiedRecord, Json, Listed, Part, Reference


class Score(Part):
    """One of the scores that a field of type `score` asks for."""

    text: str | None = None
    description: str | None = None
    score: Json = None


class FeedbackField(Question):
    """A field of a feedback form: as those of posting forms, and with several scores perhaps."""

    scores: Listed[Score]


class Feedback(IdentifiedRecord):
    """A feedback form; `completed_at` is null until it is filled in."""

    text: str | None = None
    fields: Listed[FeedbackField]
    interview: Reference = None
    user: Reference = None
    created_at: Instant | None = None
    completed_at: Instant | None = None
    deleted_at: Instant | None = None
