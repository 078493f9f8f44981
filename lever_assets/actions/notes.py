"""Notes on an application; Lever keeps them on the opportunity."""

from lever_assets.actions.engine.effects import NoteAdded
from lever_assets.actions.engine.work import Work, its_id
from lever_assets.actions.inputs import ApplicationNote
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to

ADD_NOTE = "add_note"
"""The step, of which an action has one at most."""


async def add_application_note(work: Work, asked: ApplicationNote) -> JsonObject:
    """Add a note in plain text."""
    opportunity = work.resolve.application(asked.application_id).opportunity
    await work.write(ADD_NOTE, *note(work, opportunity, asked.content), keep=its_id)
    await work.refresh([opportunity], below=["notes"])
    return {}


def note(work: Work, opportunity: str, text: str) -> tuple[Outgoing, NoteAdded]:
    """Return the request that adds a note, and how the note is recognised."""
    request = Outgoing(
        "POST", path_to("opportunities", opportunity, "notes"), work.params, json={"value": text}
    )
    return request, NoteAdded(opportunity, "notes", text, work.written_as(ADD_NOTE))
