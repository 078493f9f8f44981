"""Records that could not be mapped, or not whole, with the reason; what could not be read is in `due`."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from lever_assets.store.dialects import OF, among, among_these, upsert
from lever_assets.store.tables import RAW, mapping_errors
from lever_assets.store.transaction import Transaction

NAMELESS = "(none) "
"""So begins what takes the place of the id of a record that came without one."""
ERASED_REASON = "what was said of it was erased with what is personal of the record"
"""Takes the place of a reason."""

_WORTH_ANOTHER_LOOK = timedelta(days=1)

_c = mapping_errors.c
_RESOLVING_ALL = delete(mapping_errors).where(
    _c.connection == OF, _c.model == bindparam("lacking"), _c.due_at.is_(None)
)
_RESOLVING_ALL_BEFORE = _RESOLVING_ALL.where(_c.last_seen_at < bindparam("before"))


class Lost(StrEnum):
    """What one model lacks because of a record."""

    RECORD = "record"
    """The record is set aside: it gave no row, and the row that it gave before stays as it was."""
    FIELD = "field"
    """The row is there, without a field that could not be read."""


_MISREAD = (
    select(_c.remote_id, _c.first_seen_at, _c.last_seen_at)
    .where(
        _c.connection == OF,
        _c.resource == bindparam("read"),
        _c.lost == Lost.FIELD,
        _c.first_seen_at > bindparam("since"),
    )
    .order_by(_c.last_seen_at, _c.remote_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True)
class MappingError:
    """One record that one model could not be mapped from, or not whole.

    `payload_hash` is the raw record's content hash.
    """

    model: str
    resource: str
    remote_id: str
    reason: str
    payload_hash: str | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    lost: Lost = Lost.RECORD


def record(tx: Transaction, errors: Sequence[MappingError]) -> None:
    """Keep `errors`; one that is known keeps the instant at which it was first seen."""
    rows = {
        (error.model, error.resource, error.remote_id): {
            "connection": tx.account,
            "model": error.model,
            "resource": error.resource,
            "remote_id": error.remote_id,
            "reason": error.reason,
            "payload_hash": error.payload_hash,
            "first_seen_at": tx.instant,
            "last_seen_at": tx.instant,
            "attempts": None,
            "due_at": None,
            "lost": error.lost,
        }
        for error in errors
    }
    upsert(
        tx.sql,
        mapping_errors,
        list(rows.values()),
        replace=("reason", "payload_hash", "last_seen_at", "lost"),
    )


def resolve(tx: Transaction, model: str, remote_ids: Collection[str]) -> int:
    """Forget the errors of `model` on these records, which were mapped since; return how many there were."""
    if not remote_ids:
        return 0
    given = {"of": tx.account, "lacking": model, "these": remote_ids}
    return tx.sql.execute(_resolving(tx.sql.dialect.name), given).rowcount


@cache
def _resolving(dialect: str) -> Delete:
    mine = and_(_c.connection == OF, _c.model == bindparam("lacking"))
    return delete(mapping_errors).where(mine, among_these(dialect, _c.remote_id))


def resolve_nameless(tx: Transaction, model: str) -> None:
    """Forget the errors of `model` on records that came without an id."""
    mine = and_(_c.connection == tx.account, _c.model == model, _c.due_at.is_(None))
    nameless = _c.remote_id.startswith(NAMELESS, autoescape=True)
    tx.sql.execute(delete(mapping_errors).where(mine, nameless))


def resolve_all(tx: Transaction, model: str, *, before: datetime | None = None) -> int:
    """Forget all errors of `model`, or those last seen before an instant; return how many there were.

    What could not be read stays: `due.healed` says when it was.
    """
    given: dict[str, object] = {"of": tx.account, "lacking": model}
    if before is None:
        return tx.sql.execute(_RESOLVING_ALL, given).rowcount
    return tx.sql.execute(_RESOLVING_ALL_BEFORE, given | {"before": before}).rowcount


def resolve_looked_up(
    tx: Transaction, model: str, driver: str, readable: Collection[tuple[str, str]]
) -> None:
    """Forget the errors of `model` on records beside its driver's that could be read, or are gone.

    `readable` holds the resource and the remote id of each.
    """
    mine = and_(_c.connection == tx.account, _c.model == model, _c.resource != driver)
    known = tx.sql.execute(select(_c.resource, _c.remote_id).where(mine)).all()
    for resource in {row.resource for row in known}:
        ids = [row.remote_id for row in known if row.resource == resource]
        over = {each for each in ids if (resource, each) in readable} | _gone(tx, resource, ids)
        tx.sql.execute(
            delete(mapping_errors).where(mine, _c.resource == resource, among(tx.sql, _c.remote_id, over))
        )


def _gone(tx: Transaction, resource: str, remote_ids: Collection[str]) -> set[str]:
    c = RAW[resource].c
    alive = select(c.remote_id).where(
        c.connection == tx.account, among(tx.sql, c.remote_id, remote_ids), c.deleted_at.is_(None)
    )
    return set(remote_ids) - set(tx.sql.execute(alive).scalars())


def misread(tx: Transaction, resource: str, *, limit: int) -> set[str]:
    """Return up to `limit` records of a resource that are to be read once more for a field.

    The first time that is at once, then after a gap that doubles, until a day after it was first seen.
    """
    given = {"of": tx.account, "read": resource, "since": tx.instant - _WORTH_ANOTHER_LOOK, "most": limit}
    return {
        row.remote_id
        for row in tx.sql.execute(_MISREAD, given)
        if tx.instant - row.last_seen_at >= row.last_seen_at - row.first_seen_at
    }


def looked_again(tx: Transaction, resource: str, remote_ids: Collection[str]) -> None:
    """Keep that these records are read once more for a field."""
    misread = and_(_c.connection == tx.account, _c.resource == resource, _c.lost == Lost.FIELD)
    these = and_(misread, among(tx.sql, _c.remote_id, remote_ids))
    tx.sql.execute(update(mapping_errors).where(these).values(last_seen_at=tx.instant))


def forget_words(tx: Transaction, resource: str, remote_ids: Collection[str]) -> None:
    """Erase the reasons of whatever failed for these records: Lever's words in them may name somebody."""
    these = and_(
        _c.connection == tx.account, _c.resource == resource, among(tx.sql, _c.remote_id, remote_ids)
    )
    tx.sql.execute(update(mapping_errors).where(these).values(reason=ERASED_REASON))


