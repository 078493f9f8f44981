"""Reading the raw tables, for the mapping."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)

from lever_assets.store.dialects import OF, among, among_these, elements_of, text_at
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

_BATCH = 1000
_ROWS = 250
"""With all that is in them."""
_NEWEST = union_all(
    *(
        select(literal(resource).label("resource"), func.max(table.c.version).label("version")).where(
            table.c.connection == OF
        )
        for resource, table in RAW.items()
    )
)


@dataclass(frozen=True, slots=True)
class RawKey:
    """Where a raw record is found."""

    remote_id: str
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class RawRow:
    """A raw record; `created_at` and `updated_at` are Lever's.

    `deleted`: it is gone in Lever or, if `left_out` names a setting, not to be kept.
    """

    remote_id: str
    parent_id: str | None
    data: JsonObject
    content_hash: str
    version: int
    deleted: bool
    created_at: datetime | None
    updated_at: datetime | None
    left_out: str | None = None


def _rows(resource: str, account: str | BindParameter[str]) -> Select[Any]:
    c = RAW[resource].c
    return select(
        c.remote_id,
        c.parent_id,
        c.data,
        c.content_hash,
        c.version,
        c.deleted_at.is_not(None).label("deleted"),
        c.remote_created_at,
        c.remote_updated_at,
        c.left_out,
    ).where(c.connection == account)


def _fetch(conn: Connection, query: Select[Any]) -> list[RawRow]:
    return [RawRow(*row) for row in conn.execute(query).all()]


def read(tx: Transaction, resource: str, remote_ids: Collection[str]) -> list[RawRow]:
    """Return the records with these remote ids, deleted ones included, by remote id."""
    found = tx.sql.execute(_reading(tx.sql.dialect.name, resource), {"of": tx.account, "these": remote_ids})
    return [RawRow(*row) for row in found.all()]  # all at once: row by row takes longer


@cache
def _reading(dialect: str, resource: str) -> Select[Any]:
    c = RAW[resource].c
    return _rows(resource, OF).where(among_these(dialect, c.remote_id)).order_by(c.remote_id)


def live_hashes(tx: Transaction, resource: str, remote_ids: Collection[str]) -> dict[str, str]:
    """Return the content hashes of those of these records that are live."""
    found = tx.sql.execute(_hashes(tx.sql.dialect.name, resource), {"of": tx.account, "these": remote_ids})
    return {row.remote_id: row.content_hash for row in found}


@cache
def _hashes(dialect: str, resource: str) -> Select[Any]:
    c = RAW[resource].c
    these = among_these(dialect, c.remote_id)
    return select(c.remote_id, c.content_hash).where(c.connection == OF, these, c.deleted_at.is_(None))


def seen_since(tx: Transaction, resource: str, remote_ids: Collection[str], instant: datetime) -> set[str]:
    """Return those of these records that Lever was seen to have at an instant or later."""
    c = RAW[resource].c
    query = select(c.remote_id).where(
        c.connection == tx.account, among(tx.sql, c.remote_id, remote_ids), c.last_seen_at >= instant
    )
    return set(tx.sql.execute(query).scalars())


def has_any(tx: Transaction, resource: str, remote_ids: Collection[str]) -> bool:
    """Tell whether one of these ids is stored, be the record live or not."""
    c = RAW[resource].c
    of_account = c.connection == tx.account
    query = select(c.remote_id).where(of_account, among(tx.sql, c.remote_id, remote_ids)).limit(1)
    return tx.sql.execute(query).first() is not None


@dataclass(frozen=True, slots=True)
class Landing:
    """When a raw record was first here and last changed here (UTC), and was made in Lever.

    `found` are the values in it that were asked for, numbers perhaps as text; None for what is not there.
    """

    first_seen_at: datetime
    changed_at: datetime
    created_at: datetime | None
    found: tuple[object, ...] = ()


def newest(
    tx: Transaction, resource: str, limit: int, *paths: Sequence[str], since: datetime
) -> list[Landing]:
    """Return those that changed here after an instant, gone ones included, of the `limit` that did so last.

    The database looks for what is at these `paths`: reading the records would cost the most.
    """
    c = RAW[resource].c
    columns = (c.first_seen_at, c.changed_at, c.remote_created_at, c.data)
    mine = select(*columns).where(c.connection == tx.account)
    last = mine.order_by(c.version.desc(), c.remote_id.desc()).limit(limit).subquery().c
    found = [text_at(tx.sql, last.data, *path).label(f"found_{at}") for at, path in enumerate(paths)]
    query = select(last.first_seen_at, last.changed_at, last.remote_created_at, *found)
    rows = tx.sql.execute(query.where(last.changed_at > since))
    return [Landing(row[0], row[1], row[2], tuple(row[3:])) for row in rows]


def latest(tx: Transaction, resource: str, limit: int) -> list[str]:
    """Return the ids of up to `limit` live records, those that changed last first."""
    c = RAW[resource].c
    query = select(c.remote_id).where(c.connection == tx.account, c.deleted_at.is_(None))
    return list(tx.sql.execute(query.order_by(c.version.desc(), c.remote_id).limit(limit)).scalars())


def is_empty(tx: Transaction, resource: str) -> bool:
    """Tell whether nothing of a resource is stored."""
    c = RAW[resource].c
    return tx.sql.execute(select(c.remote_id).where(c.connection == tx.account).limit(1)).first() is None


def by_parent(tx: Transaction, resource: str, parent_ids: Collection[str]) -> dict[str, list[RawRow]]:
    """Return the live children of each parent that has any, in the order of their list."""
    found: dict[str, list[RawRow]] = {}
    given = {"of": tx.account, "these": parent_ids}
    for row in tx.sql.execute(_reading_below(tx.sql.dialect.name, resource), given).all():
        found.setdefault(row.parent_id, []).append(RawRow(*row))
    return found


@cache
def _reading_below(dialect: str, resource: str) -> Select[Any]:
    c = RAW[resource].c
    return (
        _rows(resource, OF)
        .where(among_these(dialect, c.parent_id), c.deleted_at.is_(None))
        .order_by(c.parent_id, c.position.nulls_last(), c.remote_id)
    )


def ids_below(tx: Transaction, resource: str, parent_ids: Collection[str]) -> list[str]:
    """Return the remote ids of the children of these parents, deleted ones included."""
    c = RAW[resource].c
    query = select(c.remote_id).where(c.connection == tx.account, among(tx.sql, c.parent_id, parent_ids))
    return sorted(tx.sql.execute(query).scalars())  # asked for in order, SQLite would go through all by id


def parents_of_any(
    tx: Transaction, resource: str, parent_ids: Collection[str], *, live_only: bool
) -> set[str]:
    """Return which of these have children of a resource; with `live_only` deleted ones do not count."""
    c = RAW[resource].c
    query = select(c.parent_id).where(c.connection == tx.account, among(tx.sql, c.parent_id, parent_ids))
    if live_only:
        query = query.where(c.deleted_at.is_(None))
    return set(tx.sql.execute(query.distinct()).scalars())


def newest_versions(tx: Transaction) -> dict[str, int]:
    """Return, by resource, the version of the landing that changed something of it last."""
    found = tx.sql.execute(_NEWEST, {"of": tx.account})
    return {row.resource: row.version for row in found if row.version is not None}


def changed_keys(
    tx: Transaction, resource: str, after_version: int, up_to_version: int
) -> Iterator[list[RawKey]]:
    """Yield keys, in batches, of what landings after `after_version`, up to `up_to_version`, changed last.

    Deleted records are included. What changed first comes first.
    """
    c = RAW[resource].c
    here = and_(c.connection == tx.account, c.version > after_version, c.version <= up_to_version)
    query = select(c.remote_id, c.parent_id, c.version).order_by(c.version, c.remote_id).limit(_BATCH)
    beyond: ColumnElement[bool] | None = None
    while True:
        batch = tx.sql.execute(query.where(here) if beyond is None else query.where(here, beyond)).all()
        if batch:
            yield [RawKey(row.remote_id, row.parent_id) for row in batch]
        if len(batch) < _BATCH:
            return
        last = batch[-1]
        beyond = and_(c.version >= last.version, or_(c.version > last.version, c.remote_id > last.remote_id))


def keys(tx: Transaction, resource: str, *, after: str | None, limit: int) -> list[RawKey]:
    """Return the keys of up to `limit` records, deleted ones included, by remote id, beyond `after`."""
    c = RAW[resource].c
    query = select(c.remote_id, c.parent_id).where(c.connection == tx.account)
    if after is not None:
        query = query.where(c.remote_id > after)
    return [RawKey(*row) for row in tx.sql.execute(query.order_by(c.remote_id).limit(limit)).all()]


def live(tx: Transaction, resource: str, *, after: str | None, limit: int) -> list[RawRow]:
    """Return up to `limit` live records by remote id, beyond `after`."""
    c = RAW[resource].c
    query = _rows(resource, tx.account).where(c.deleted_at.is_(None))
    if after is not None:
        query = query.where(c.remote_id > after)
    return _fetch(tx.sql, query.order_by(c.remote_id).limit(limit))


def live_created(tx: Transaction, resource: str) -> dict[str, datetime | None]:
    """Return the remote ids of the live records, each with Lever's `createdAt`."""
    c = RAW[resource].c
    query = select(c.remote_id, c.remote_created_at).where(c.connection == tx.account, c.deleted_at.is_(None))
    return {row.remote_id: row.remote_created_at for row in tx.sql.execute(query)}


