"""The lists of the extra models: notes and scorecards with who wrote them, and attachments."""

from lever_assets.store.pages.parts import MEMBER
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

_SEEN = ("remote_created_at", "remote_updated_at", "changed_at", "remote_deleted_at")
NOTE = Part(
    "notes",
    (
        "id",
        "remote_id",
        "candidate_id",
        "application_id",
        "author_id",
        "title",
        "content_html",
        "is_private",
        *_SEEN,
    ),
    required=True,
    also=("candidate_id",),
)
SCORECARD = Part(
    "scorecards",
    ("id", "remote_id", "candidate_id", "application_id", "interview_id", "author_id", "responses", *_SEEN),
    required=True,
)
ATTACHMENT = Part(
    "attachments",
    ("id", "remote_id", "candidate_id", "application_id", "type", "file_name", "content_ref", *_SEEN),
    required=True,
    also=("candidate_id",),
)
"""What is in a file is not kept: `content_ref`, which would say where, is null."""


def complete_notes(related: Related, rows: list[Row]) -> None:
    """Add to notes, or scorecards, who wrote them."""
    authors = related.by_id(MEMBER, (row["author_id"] for row in rows))
    for row in rows:
        row["author"] = authors.get(row["author_id"])


def complete_scorecards(related: Related, rows: list[Row]) -> None:
    """Add to scorecards who wrote them; of one that was erased there are no responses."""
    complete_notes(related, rows)
    for row in rows:
        row["responses"] = row["responses"] or []
