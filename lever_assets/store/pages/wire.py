"""Values as JSON has them, from the database with as little work as can be.

JSON is passed on as the text that is stored; instants have milliseconds and a Z; amounts are numbers with all
their digits. What the closed enums of the unified API don't have becomes null, and is counted.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from orjson import Fragment, loads
from sqlalchemy import Column, ColumnElement, Text, case, cast, func, type_coerce

from lever_assets.store.errors import UnreadableValueError
from lever_assets.store.tables import UNIFIED
from lever_assets.store.values import Json, Money, UtcDateTime, exact
from lever_assets.unified.catalogue import BY_NAME
from lever_assets.unified.models import UnifiedRow

Odd = Counter[str]
Converter = Callable[[Any], Any]
_INSTANT_LENGTHS = {19, 23, 26}


@dataclass(frozen=True)
class Part:
    """The columns of a model that are shown, in order; what it has no column for is shown as null."""

    model: str
    names: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    """Of these, which are null whatever is stored."""
    extra: tuple[str, ...] = ()
    """Columns that are read and not shown, such as a reference to the row that it belongs to."""
    read: frozenset[str] = frozenset()
    """JSON that is parsed, since not all of it is shown; the rest is passed on as it is."""
    required: bool = False
    """Whether a row without `remote_id` is none to the unified API."""
    also: tuple[str, ...] = ()
    """What else a row of a list may not be without, then."""

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The columns that are read to be shown."""
        there = UNIFIED[self.model].c
        return tuple(name for name in self.names if name in there and name not in self.hidden)

    def selected(self, dialect: str) -> list[ColumnElement[Any]]:
        """Return what to select: the columns to show, then the extra ones."""
        there = UNIFIED[self.model].c
        return [as_text(dialect, there[name]).label(name) for name in (*self.shown, *self.extra)]

    def reader(self, dialect: str, odd: Odd) -> Callable[[Sequence[Any]], dict[str, Any]]:
        """Return what makes a row for JSON of one of `selected`; it counts in `odd` what it leaves out."""
        template, names = dict.fromkeys(self.names), self.shown
        converters, closed = _converters(dialect, self), _closed(self)

        def read(values: Sequence[Any]) -> dict[str, Any]:
            row: dict[str, Any] = template.copy()
            row.update(zip(names, values, strict=False))  # the extra ones come last
            for name, convert in converters:
                if row[name] is not None:
                    row[name] = convert(row[name])
            for name, known in closed:
                if row[name] is not None and row[name] not in known:
                    row[name] = None
                    odd[f"a value of {self.model}.{name} is none of the unified API's, left out"] += 1
            return row

        return read


def as_text(dialect: str, column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as it is read: instants and JSON as texts, other values as they are."""
    match column.type:
        case UtcDateTime() if dialect == "postgresql":
            return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"', type_=Text())
        case Json() if dialect == "postgresql":
            return cast(column, Text)
        case UtcDateTime():
            return type_coerce(column, Text)
        case Json():  # what somebody has damaged is null: the page would be no JSON
            return case((func.json_valid(column), type_coerce(column, Text)))
    return column


def instant(value: str) -> str:
    """Return the text of an instant from SQLite's."""
    if len(value) not in _INSTANT_LENGTHS or value[4] != "-" or value[10] != " ":
        raise UnreadableValueError("an instant", "")
    return f"{value[:10]}T{value[11:23] if len(value) > 19 else value[11:] + '.000'}Z"


def amount(value: Decimal) -> Fragment:
    """Return a number with all digits."""
    return Fragment(exact(value))


@cache
def _converters(dialect: str, part: Part) -> tuple[tuple[str, Converter], ...]:
    there = UNIFIED[part.model].c
    found: list[tuple[str, Converter]] = []
    for name in part.shown:
        match there[name].type:
            case Json():
                found.append((name, loads if name in part.read else Fragment))
            case Money():
                found.append((name, amount))
            case UtcDateTime() if dialect != "postgresql":
                found.append((name, instant))
    return tuple(found)


@cache
def _closed(part: Part) -> tuple[tuple[str, frozenset[str]], ...]:
    fields = BY_NAME[part.model].row.model_fields
    known = ((name, closed_values(BY_NAME[part.model].row, name)) for name in part.shown if name in fields)
    return tuple((name, values) for name, values in known if values)


@cache
def closed_values(row: type[UnifiedRow], name: str) -> frozenset[str]:
    """Return the values of a column that holds nothing but an enum's; none for every other column."""
    kinds = _kinds(row.model_fields[name].annotation)
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return frozenset(str(each.value) for each in kinds[0])
    return frozenset()


def _kinds(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, UnionType}:
        return [each for each in get_args(annotation) if each is not NoneType]
    return [annotation]


def without(column: str, model: str, odd: Odd) -> None:
    """Count a row that is left out, since the unified API wants none without a column, such as Lever's id."""
    odd[f"a row of {model} has no {column} and was left out"] += 1