def all_live(tx: Transaction, resource: str) -> Iterator[RawRow]:
    """Yield every live record: those with a place in a list by it, then the others by remote id."""
    yield from _placed(tx, resource)
    c = RAW[resource].c
    query = (
        _rows(resource, tx.account)
        .where(c.deleted_at.is_(None), c.position.is_(None))
        .order_by(c.remote_id)
        .limit(_ROWS)
    )
    batch = _fetch(tx.sql, query)
    while batch:
        yield from batch
        batch = _fetch(tx.sql, query.where(c.remote_id > batch[-1].remote_id)) if len(batch) == _ROWS else []


def _placed(tx: Transaction, resource: str) -> Iterator[RawRow]:
    c = RAW[resource].c
    query = (
        _rows(resource, tx.account)
        .add_columns(c.position)
        .where(c.deleted_at.is_(None), c.position.is_not(None))
        .order_by(c.position, c.remote_id)
        .limit(_ROWS)
    )
    batch = tx.sql.execute(query).all()
    while batch:
        for row in batch:
            yield RawRow(*row[:-1])
        last = batch[-1]
        if len(batch) < _ROWS:
            return
        beyond = or_(c.position > last.position, c.remote_id > last.remote_id)
        batch = tx.sql.execute(query.where(c.position >= last.position, beyond)).all()


