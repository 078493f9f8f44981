"""attachments <- the résumés and the files of opportunities."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from lever_assets.lever.records import Application, File, Opportunity, Resume
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.linked import ONLY_APPLICATION_KEYS, only_application
from lever_assets.mapping.rules.papers import Listed, kind_of
from lever_assets.unified.models import Attachment

_NAMES = ("files.name", "resumes.file.name")
_UPLOADED = ("files.uploadedAt", "resumes.file.uploadedAt", "resumes.createdAt")
SOURCES: Sources = {
    "remote_id": ("files.id", "resumes.id"),
    "candidate_id": ("opportunities.id",),
    "application_id": ONLY_APPLICATION_KEYS,
    "type": _NAMES[:1],  # a résumé is one whatever it is called
    "file_name": _NAMES,
    "remote_created_at": _UPLOADED,
    "remote_updated_at": _UPLOADED,
}


def rows(
    opportunity: Opportunity,
    files: Sequence[File],
    resumes: Sequence[Resume],
    applications: Sequence[Application],
    ctx: Context,
) -> Iterator[Attachment]:
    """Yield the attachments of an opportunity: its résumés, then its other files."""
    application = only_application(applications)

    def row(listed: Listed, remote_id: str, name: str | None, uploaded: datetime | None) -> Attachment:
        return Attachment(
            id=ctx.id("attachments", opportunity.id, listed, remote_id),
            connection=ctx.connection,
            remote_id=remote_id,
            candidate_id=ctx.id("candidates", opportunity.id),
            application_id=ctx.reference("applications", application),
            type=kind_of(listed, name or ""),
            file_name=name,
            remote_created_at=uploaded,
            remote_updated_at=uploaded,
        )

    for resume in {each.id: each for each in resumes}.values():
        inside = resume.file
        uploaded = (inside.uploaded_at if inside else None) or resume.created_at
        yield row("resumes", resume.id, inside.name if inside else None, uploaded)
    for file in {each.id: each for each in files}.values():
        yield row("files", file.id, file.name, file.uploaded_at)


DERIVATION = ByRecord(
    "attachments",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(
        opportunity, around.files, around.resumes, around.applications, around.ctx
    ),
    below=("applications", "files", "resumes"),
)
