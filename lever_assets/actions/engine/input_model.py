"""What every input is made of: the ids and texts that fields hold, and what each action takes beside its own.

The forms in the Dagster UI, the command line's checks and the documentation are made from these models.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    model_validator,
)


def like(pattern: str, what: str, **schema: JsonValue) -> tuple[AfterValidator, Any]:
    """Return the constraint that a text has the form `pattern`; the error says `what` it should be.

    `schema` is added to the field's JSON schema.
    """
    # In Python a $ also stands before a line break at the end.
    form = re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern)

    def check(text: str) -> str:
        if form.search(text) is None:
            raise ValueError(f"should be {what}")
        return text

    return AfterValidator(check), Field(json_schema_extra={"pattern": pattern, **schema})


_OWN = "[1-9A-HJ-NP-Za-km-z]{24}"
_REMOTE = "[A-Za-z0-9_-]{1,100}"

Id = Annotated[
    str, *like(rf"^(remote:{_REMOTE}|{_OWN})$", "one of our ids (24 characters), or remote: and Lever's id")
]
"""One of our ids (24 characters), or `remote:` and Lever's id."""

LeverId = Annotated[str, *like(f"^{_REMOTE}$", "Lever's own id")]
"""An id as Lever has it."""

UserId = Annotated[str, *like(rf"^(remote:)?{_REMOTE}$", "one of our user ids, or Lever's id of a user")]
"""A user: as `Id`, or Lever's id alone."""

Text = Annotated[str, *like(r"\S", "a text that is not empty")]
Trimmed = Annotated[Text, AfterValidator(str.strip)]
"""A text without the blanks around it."""

_ADDRESS: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)


def _web_address(text: str) -> str:
    if re.search(r"\s", text):
        raise ValueError("should be an address without blanks")
    try:
        _ADDRESS.validate_python(text)
    except ValidationError:
        raise ValueError("should be an address with http or https") from None
    return text  # as it was written: the parsed form adds a slash


WebAddress = Annotated[
    str, Field(max_length=2000, json_schema_extra={"format": "uri"}), AfterValidator(_web_address)
]
"""An address with http or https."""


class InputPart(BaseModel):
    """An object inside an input. Fields that it does not know are refused; null is as absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        """Leave out what is null and has a default: clients write null for a list that they do not give."""
        if not isinstance(given, Mapping):
            return given
        absent = {
            name
            for name, field in cls.model_fields.items()
            if not field.is_required() and given.get(name) is None
        }
        return {name: value for name, value in given.items() if name not in absent}


class LeverFields(InputPart):
    """What only Lever knows."""

    perform_as: UserId | None = Field(
        None, description="Lever user that the write is attributed to; default: the setting LEVER_PERFORM_AS"
    )
    candidate: dict[str, JsonValue] | None = Field(
        None, description="Fields in Lever's own form, merged last into what creates the candidate"
    )


class RemoteFields(InputPart):
    """Fields of single tools; what is meant for other tools than Lever is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    lever: LeverFields | None = Field(None, description="Fields that only Lever knows")


class ActionInput(InputPart):
    """What every action takes."""

    remote_fields: RemoteFields | None = Field(None, description="Fields that only one tool knows")

    @property
    def lever(self) -> LeverFields:
        """The fields that only Lever knows; empty when there are none."""
        return (self.remote_fields and self.remote_fields.lever) or LeverFields()

    @property
    def credited(self) -> str | None:
        """The user who is credited with it, and therefore does all of it; None: nobody in particular."""
        return None
