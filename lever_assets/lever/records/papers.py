"""Files and résumés: what Lever tells of them."""

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import IdentifiedRecord, Part


class File(IdentifiedRecord):
    """A file of an opportunity."""

    name: str | None = None
    uploaded_at: Instant | None = None


class ResumeFile(Part):
    """The file of a résumé."""

    name: str | None = None
    uploaded_at: Instant | None = None


class Resume(IdentifiedRecord):
    """A résumé: it has its file inside, and beside it what Lever read out of it."""

    file: ResumeFile | None = None
    created_at: Instant | None = None
