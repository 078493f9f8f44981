"""Files that are added to a candidate. Lever keeps none for an application alone."""

from lever_assets.actions.engine.attaching import add_file
from lever_assets.actions.engine.errors import ActionError, Code
from lever_assets.actions.engine.file_inputs import Attachment
from lever_assets.actions.engine.work import Work
from lever_assets.actions.fetching.fetcher import FileUnreachableError
from lever_assets.actions.inputs import ApplicationAttachment, CandidateAttachment
from lever_assets.lever import JsonObject

_ATTACH = "attach"


async def add_candidate_attachment(work: Work, asked: CandidateAttachment) -> JsonObject:
    """Add a file to a candidate."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    return await _add_one(work, opportunity, asked.attachment)


async def add_application_attachment(work: Work, asked: ApplicationAttachment) -> JsonObject:
    """Add a file to the candidate of an application."""
    opportunity = work.resolve.application(asked.application_id).opportunity
    work.warn("Lever keeps files on the candidate: the file is not tied to this application.")
    return await _add_one(work, opportunity, asked.attachment)


async def _add_one(work: Work, opportunity: str, attachment: Attachment) -> JsonObject:
    if not work.is_done(_ATTACH):
        try:
            file = await work.file(attachment)
        except FileUnreachableError as error:
            raise ActionError(
                Code.SERVICE_UNAVAILABLE,
                "The file can't be fetched",
                f"The file {attachment.name} can't be fetched: {error}. Try again later.",
            ) from None
        await add_file(work, opportunity, _ATTACH, file)
    if attachment.type == "CV":
        work.warn("Lever takes a résumé only when a candidate is created: the CV was added as a file.")
    await work.refresh([opportunity], below=["files"])
    return {}
