"""The actions, as a table: ops, jobs, commands, API and documentation are made from it."""

from lever_assets.actions import (
    attachments,
    files,
    inputs,
    notes,
    rejection,
    result_links,
    stages,
    tags,
)
from lever_assets.actions.creation import creating, creation_inputs
from lever_assets.actions.engine.action import Action

_OPPORTUNITIES = "opportunities:write:admin"
_NOTES = "notes:write:admin"
_UPLOADS = "files:write:admin"
_FILES = ("files:read:admin", "resumes:read:admin")

_CREATION = (
    "contact:write:admin",
    "files:write:admin",
    "opportunities:read:admin",
    _OPPORTUNITIES,
    "postings:read:admin",
    "postings:write:admin",
    "uploads:write:admin",
)

ACTIONS: tuple[Action, ...] = (
    Action(
        "create_candidate",
        "Create candidate",
        "Creates a candidate who applies for a job, with answers, source and files.",
        creation_inputs.CreateCandidate,
        creating.create_candidate,
        _CREATION,
        creates=True,
    ),
    Action(
        "create_application",
        "Create application",
        "Creates an application for a job by somebody who may be new, with answers, source and files.",
        creation_inputs.CreateApplication,
        creating.create_application,
        _CREATION,
        creates=True,
    ),
    Action(
        "add_candidate_tag",
        "Add tag to candidate",
        "Puts a tag on a candidate; a new one is made.",
        inputs.AddedTag,
        tags.add_candidate_tag,
        (_OPPORTUNITIES,),
        repeatable=True,
    ),
    Action(
        "remove_candidate_tag",
        "Remove tag from candidate",
        "Takes a tag off a candidate; one that is not there is no error.",
        inputs.RemovedTag,
        tags.remove_candidate_tag,
        ("opportunities:read:admin", _OPPORTUNITIES),
        repeatable=True,
    ),
    Action(
        "move_application_to_stage",
        "Move application to stage",
        "Puts an application into a stage of the pipeline; an archived one is refused.",
        inputs.MoveToStage,
        stages.move_application_to_stage,
        (_OPPORTUNITIES,),
        repeatable=True,
    ),
    Action(
        "reject_application",
        "Reject application",
        "Archives an application for a reason that is not a hire, and adds a note if one is given.",
        inputs.Reject,
        rejection.reject_application,
        (_OPPORTUNITIES, _NOTES),
    ),
    Action(
        "add_application_result_link",
        "Add result link to application",
        "Links an application to a result, such as an assessment; label and details become a note.",
        inputs.ApplicationResultLink,
        result_links.add_application_result_link,
        (_OPPORTUNITIES, _NOTES),
    ),
    Action(
        "add_candidate_result_link",
        "Add result link to candidate",
        "Links a candidate to a result, such as an assessment; label and details become a note.",
        inputs.CandidateResultLink,
        result_links.add_candidate_result_link,
        (_OPPORTUNITIES, _NOTES),
    ),
    Action(
        "add_application_note",
        "Add note to application",
        "Adds a note in plain text; Lever keeps it on the candidate.",
        inputs.ApplicationNote,
        notes.add_application_note,
        (_NOTES,),
    ),
    Action(
        "add_candidate_attachment",
        "Add attachment to candidate",
        "Adds a file to a candidate.",
        inputs.CandidateAttachment,
        attachments.add_candidate_attachment,
        (_UPLOADS,),
    ),
    Action(
        "add_application_attachment",
        "Add attachment to application",
        "Adds a file to an application; Lever keeps it on the candidate.",
        inputs.ApplicationAttachment,
        attachments.add_application_attachment,
        (_UPLOADS,),
    ),
    Action(
        "get_application_attachments",
        "Get application attachments",
        "Lists the files of an application's candidate, and downloads them if a folder is given.",
        inputs.ApplicationAttachments,
        files.get_application_attachments,
        _FILES,
        reads=True,
    ),
    Action(
        "get_candidate_attachments",
        "Get candidate attachments",
        "Lists the files of a candidate, and downloads them if a folder is given.",
        inputs.CandidateAttachments,
        files.get_candidate_attachments,
        _FILES,
        reads=True,
    ),
)

BY_NAME: dict[str, Action] = {action.name: action for action in ACTIONS}
