"""The fields that rows have in `integration_fields`: counted there, and kept as a table of their own."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    true,
)

from lever_assets.store.dialects import elements_of
from lever_assets.store.tables import UNIFIED, custom_field_definitions
from lever_assets.store.transaction import Transaction

_CUSTOM = "CUSTOM"
_KINDS = {
    **{"integer": "number", "real": "number", "number": "number"},
    **{"true": "boolean", "false": "boolean", "boolean": "boolean"},
    **{"text": "text", "string": "text"},
    **{"array": "list", "object": "object"},
}
"""What we call the types of JSON, by the words of SQLite and PostgreSQL; what is missing is no value."""


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
    """How a field is filled in the live rows of a model: `kinds` are the JSON types of its values."""

    id: str
    key: str
    is_custom: bool
    label: str | None
    filled: int
    kinds: frozenset[str]


@dataclass(frozen=True)
class _Inside:
    """The fields inside the rows of a model, one a row, as SQL."""

    rows: Any
    value: ColumnElement[Any]
    kind: ColumnElement[Any]
    _field: ColumnElement[Any]
    _is_postgresql: bool

    def text(self, name: str) -> ColumnElement[Any]:
        """Return what a field says under `name`, as text."""
        if self._is_postgresql:
            return func.jsonb_extract_path_text(self._field, name)
        return func.json_extract(self._field, f"$.{name}")


def _inside(tx: Transaction, model: str) -> _Inside:
    table = UNIFIED[model]
    listed: Any = table.c.integration_fields
    is_postgresql = tx.sql.dialect.name == "postgresql"
    each: Any
    if is_postgresql:
        each = elements_of(listed).lateral()
        field = each.c.value
        value: ColumnElement[Any] = func.jsonb_extract_path_text(field, "value")
        kind: ColumnElement[Any] = func.jsonb_typeof(func.jsonb_extract_path(field, "value"))
    else:
        each = func.json_each(listed).table_valued("value")
        field = each.c.value
        value = cast(func.json_extract(field, "$.value"), Text)
        kind = func.json_type(field, "$.value")
    rows: Any = (
        select(literal_column("1"))
        .select_from(table.join(each, true()))
        .where(table.c.connection == tx.account, table.c.remote_deleted_at.is_(None), listed.is_not(None))
    )
    empty = and_(kind.in_(("array", "object")), value.in_(("[]", "{}")))
    return _Inside(rows, value, case((empty, "null"), else_=kind), field, is_postgresql)


def count_fields(tx: Transaction, model: str) -> list[FieldCount]:
    """Return the fields of the live rows of a model, by key.

    Reads every row.
    """
    inside = _inside(tx, model)
    told = [inside.text(name).label(name) for name in ("id", "key", "type", "label")]
    grouped = inside.rows.with_only_columns(*told, inside.kind.label("kind"), func.count().label("rows"))
    found: dict[str, FieldCount] = {}
    for row in tx.sql.execute(grouped.group_by(*(literal_column(str(at + 1)) for at in range(5)))):
        if not isinstance(row.id, str) or not isinstance(row.key, str):
            continue
        kind = _KINDS.get(row.kind)
        before = found.get(row.id)
        labels = [each for each in (row.label, before and before.label) if each]
        found[row.id] = FieldCount(
            id=row.id,
            key=row.key,
            is_custom=row.type == _CUSTOM,
            label=max(labels, default=None),
            filled=(row.rows if kind else 0) + (before.filled if before else 0),
            kinds=frozenset({kind} if kind else ()) | (before.kinds if before else frozenset()),
        )
    return sorted(found.values(), key=lambda each: (each.key, each.is_custom))


def common_values(
    tx: Transaction, model: str, keys: Collection[str], most: int
) -> dict[str, tuple[str, ...]]:
    """Return up to `most` values, as texts, of Lever's own fields with these keys, the most common first."""
    inside = _inside(tx, model)
    key = inside.text("key")
    counted = (
        inside.rows.with_only_columns(
            key.label("key"), inside.value.label("value"), func.count().label("rows")
        )
        .where(
            inside.text("type") != _CUSTOM,
            key.in_(keys),
            inside.kind.in_([word for word, kind in _KINDS.items() if kind in {"text", "number"}]),
        )
        .group_by(literal_column("1"), literal_column("2"))
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in tx.sql.execute(counted):
        found.setdefault(row.key, []).append((-row.rows, row.value))
    return {key: tuple(value for _, value in sorted(each)[:most]) for key, each in found.items()}


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