def not_texts(
    tx: Transaction, resource: str, field: str, *, within: Collection[str] | None = None
) -> list[str]:
    """Return the live records whose `field` is neither null nor a list of texts and nulls.

    `within`: only of these records (remote ids).
    """
    c = RAW[resource].c
    inside: Any
    if tx.sql.dialect.name == "postgresql":
        kind = func.jsonb_typeof(c.data[field])
        inside = elements_of(c.data[field])
        of_item = func.jsonb_typeof(inside.c.value)
        fine = {"string", "null"}
    else:
        path = f'$."{field}"'
        kind = func.json_type(c.data, path)
        inside = func.json_each(c.data, path).table_valued("type")
        of_item = inside.c.type
        fine = {"text", "null"}
    odd_item = select(1).select_from(inside).where(of_item.not_in(fine)).exists()
    odd = or_(kind.not_in(("array", "null")), and_(kind == "array", odd_item))
    query = select(c.remote_id).where(c.connection == tx.account, c.deleted_at.is_(None), odd)
    if within is not None:
        query = query.where(among(tx.sql, c.remote_id, within))
    return list(tx.sql.execute(query.order_by(c.remote_id)).scalars())


def first_seen(tx: Transaction, resource: str) -> datetime | None:
    """Return when the first of the stored records of a resource was stored; None: there is none."""
    c = RAW[resource].c
    query: Select[tuple[datetime | None]] = select(func.min(c.first_seen_at)).where(
        c.connection == tx.account
    )
    return tx.sql.execute(query).scalar_one()


def any_with(tx: Transaction, resource: str, field: str, value: str) -> bool:
    """Tell whether a live record of the resource has this text in a field."""
    c = RAW[resource].c
    found = text_at(tx.sql, c.data, field) == value
    query = select(c.remote_id).where(c.connection == tx.account, c.deleted_at.is_(None), found)
    return tx.sql.execute(query.limit(1)).first() is not None


def texts_in_array(
    tx: Transaction,
    resource: str,
    field: str,
    texts: Collection[str] | None = None,
    *,
    within: Collection[str] | None = None,
) -> set[str]:
    """Return the distinct texts in the array `field` of the live records; with `texts`, only those of them.

    `within`: only of these records (remote ids).
    A record whose field is no array has none, and what is no text is passed over.
    """
    c = RAW[resource].c
    elements: Any
    is_text: ColumnElement[bool]
    if tx.sql.dialect.name == "postgresql":
        elements = elements_of(c.data[field]).lateral()
        value = elements.c.value.op("#>>")(text("'{}'"))
        is_text = func.jsonb_typeof(elements.c.value) == "string"
    else:
        path = f'$."{field}"'
        elements = func.json_each(c.data, path).table_valued("value", "type")
        value = elements.c.value
        is_text = and_(func.json_type(c.data, path) == "array", elements.c.type == "text")
    query = (
        select(value)
        .select_from(RAW[resource].join(elements, true()))
        .where(c.connection == tx.account, c.deleted_at.is_(None), is_text)
        .distinct()
    )
    if texts is not None:
        query = query.where(among(tx.sql, value, texts))
    if within is not None:
        query = query.where(among(tx.sql, c.remote_id, within))
    return set(tx.sql.execute(query).scalars())
