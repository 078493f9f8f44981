"""notes <- the notes on opportunities."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Application, said
from lever_assets.lever.records import Note as LeverNote
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.linked import ONLY_APPLICATION_KEYS, only_application
from lever_assets.unified.models import Note

SOURCES: Sources = {
    "remote_id": ("notes.id", "notes.deletedAt"),
    "candidate_id": ("opportunities.id",),
    "application_id": ONLY_APPLICATION_KEYS,
    "author_id": ("notes.user",),
    "title": ("notes.text",),
    "content_html": ("notes.fields",),
    "is_private": ("notes.secret",),
    "remote_created_at": ("notes.createdAt",),
    "remote_updated_at": ("notes.completedAt",),
}


def rows(
    note: LeverNote, opportunity: str | None, applications: Sequence[Application], ctx: Context
) -> Iterator[Note]:
    """Yield the row of a note, none for one that Lever lists as deleted.

    `opportunity` is Lever's id of the one that it is on, `applications` are those of that.
    """
    if note.deleted_at is not None:
        return
    yield Note(
        id=ctx.id("notes", note.id),
        connection=ctx.connection,
        remote_id=note.id,
        candidate_id=ctx.reference("candidates", opportunity),
        application_id=ctx.reference("applications", only_application(applications)),
        author_id=ctx.reference("users", note.user),
        title=note.text,
        content_html=_content(note),
        is_private=note.secret,
        remote_created_at=note.created_at,
        remote_updated_at=note.completed_at,
    )


def _content(note: LeverNote) -> str | None:
    """Return what was written, comment after comment; Lever's notes have one, mostly."""
    values = (each.value for each in note.fields)
    texts = [text for each in values if isinstance(each, str) and (text := said(each))]
    return "\n\n".join(texts) or None


DERIVATION = ByRecord(
    "notes",
    "notes",
    LeverNote,
    lambda note, around: rows(note, around.parent, around.applications, around.ctx),
    siblings="applications",
)
