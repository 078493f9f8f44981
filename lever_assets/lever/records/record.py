"""What all records share: leniency, the raw payload, and the field types that Lever mixes."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PrivateAttr, SkipValidation
from pydantic.alias_generators import to_camel

JsonObject = dict[str, JsonValue]

_LENIENT = ConfigDict(
    frozen=True,
    extra="allow",
    alias_generator=to_camel,
    coerce_numbers_to_str=True,
    allow_inf_nan=False,
    hide_input_in_errors=True,  # people's data does not belong in messages and logs
)


class Part(BaseModel):
    """An object inside a record, such as a phone number."""

    model_config = _LENIENT


class Record(BaseModel):
    """An object of the Lever Data API, as read; `raw` is the payload it was read from."""

    model_config = _LENIENT

    _raw: JsonObject = PrivateAttr(default_factory=dict)

    @classmethod
    def parse(cls, raw: JsonObject) -> Self:
        """Read one object of Lever's JSON; `raw` is kept, not copied, and must not be changed afterwards.

        Raises pydantic's ValidationError when the id is missing or a known field holds something else than
        Lever's documentation and recorded answers let expect.
        """
        record = cls.model_validate(raw)
        record._raw = raw
        return record

    @property
    def raw(self) -> JsonObject:
        """The payload as it came; empty for a record that was not read by `parse`."""
        return self._raw


class IdentifiedRecord(Record):
    """A record with an id: a UUID, or a word such as `lead-new` for the built-in stages."""

    id: str = Field(min_length=1)


def _id_of(value: object) -> object:
    return value.get("id") if isinstance(value, dict) else value


def _without_nulls(value: object) -> object:
    if value is None:
        return []
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _ids_of(value: object) -> object:
    if value is None:
        return []
    if not isinstance(value, list):
        return value
    return [found for item in value if (found := _id_of(item)) is not None]


Item = TypeVar("Item")

Listed = Annotated[list[Item], BeforeValidator(_without_nulls), Field(default_factory=list)]
"""A list; Lever's null is an empty one, nulls inside are left out."""

Reference = Annotated[str | None, BeforeValidator(_id_of)]
"""The id of another object, which `expand` replaces by the object itself."""

References = Annotated[list[str], BeforeValidator(_ids_of), Field(default_factory=list)]
"""Ids of other objects, expanded or not."""

Json = Annotated[Any, SkipValidation]
"""A value kept as it came: it has been parsed from JSON already."""
