"""What all records share: leniency, the raw payload, and the field types that Lever mixes.

A part of a record may be of another kind than Lever's documentation and answers let expect. It is read as
null, and everything else as ever: one odd field must not cost a person. What is left out is told by its place
and by what is wrong with it, never by what stood there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from lever_assets.lever.wire import JsonObject

Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value inside a record."""

_ROUNDS = 20
"""Every round makes something null that was not; more than two are for parts that require a field."""
_MANY = 100
"""A field with more faults than this is left out as a whole."""
_SHOWN = 3

Read = TypeVar("Read")


class Fault(NamedTuple):
    """What of a record is of an odd kind: its field at the top, the place inside, and what is wrong there."""

    field: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class LeverObject(BaseModel):
    """What Lever calls an object: every key may be missing or null, and keys that are not known are kept."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # people's data does not belong in messages and logs
        defer_build=True,
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

    # Slots: pydantic's private attributes are made anew by several calls for each record.
    __slots__ = ("_lost", "_raw")
    _raw: ClassVar[JsonObject]
    _lost: ClassVar[tuple[Fault, ...]]

    @classmethod
    def parse(cls, raw: JsonObject) -> Self:
        """Read one object of Lever's JSON; `raw` is kept, not copied, and must not be changed afterwards.

        Raises pydantic's ValidationError when the id is missing or is none.
        """
        lost: Sequence[Fault] = ()
        try:
            record = cls.model_validate(raw)
        except ValidationError as error:
            record, lost = read_without_odd_parts(cls.model_validate, raw, error, cls.keys)
        object.__setattr__(record, "_raw", raw)
        object.__setattr__(record, "_lost", (*lost, *record.lacking()))
        return record

    def lacking(self) -> Collection[Fault]:
        """Return what is of the right kind and can't be used all the same, as something is missing of it."""
        return ()

    @property
    def raw(self) -> JsonObject:
        """The payload as it came; empty for a record that was not read by `parse`."""
        return getattr(self, "_raw", {})

    @property
    def lost(self) -> tuple[Fault, ...]:
        """What could not be read, or not be used; nothing on a record as Lever documents it."""
        return getattr(self, "_lost", ())


class IdentifiedRecord(Record):
    """A record with an id: a UUID, or a word such as `lead-new` for the built-in stages."""

    id: str = Field(min_length=1)


_DEEPEST = 100
"""What is nested deeper does not fit into the JSON of a row."""


def is_nothing(value: object) -> bool:
    """Whether a value says no more than null does: an empty text is as good."""
    return value is None or (isinstance(value, str) and not value.strip())


def said(text: str | None) -> str | None:
    """Return the text, or None when there is no visible character in it."""
    return None if is_nothing(text) else text


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


def told(faults: Sequence[Fault]) -> str:
    """Return the first faults in one line, with the number of the others."""
    shown = "; ".join(str(fault) for fault in faults[:_SHOWN])
    return shown if len(faults) <= _SHOWN else f"{shown}; and {len(faults) - _SHOWN} more"


def faults_of(error: ValidationError, names: Collection[str]) -> list[Fault]:
    """Return what an error says, without the data itself.

    `names` are the keys that may be told. Any other key below the top is the account's own, perhaps a name.
    """
    return [_fault(loc, problem, names) for loc, problem in _problems(error)]


def read_without_odd_parts(
    validate: Callable[[JsonObject], Read], raw: JsonObject, error: ValidationError, names: Collection[str]
) -> tuple[Read, list[Fault]]:
    """Read a record that was refused with `error` without the parts that were the cause; tell which.

    `raw` stays as it is. Raises the error when it is about what a record can't be without, such as its id.
    """
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        causes = _causes(raw, error)
        if () in causes:
            break
        faults += [_fault(place, problem, names) for place, problem in causes.items()]
        raw = cast("JsonObject", _with_nulls(raw, causes))
        try:
            return validate(raw), faults
        except ValidationError as again:
            error = again
    raise error


def _problems(error: ValidationError) -> list[tuple[Place, str]]:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return [(each["loc"], each["msg"].removeprefix("Value error, ")) for each in found]


def _fault(place: Place, problem: str, names: Collection[str]) -> Fault:
    first, *inner = place or ("",)
    known = (str(part) if isinstance(part, int) or part in names else "*" for part in inner)
    return Fault(str(first), ".".join([str(first), *known]), problem)


def _causes(raw: JsonObject, error: ValidationError) -> dict[Place, str]:
    """Return where in the record the causes of an error are; the empty place is the record itself."""
    problems = _problems(error)
    number = Counter(loc[:1] for loc, _ in problems)
    causes: dict[Place, str] = {}
    for loc, problem in problems:
        many = number[loc[:1]] > _MANY
        causes.setdefault(_reached(raw, loc[:1] if many else loc), problem)
    return causes


def _reached(raw: JsonValue, loc: Place) -> Place:
    """Return the innermost place on the way of `loc` that holds something.

    Validation leaves nulls and empty texts in lists out before it counts, and may make an object of a text.
    """
    value, place, holding = raw, list[str | int](), 0
    for part in loc:
        if isinstance(value, dict) and isinstance(part, str) and part in value:
            place.append(part)
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int):
            present = [index for index, item in enumerate(value) if not is_nothing(item)]
            if part >= len(present):
                break
            place.append(present[part])
            value = value[present[part]]
        else:
            break
        holding = len(place) if value is not None else holding
    return tuple(place[:holding])


def _with_nulls(value: JsonValue, places: Collection[Place]) -> JsonValue:
    """Return a copy of `value` with null in these places."""
    if () in places:
        return None
    inside: dict[str | int, list[Place]] = {}
    for first, *rest in places:
        inside.setdefault(first, []).append(tuple(rest))
    fresh: Any = cast("Any", value).copy()
    for key, inner in inside.items():
        fresh[key] = _with_nulls(fresh[key], inner)
    return cast("JsonValue", fresh)
