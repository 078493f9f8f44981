"""The fields that rows have in `integration_fields`: counted there, and kept as a table of their own."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import delete, insert, select, type_coerce

from lever_assets.store.tables import UNIFIED, custom_field_definitions
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import ForgettableJson

_BATCH = 100
_KINDS: dict[type, str] = {
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


@dataclass(frozen=True)
class FieldDefinition:
    """A field that an account has beyond the columns of a model; a row of `custom_field_definitions`.

    `filled` of `seen` live rows have a value, counted at `updated_at` (UTC). `examples` tell of nobody.
    """

    id: str
    model: str
    key: str
    label: str | None
    type: str | None
    origin: str
    is_custom: bool
    is_required: bool | None
    filled: int
    seen: int
    examples: tuple[str, ...]
    updated_at: datetime


@dataclass(frozen=True)
class FieldCount:
    """How a field is filled in the live rows of a model: `kinds` are the types of its values.

    `common` are its most common values, as texts, if they were asked for.
    """

    id: str
    key: str
    is_custom: bool
    label: str | None
    filled: int
    kinds: frozenset[str]
    common: tuple[str, ...] = ()


@dataclass
class _Tally:
    """A field while it is counted."""

    key: str
    is_custom: bool
    labels: set[str] = field(default_factory=set)
    filled: int = 0
    kinds: set[str] = field(default_factory=set)
    values: Counter[str] = field(default_factory=Counter)

    def closed(self, own: str, most: int) -> FieldCount:
        """Return the count; of values that are as common as each other the first in the alphabet come."""
        ordered = sorted(self.values, key=lambda value: (-self.values[value], value))
        return FieldCount(
            id=own,
            key=self.key,
            is_custom=self.is_custom,
            label=max(self.labels, default=None),
            filled=self.filled,
            kinds=frozenset(self.kinds),
            common=tuple(ordered[:most]),
        )


def count_fields(
    tx: Transaction, model: str, *, common: Collection[str] = (), most: int = 0
) -> tuple[int, list[FieldCount]]:
    """Return how many live rows a model has, and their fields by key. Reads every row, batch by batch.

    Of Lever's own fields with a key of `common` come up to `most` values: texts and numbers.
    """
    seen = 0
    found: dict[str, _Tally] = {}
    for listed in _fields_of_rows(tx, model):
        seen += 1
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict):
                _count(found, each, common)
    counted = (tally.closed(own, most) for own, tally in found.items())
    return seen, sorted(counted, key=lambda each: (each.key, each.is_custom))


def _count(found: dict[str, _Tally], each: dict[str, JsonValue], common: Collection[str]) -> None:
    own, key, label, value = each.get("id"), each.get("key"), each.get("label"), each.get("value")
    if not isinstance(own, str) or not isinstance(key, str):
        return
    tally = found.get(own)
    if tally is None:
        tally = found[own] = _Tally(key, each.get("type") == "CUSTOM")
    if isinstance(label, str):
        tally.labels.add(label)
    kind = _kind(value)
    if kind is not None:
        tally.filled += 1
        tally.kinds.add(kind)
        if kind in {"text", "number"} and key in common and not tally.is_custom:
            tally.values[str(value)] += 1


def _kind(value: JsonValue) -> str | None:
    """Return the type of a value; None where there is none."""
    kind = _KINDS.get(type(value))
    return None if kind in {"list", "object"} and not value else kind


def _fields_of_rows(tx: Transaction, model: str) -> Iterator[JsonValue]:
    """Yield what each live row has in `integration_fields`; what was damaged by hand is as null."""
    c = UNIFIED[model].c
    listed: Any = type_coerce(c.integration_fields, ForgettableJson())
    live = select(listed).where(c.connection == tx.account, c.remote_deleted_at.is_(None))
    yield from tx.sql.execute(live.execution_options(yield_per=_BATCH)).scalars()


def put_definitions(tx: Transaction, model: str, definitions: Iterable[FieldDefinition]) -> None:
    """Let these be the definitions of a model."""
    drop_definitions(tx, model)
    rows = [
        {**asdict(each), "connection": tx.account, "examples": list(each.examples)} for each in definitions
    ]
    if rows:
        tx.sql.execute(insert(custom_field_definitions), rows)


def drop_definitions(tx: Transaction, model: str) -> None:
    """Let a model have none."""
    c = custom_field_definitions.c
    tx.sql.execute(delete(custom_field_definitions).where(c.connection == tx.account, c.model == model))


def definitions(tx: Transaction, model: str) -> list[FieldDefinition]:
    """Return what is kept of a model's fields: the account's own first, each by key."""
    c = custom_field_definitions.c
    columns = (c[each.name] for each in fields(FieldDefinition))
    rows = tx.sql.execute(select(*columns).where(c.connection == tx.account, c.model == model)).mappings()
    return in_order(FieldDefinition(**{**row, "examples": tuple(row["examples"] or ())}) for row in rows)


def in_order(found: Iterable[FieldDefinition]) -> list[FieldDefinition]:
    """Return definitions of one model as people read them: the account's own first, each by key."""
    return sorted(found, key=lambda each: (not each.is_custom, each.key, each.id))
