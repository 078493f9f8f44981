"""Lever's objects as lenient, frozen records.

Only `id` (`text` of a tag or source) is required. Anything else may be missing or null, unknown fields are
kept and unknown values of Lever's enums pass as text: what an account holds must not stop a sync. A part of
another kind than expected is read as null and told in `Record.lost`.
"""

from lever_assets.lever.records.account import (
    ArchiveReason,
    RequisitionField,
    Source,
    Stage,
    Tag,
    User,
)
from lever_assets.lever.records.feedback import Feedback, FeedbackField
from lever_assets.lever.records.interview import Interview, Interviewer
from lever_assets.lever.records.note import Note, NoteField
from lever_assets.lever.records.offer import Offer, OfferField
from lever_assets.lever.records.opportunity import (
    Application,
    Archived,
    Opportunity,
    Phone,
    StageChange,
)
from lever_assets.lever.records.papers import File, Resume
from lever_assets.lever.records.posting import Categories, Content, ContentList, Posting, Salary
from lever_assets.lever.records.questions import PostingForm, Question, QuestionOption, QuestionSet
from lever_assets.lever.records.record import Fault, IdentifiedRecord, Part, Record, is_nothing, said
from lever_assets.lever.records.requisition import Requisition
from lever_assets.lever.wire import JsonObject

__all__ = [
    "Application",
    "ArchiveReason",
    "Archived",
    "Categories",
    "Content",
    "ContentList",
    "Fault",
    "Feedback",
    "FeedbackField",
    "File",
    "IdentifiedRecord",
    "Interview",
    "Interviewer",
    "JsonObject",
    "Note",
    "NoteField",
    "Offer",
    "OfferField",
    "Opportunity",
    "Part",
    "Phone",
    "Posting",
    "PostingForm",
    "Question",
    "QuestionOption",
    "QuestionSet",
    "Record",
    "Requisition",
    "RequisitionField",
    "Resume",
    "Salary",
    "Source",
    "Stage",
    "StageChange",
    "Tag",
    "User",
    "is_nothing",
    "said",
]
