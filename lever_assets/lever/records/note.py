"""Notes."""

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import IdentifiedRecord, Json, Listed, Part, Reference


class NoteField(Part):
    """A comment of a note."""

    type: str | None = None
    text: str | None = None
    value: Json = None


class Note(IdentifiedRecord):
    """A note; `text` is what Lever calls it, `fields` hold what was written."""

    text: str | None = None
    fields: Listed[NoteField]
    user: Reference = None
    secret: bool | None = None
    created_at: Instant | None = None
    completed_at: Instant | None = None
    deleted_at: Instant | None = None
