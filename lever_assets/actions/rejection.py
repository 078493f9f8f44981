"""Rejecting an application."""

from lever_assets.actions.engine.archived import archived_in_lever
from lever_assets.actions.engine.effects import ArchivedFor
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.work import Work, its_id
from lever_assets.actions.inputs import Reject
from lever_assets.actions.notes import ADD_NOTE, note
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to


async def reject_application(work: Work, asked: Reject) -> JsonObject:
    """Archive an application for a reason that is not a hire, and add the note if one is given."""
    application = work.resolve.application(asked.application_id)
    reason = (await work.resolve.rejection_reason(asked.rejection_reason_id)).remote_id
    archived = await archived_in_lever(work.lever, application)
    if archived is not None and archived.reason != reason:
        raise invalid(
            "The application is archived",
            f"The application {asked.application_id} is archived in Lever for another reason; "
            "un-archive it there first.",
        )
    opportunity = application.opportunity
    request = Outgoing(
        "PUT", path_to("opportunities", opportunity, "archived"), work.params, json={"reason": reason}
    )
    await work.write("archive", request, ArchivedFor(opportunity, reason))
    if asked.note is not None:
        await work.follow_up(
            ADD_NOTE, *note(work, opportunity, asked.note), keep=its_id, what="The note was not added"
        )
    await work.refresh([opportunity])
    return {}
