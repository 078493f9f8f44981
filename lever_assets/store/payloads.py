"""Payloads in place: what came from Lever is rewritten or reduced after it was stored; what its keys say."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, literal, select, update

from lever_assets.store.dialects import among, by_another_index, text_at
from lever_assets.store.erasure import ERASED
from lever_assets.store.mapping_errors import forget_words
from lever_assets.store.tables import RAW, child_reads
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.models import JsonObject

_BATCH = 500
Rewrite = Callable[[JsonObject], JsonObject]


def rewrite_payloads(tx: Transaction, resource: str, rewrite: Rewrite, *, after: str) -> str | None:
    """Rewrite some payloads, by remote id from beyond `after`; return where to go on, None: done.

    What is read below the records stays read for them: in Lever they have not changed.
    """
    c = RAW[resource].c
    found = tx.sql.execute(
        select(c.remote_id, c.data, c.content_hash)
        .where(c.connection == tx.account, c.remote_id > after)
        .order_by(c.remote_id)
        .limit(_BATCH)
    ).all()
    _keep_reads(tx, _rewrite(tx, resource, found, rewrite))
    return found[-1].remote_id if len(found) == _BATCH else None


def rewrite_payloads_below(
    tx: Transaction, resource: str, parents: Collection[str], rewrite: Rewrite
) -> None:
    """Rewrite the payloads of all children of these parents, gone ones included."""
    c = RAW[resource].c
    mine = and_(c.connection == tx.account, among(tx.sql, c.parent_id, parents))
    found = tx.sql.execute(select(c.remote_id, c.data, c.content_hash).where(mine)).all()
    _rewrite(tx, resource, found, rewrite)


def _rewrite(
    tx: Transaction, resource: str, found: Sequence[Row[Any]], rewrite: Rewrite
) -> list[dict[str, str]]:
    """Rewrite these payloads and return, of those that are other than before, the old and the new hash.

    They are a landing of their own: what is mapped from them will be mapped again. What is erased stays.
    """
    rows, hashes = [], []
    for row in found:
        if row.content_hash == ERASED:
            continue
        encoded = canonical(rewrite(row.data))
        new_hash = fingerprint(encoded)
        if row.content_hash != new_hash:
            rows.append({"own": row.remote_id, "new": encoded, "new_hash": new_hash})
            hashes.append({"parent": row.remote_id, "old_hash": row.content_hash, "new_hash": new_hash})
    if rows:
        table = RAW[resource]
        c = table.c
        version = tx.version
        tx.sql.execute(
            update(table)
            .where(c.connection == tx.account, c.remote_id == bindparam("own"))
            .values(
                data=bindparam("new"),
                content_hash=bindparam("new_hash"),
                version=version,
                changed_at=tx.instant,
            ),
            rows,
        )
    return hashes


def erase_payloads(
    tx: Transaction, resource: str, id_field: str, *, gone_before: datetime, limit: int
) -> int:
    """Reduce the payloads of up to `limit` raw records that were gone before an instant to their id.

    Returns how many there were. What the settings leave out is not gone.
    """
    c = RAW[resource].c
    gone = (c.deleted_at <= gone_before, c.left_out.is_(None), c.content_hash != ERASED)
    mine = by_another_index(tx.sql, c.connection) == tx.account
    due = select(c.remote_id).where(mine, *gone).limit(limit)
    return erase_payloads_of(tx, resource, id_field, list(tx.sql.execute(due).scalars()))


def erase_payloads_of(tx: Transaction, resource: str, id_field: str, ids: Collection[str]) -> int:
    """Reduce the payloads of those of these raw records that are not live to their id; return how many.

    Nothing is mapped from a record that is not live: no table changes by it.
    """
    if not ids:
        return 0
    table = RAW[resource]
    c = table.c
    an_object = func.jsonb_build_object if tx.sql.dialect.name == "postgresql" else func.json_object
    mine = and_(c.connection == tx.account, among(tx.sql, c.remote_id, ids), c.content_hash != ERASED)
    erased = update(table).where(mine, c.deleted_at.is_not(None))
    forget_words(tx, resource, ids)
    return tx.sql.execute(erased.values(data=an_object(id_field, c.remote_id), content_hash=ERASED)).rowcount


def _keep_reads(tx: Transaction, hashes: Sequence[Mapping[str, str]]) -> None:
    """Keep what was read below each `parent` for its content `old_hash` as read for `new_hash`."""
    if hashes:
        r = child_reads.c
        tx.sql.execute(
            update(child_reads)
            .where(
                r.connection == tx.account,
                r.parent_id == bindparam("parent"),
                r.parent_hash == bindparam("old_hash"),
            )
            .values(parent_hash=bindparam("new_hash")),
            list(hashes),
        )


def keep_reads_below(
    tx: Transaction, resource: str, below: Collection[str], rewrite: Rewrite, *, after: str
) -> str | None:
    """Keep what was read `below` some records as read if `rewrite` makes of them what they were then.

    As `rewrite_payloads`, which rewrote them.
    """
    c, r = RAW[resource].c, child_reads.c
    read = and_(r.connection == c.connection, r.parent_id == c.remote_id, r.resource.in_(below))
    some = (
        select(c.remote_id)
        .where(c.connection == tx.account, c.remote_id > after)
        .order_by(c.remote_id)
        .limit(_BATCH)
    )
    ids = list(tx.sql.execute(some).scalars())
    found = tx.sql.execute(
        select(c.remote_id, c.data, c.content_hash, r.parent_hash)
        .join(child_reads, read)
        .where(c.connection == tx.account, among(tx.sql, c.remote_id, ids), r.parent_hash != c.content_hash)
    )
    hashes = {
        row.remote_id: {"parent": row.remote_id, "old_hash": row.parent_hash, "new_hash": row.content_hash}
        for row in found
        if fingerprint(canonical(rewrite(row.data))) == row.parent_hash
    }
    _keep_reads(tx, list(hashes.values()))
    return ids[-1] if len(ids) == _BATCH else None


def carried_by_others(
    tx: Transaction, resource: str, field: str, texts: Collection[str], *, but: Collection[str], unless: str
) -> set[str]:
    """Return which of these texts another live raw record has in a field, if not `unless` is true."""
    if not texts:
        return set()
    c = RAW[resource].c
    text = text_at(tx.sql, c.data, field)
    live = and_(c.connection == tx.account, c.deleted_at.is_(None))
    query = select(c.remote_id, text.label("text")).where(live, among(tx.sql, text, texts))
    found = {row.remote_id: row.text for row in tx.sql.execute(query)}
    others = found.keys() - set(but)
    return {found[each] for each in others - flagged(tx, resource, unless, others)}


def flagged(tx: Transaction, resource: str, field: str, ids: Collection[str]) -> set[str]:
    """Return those of these raw records whose payload has `field: true`."""
    if not ids:
        return set()
    c = RAW[resource].c
    is_set: ColumnElement[bool]
    if tx.sql.dialect.name == "postgresql":
        is_set = c.data.op("@>")(literal({field: True}, c.data.type))
    else:
        is_set = func.json_type(c.data, f'$."{field}"') == "true"
    query = select(c.remote_id).where(c.connection == tx.account, among(tx.sql, c.remote_id, ids), is_set)
    return set(tx.sql.execute(query).scalars())
