"""What all records share: leniency, the raw payload, and the field types that Lever mixes."""

from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from lever_assets.lever.records.tolerance import Fault, is_nothing, read_without_odd_parts
from lever_assets.lever.wire import JsonObject


class LeverObject(BaseModel):
    """What Lever calls an object: every key may be missing or null, and keys that are not known are kept."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # people's data does not belong in messages and logs
    )

    keys: ClassVar[set[str]] = set()
    """The keys that any of the objects is known to have."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        LeverObject.keys.update(field.alias or name for name, field in cls.model_fields.items())


class Part(LeverObject):
    """An object inside a record, such as a phone number."""


class Record(LeverObject):
    """An object of the Lever Data API, as read.

    `raw` is the payload it was read from, `lost` what of it could not be read: a field of another kind than
    Lever's documentation and recorded answers let expect is null, and the rest is as ever.
    """

    _raw: JsonObject = PrivateAttr(default_factory=dict)
    _lost: tuple[Fault, ...] = PrivateAttr(())

    @classmethod
    def parse(cls, raw: JsonObject) -> Self:
        """Read one object of Lever's JSON; `raw` is kept, not copied, and must not be changed afterwards.

        Raises pydantic's ValidationError when the id is missing or is none.
        """
        try:
            record = cls.model_validate(raw)
        except ValidationError as error:
            record, lost = read_without_odd_parts(cls.model_validate, raw, error, cls.keys)
            record._lost = tuple(lost)
        record._raw = raw
        return record

    @property
    def raw(self) -> JsonObject:
        """The payload as it came; empty for a record that was not read by `parse`."""
        return self._raw

    @property
    def lost(self) -> tuple[Fault, ...]:
        """What could not be read and is null therefore; nothing on a record as Lever documents it."""
        return self._lost


class IdentifiedRecord(Record):
    """A record with an id: a UUID, or a word such as `lead-new` for the built-in stages."""

    id: str = Field(min_length=1)


_DEEPEST = 100
"""What is nested deeper does not fit into the JSON of a row."""


def _id_of(value: object) -> object:
    """An object that lacks its id stays what it is: of an odd kind."""
    if isinstance(value, dict) and value.get("id") is not None:
        return value["id"]
    return value


def _without_nothing(value: object) -> object:
    if value is None:
        return []
    return [item for item in value if not is_nothing(item)] if isinstance(value, list) else value


def _ids_of(value: object) -> object:
    listed = _without_nothing(value)
    return [_id_of(item) for item in listed] if isinstance(listed, list) else listed


def _with_values(value: object) -> object:
    if value is None:
        return {}
    return (
        {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value
    )


def _shallow(value: object) -> object:
    if isinstance(value, dict | list) and not _is_shallow(value, _DEEPEST):
        raise ValueError(f"lists and objects inside one another, more than {_DEEPEST} deep")
    return value


def _is_shallow(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    items = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in items)


Item = TypeVar("Item")

Listed = Annotated[list[Item], BeforeValidator(_without_nothing), Field(default_factory=list)]
"""A list; Lever's null is an empty one, nulls and empty texts inside are left out."""

ByKey = Annotated[dict[str, Item], BeforeValidator(_with_values), Field(default_factory=dict)]
"""An object whose keys are the account's; Lever's null is an empty one, nulls inside are left out."""

Reference = Annotated[str | None, BeforeValidator(_id_of)]
"""The id of another object, which `expand` replaces by the object itself."""

References = Annotated[list[str], BeforeValidator(_ids_of), Field(default_factory=list)]
"""Ids of other objects, expanded or not."""

Json = Annotated[Any, PlainValidator(_shallow)]
"""A value kept as it came, unless it is nested too deep."""
