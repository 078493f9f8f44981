"""What could not be read from Lever, and when it is asked for again: rows of `mapping_errors` with `due_at`.

`model` is the raw table that lacks something (`raw_interviews`); `resource` and `remote_id` are the record
that was asked about: for children their parent, for a list as a whole the resource itself and `WHOLE_LIST`.
After a first failure it is asked again in two minutes; the gap doubles with each further one, up to a day. It
goes when the read succeeds.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from lever_assets import backoff
from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import RAW, mapping_errors
from lever_assets.store.values import clean

WHOLE_LIST = "*"
"""The id of what is no single record: a list that could not be read, or taken in, as a whole."""

_FIRST_GAP = timedelta(minutes=2)
_LONGEST_GAP = timedelta(days=1)

_c = mapping_errors.c


@dataclass(frozen=True)
class FailedRead:
    """One read that failed `attempts` times in a row, last for `reason`; it is due at `due_at` (UTC).

    `payload_hash`: the content hash that the record had.
    """

    model: str
    resource: str
    remote_id: str
    reason: str
    attempts: int
    due_at: datetime
    first_seen_at: datetime
    payload_hash: str | None = None


@dataclass(frozen=True)
class Waiting:
    """How many failed reads there are, and when the first of them is due (UTC; None: there is none)."""

    count: int = 0
    next_at: datetime | None = None


NOTHING = Waiting()
"""No read failed, or none that is still to be made up for."""


def gap_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failures in a row (from 1)."""
    return backoff.gap_after(attempts, _FIRST_GAP, _LONGEST_GAP)


def put_off(
    conn: Connection,
    connection: str,
    model: str,
    resource: str,
    reasons: Mapping[str, str],
    *,
    now: datetime,
    hashes: Mapping[str, str | None] | None = None,
) -> None:
    """Keep that reading `model` for these records of `resource` failed, by remote id with the reason.

    `hashes`: the content hash that each record had, so that it can be asked about at once when it changes.
    """
    if not reasons:
        return
    ids = {clean(remote_id): remote_id for remote_id in reasons}
    known = conn.execute(
        select(_c.remote_id, _c.attempts).where(
            _mine(connection, model, resource), among(conn, _c.remote_id, ids)
        )
    )
    before = {row.remote_id: row.attempts or 0 for row in known}
    rows = []
    for stored, remote_id in ids.items():
        attempts = before.get(stored, 0) + 1
        rows.append(
            {
                "connection": connection,
                "model": model,
                "resource": resource,
                "remote_id": stored,
                "reason": reasons[remote_id],
                "payload_hash": (hashes or {}).get(remote_id),
                "first_seen_at": now,
                "last_seen_at": now,
                "attempts": attempts,
                "due_at": now + gap_after(attempts),
                "lost": None,
            }
        )
    changing = ("reason", "payload_hash", "last_seen_at", "attempts", "due_at")
    upsert(conn, mapping_errors, rows, replace=changing)


def healed(
    conn: Connection,
    connection: str,
    model: str,
    resource: str,
    remote_ids: Collection[str],
    *,
    before: datetime | None = None,
) -> int:
    """Forget that reading `model` for these records failed, as it went well since; return how many had.

    `before`: only what failed before that instant.
    """
    if not remote_ids:
        return 0
    these = and_(_mine(connection, model, resource), _c.due_at.is_not(None))
    if before is not None:
        these = and_(these, _c.last_seen_at < before)
    return conn.execute(delete(mapping_errors).where(these, among(conn, _c.remote_id, remote_ids))).rowcount


def still_failing(
    conn: Connection,
    connection: str,
    model: str,
    resource: str,
    reasons: Mapping[str, str],
    *,
    now: datetime,
    hashes: Mapping[str, str | None] | None = None,
) -> None:
    """As `put_off`, for what may come by unasked: before it is due that counts as no further attempt."""
    waiting = {
        each for each, read in known(conn, connection, model, resource, reasons).items() if read.due_at > now
    }
    if waiting:
        these = and_(_mine(connection, model, resource), among(conn, _c.remote_id, waiting))
        conn.execute(update(mapping_errors).where(these).values(last_seen_at=now))
    others = {each: why for each, why in reasons.items() if clean(each) not in waiting}
    put_off(conn, connection, model, resource, others, now=now, hashes=hashes)


