"""What each action takes; what creates a candidate has its inputs in `creation/creation_inputs.py`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lever_assets.actions.engine.file_inputs import Attachment
from lever_assets.actions.engine.input_model import ActionInput, Id, InputPart, Text, Trimmed, WebAddress

_LONGEST_TAG = 500
"""Bytes. A tag is known by its text, and with a longer one the list of tags can't be read whole any more."""


def _not_long(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > _LONGEST_TAG:
        raise ValueError(f"should have no more than {_LONGEST_TAG} bytes")
    return text


class CandidateAction(ActionInput):
    """An action on a candidate."""

    candidate_id: Id = Field(description="The candidate: our id, or `remote:` and Lever's opportunity id")


class ApplicationAction(ActionInput):
    """An action on an application."""

    application_id: Id = Field(description="The application: our id, or `remote:` and Lever's application id")


class NewTag(InputPart):
    """A tag that may be new."""

    name: Annotated[Trimmed, AfterValidator(_not_long)] = Field(
        description="Text of the tag, without blanks around it; Lever makes it when it is new"
    )


class AddedTag(CandidateAction):
    """A tag to put on a candidate."""

    tag: NewTag = Field(description="The tag")


class Tag(InputPart):
    """A tag that is there, however long it is."""

    name: Trimmed = Field(description="Text of the tag, without blanks around it")


class RemovedTag(CandidateAction):
    """A tag to take off a candidate."""

    tag: Tag = Field(description="The tag")


class MoveToStage(ApplicationAction):
    """Where an application is to go."""

    stage_id: Id = Field(description="The stage: our id, or `remote:` and Lever's stage id")


class Reject(ApplicationAction):
    """Why an application is rejected."""

    rejection_reason_id: Id = Field(
        description="The reason: our id, or `remote:` and Lever's id of an archive reason that is not a hire"
    )
    note: Text | None = Field(None, description="Note to add to the candidate in Lever")


class DetailAttribute(InputPart):
    """One detail of a result."""

    key: Text = Field(description="Name of the detail, such as `Score`")
    value: str = Field(description="Its value")


class ResultDetails(InputPart):
    """Details of a result. Lever has no fields for them: they become lines of a note."""

    custom_field_name_prefix: str = Field(description="What stands before each key, such as `Acme:`")
    attributes: tuple[DetailAttribute, ...] = Field(description="The details, in their order")


class _ResultLink(InputPart):
    label: Text = Field(description="What the link leads to, such as `Assessment result`")
    url: WebAddress = Field(description="Where it leads (http or https)")
    details: ResultDetails | None = Field(None, description="Details of the result")

    @property
    def note(self) -> str:
        """The note that carries the label and the details beside the link."""
        lines = [f"{self.label}: {self.url}"]
        if self.details is not None:
            prefix = self.details.custom_field_name_prefix
            # With the prefix `Acme:` and the key `Score` the field is called `Acme: Score`.
            before = f"{prefix} " if prefix.endswith(":") else prefix
            lines += [f"{before}{each.key}: {each.value}" for each in self.details.attributes]
        return "\n".join(lines)


class ApplicationResultLink(_ResultLink, ApplicationAction):
    """A link from an application to a result."""


class CandidateResultLink(_ResultLink, CandidateAction):
    """A link from a candidate to a result."""


class ApplicationNote(ApplicationAction):
    """A note to add."""

    content: Text = Field(description="Text of the note")
    content_type: Literal["PLAIN_TEXT"] = Field(
        "PLAIN_TEXT", description="How the content is written; Lever takes plain text only"
    )


class ApplicationAttachments(ApplicationAction):
    """The application whose files are wanted."""


class CandidateAttachments(CandidateAction):
    """The candidate whose files are wanted."""


class CandidateAttachment(CandidateAction):
    """A file to add to a candidate."""

    attachment: Attachment = Field(description="The file")


class ApplicationAttachment(ApplicationAction):
    """A file to add to an application; Lever keeps it on the candidate."""

    attachment: Attachment = Field(description="The file")