def count(tx: Transaction, model: str | None = None, *, lost: Lost | None = None) -> int:
    """Return the number of errors of a connection, or of one of its models; `lost`: only of one kind."""
    query = select(func.count()).select_from(mapping_errors).where(*_these(tx.account, model, lost))
    return tx.sql.execute(query).scalar_one()


def counts(tx: Transaction) -> Counter[tuple[str, Lost]]:
    """Return the number of errors of each model that has any, by what it lost."""
    found = Counter[tuple[str, Lost]]()
    for lost in Lost:
        errors = tx.sql.execute(_counting(lost), {"of": tx.account})
        found.update({(model, lost): number for model, number in errors})
    return found


@cache
def _counting(lost: Lost) -> Select[tuple[str, int]]:
    return select(_c.model, func.count()).where(*_these(OF, None, lost)).group_by(_c.model)


def listed(
    tx: Transaction, model: str | None = None, *, lost: Lost | None = None, limit: int = 100
) -> list[MappingError]:
    """Return up to `limit` errors, the newest first; `lost`: only of one kind."""
    query = (
        select(
            _c.model,
            _c.resource,
            _c.remote_id,
            _c.reason,
            _c.payload_hash,
            _c.first_seen_at,
            _c.last_seen_at,
            func.coalesce(_c.lost, Lost.RECORD.value).label("lost"),
        )
        .where(*_these(tx.account, model, lost))
        .order_by(_c.last_seen_at.desc(), _c.model, _c.resource, _c.remote_id)
        .limit(limit)
    )
    return [MappingError(**{**row, "lost": Lost(row["lost"])}) for row in tx.sql.execute(query).mappings()]


def _these(
    account: str | BindParameter[str], model: str | None, lost: Lost | None
) -> list[ColumnElement[bool]]:
    these = [_c.connection == account]
    if model is not None:
        these.append(_c.model == model)
    if lost is Lost.FIELD:
        these.append(_c.lost == Lost.FIELD)
    elif lost is Lost.RECORD:  # null on rows of before there were others
        these += [or_(_c.lost.is_(None), _c.lost == Lost.RECORD), _c.due_at.is_(None)]
    return these