def forget_settled(
    conn: Connection, connection: str, model: str, resource: str, *, listed: bool = True
) -> None:
    """Forget that reading `model` failed for records of `resource` which are gone, or were listed since.

    Unless `listed` is False: that they were listed then says nothing of what failed.
    """
    r = RAW[resource].c
    settled = exists().where(
        r.connection == connection,
        r.remote_id == _c.remote_id,
        or_(r.deleted_at.is_not(None), *([r.last_seen_at > _c.last_seen_at] if listed else [])),
    )
    these = and_(_mine(connection, model, resource), _c.due_at.is_not(None), settled)
    conn.execute(delete(mapping_errors).where(these))


def due(conn: Connection, connection: str, model: str, resource: str, *, now: datetime) -> list[str]:
    """Return the records for which reading `model` failed and is to be tried again by now, by remote id."""
    query = select(_c.remote_id).where(_mine(connection, model, resource), _is_due(now))
    return list(conn.execute(query.order_by(_c.remote_id)).scalars())


def failed(conn: Connection, connection: str, model: str, resource: str) -> set[str]:
    """Return the remote ids of all records for which reading `model` failed, due or not."""
    query = select(_c.remote_id).where(_mine(connection, model, resource), _c.due_at.is_not(None))
    return set(conn.execute(query).scalars())


def known(
    conn: Connection, connection: str, model: str, resource: str, remote_ids: Collection[str]
) -> dict[str, FailedRead]:
    """Return those of these records for which reading `model` failed, by remote id."""
    query = _reads().where(
        _mine(connection, model, resource), _c.due_at.is_not(None), among(conn, _c.remote_id, remote_ids)
    )
    return {row.remote_id: FailedRead(*row) for row in conn.execute(query)}


def waiting(
    conn: Connection,
    connection: str,
    model: str | None = None,
    resource: str | None = None,
    *,
    but: Collection[str] = (),
) -> Waiting:
    """Return how many reads failed and when the first is due, of a connection, or as far as it is given.

    `but`: the models whose lists as a whole don't count.
    """
    query = select(func.count(), func.min(_c.due_at)).where(*_failed(connection, model, resource), _not(but))
    return Waiting(*conn.execute(query).one())


def count_for(conn: Connection, connection: str, model: str, resource: str, *, reason: str) -> int:
    """Return how often reading `model` failed for a record of `resource`, for a reason that begins so."""
    begins = _c.reason.startswith(reason, autoescape=True)
    query = select(func.count()).where(*_failed(connection, model, resource), begins)
    return conn.execute(query).scalar_one()


def listed(
    conn: Connection,
    connection: str,
    model: str | None = None,
    resource: str | None = None,
    *,
    but: Collection[str] = (),
    limit: int = 100,
) -> Sequence[FailedRead]:
    """Return up to `limit` failed reads as of `waiting`, those that failed most often first."""
    query = (
        _reads()
        .where(*_failed(connection, model, resource), _not(but))
        .order_by(_c.attempts.desc(), _c.model, _c.resource, _c.remote_id)
        .limit(limit)
    )
    return [FailedRead(*row) for row in conn.execute(query)]


def _reads() -> Select[tuple[str, str, str, str, int, datetime, datetime, str | None]]:
    return select(
        _c.model,
        _c.resource,
        _c.remote_id,
        _c.reason,
        _c.attempts,
        _c.due_at,
        _c.first_seen_at,
        _c.payload_hash,
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    # No gap is longer than a day: what lies further ahead was damaged.
    return or_(_c.due_at <= now, _c.due_at > now + 2 * _LONGEST_GAP)


def _mine(connection: str, model: str, resource: str) -> ColumnElement[bool]:
    return and_(_c.connection == connection, _c.model == model, _c.resource == resource)


def _not(models: Collection[str]) -> ColumnElement[bool]:
    return not_(and_(_c.model.in_(models), _c.remote_id == WHOLE_LIST))


def _failed(connection: str, model: str | None, resource: str | None) -> list[ColumnElement[bool]]:
    given = {_c.model: model, _c.resource: resource}
    narrowed = [column == value for column, value in given.items() if value is not None]
    return [_c.connection == connection, _c.due_at.is_not(None), *narrowed]
