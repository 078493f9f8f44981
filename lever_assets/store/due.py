"""What could not be read from Lever, and when it is asked for again: rows of `mapping_errors` with `due_at`.

`model` is the raw table that lacks something (`raw_interviews`); `resource` and `remote_id` are the record
that was asked about: for children their parent, for a list as a whole the resource itself and `WHOLE_LIST`.
After a first failure it is asked again in two minutes; the gap doubles with each further one, up to a day. It
goes when the read succeeds.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from lever_assets import backoff
from lever_assets.store.dialects import OF, among, among_these, upsert
from lever_assets.store.tables import RAW, mapping_errors
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import clean

WHOLE_LIST = "*"
"""The id of what is no single record: a list that could not be read, or taken in, as a whole."""

_FIRST_GAP = timedelta(minutes=2)
_LONGEST_GAP = timedelta(days=1)

_c = mapping_errors.c
_FAILED = and_(
    _c.connection == OF,
    _c.model == bindparam("lacking"),
    _c.resource == bindparam("asked"),
    _c.due_at.is_not(None),
)
"""What failed of one model and resource, in a statement that is made once (`_given`)."""
_EVERY = select(_c.remote_id).where(_FAILED)
_DUE = _EVERY.where(
    # No gap is longer than a day: what lies further ahead was damaged.
    or_(_c.due_at <= bindparam("by"), _c.due_at > bindparam("damaged"))
).order_by(_c.remote_id)


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
class Failing:
    """How many reads of one model and resource failed and are due by now.

    Of the list as a whole: how often in a row it failed (0: it did not), and when it is due (UTC).
    """

    due: int = 0
    attempts: int = 0
    whole_due_at: datetime | None = None


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
    tx: Transaction,
    model: str,
    resource: str,
    reasons: Mapping[str, str],
    *,
    hashes: Mapping[str, str | None] | None = None,
) -> None:
    """Keep that reading `model` for these records of `resource` failed, by remote id with the reason.

    `hashes`: the content hash that each record had, so that it can be asked about at once when it changes.
    """
    if not reasons:
        return
    ids = {clean(remote_id): remote_id for remote_id in reasons}
    known = tx.sql.execute(
        select(_c.remote_id, _c.attempts).where(
            _mine(tx.account, model, resource), among(tx.sql, _c.remote_id, ids)
        )
    )
    before = {row.remote_id: row.attempts or 0 for row in known}
    rows = []
    for stored, remote_id in ids.items():
        attempts = before.get(stored, 0) + 1
        rows.append(
            {
                "connection": tx.account,
                "model": model,
                "resource": resource,
                "remote_id": stored,
                "reason": reasons[remote_id],
                "payload_hash": (hashes or {}).get(remote_id),
                "first_seen_at": tx.instant,
                "last_seen_at": tx.instant,
                "attempts": attempts,
                "due_at": tx.instant + gap_after(attempts),
                "lost": None,
            }
        )
    changing = ("reason", "payload_hash", "last_seen_at", "attempts", "due_at")
    upsert(tx.sql, mapping_errors, rows, replace=changing)


def healed(
    tx: Transaction, model: str, resource: str, remote_ids: Collection[str], *, before: datetime | None = None
) -> int:
    """Forget that reading `model` for these records failed, as it went well since; return how many had.

    `before`: only what failed before that instant.
    """
    if not remote_ids:
        return 0
    given = _given(tx, model, resource, these=remote_ids)
    if before is None:
        return tx.sql.execute(_healing(tx.sql.dialect.name), given).rowcount
    given["before"] = before
    return tx.sql.execute(_healing_of_before(tx.sql.dialect.name), given).rowcount


@cache
def _healing(dialect: str) -> Delete:
    return delete(mapping_errors).where(_FAILED, among_these(dialect, _c.remote_id))


@cache
def _healing_of_before(dialect: str) -> Delete:
    return _healing(dialect).where(_c.last_seen_at < bindparam("before"))


def still_failing(
    tx: Transaction,
    model: str,
    resource: str,
    reasons: Mapping[str, str],
    *,
    hashes: Mapping[str, str | None] | None = None,
) -> None:
    """As `put_off`, for what may come by unasked: before it is due that counts as no further attempt."""
    if not reasons:
        return
    waiting = {each for each, read in known(tx, model, resource, reasons).items() if read.due_at > tx.instant}
    if waiting:
        these = and_(_mine(tx.account, model, resource), among(tx.sql, _c.remote_id, waiting))
        tx.sql.execute(update(mapping_errors).where(these).values(last_seen_at=tx.instant))
    others = {each: why for each, why in reasons.items() if clean(each) not in waiting}
    put_off(tx, model, resource, others, hashes=hashes)


def forget_settled(tx: Transaction, model: str, resource: str, *, listed: bool = True) -> None:
    """Forget that reading `model` failed for records of `resource` which are gone, or were listed since.

    Unless `listed` is False: that they were listed then says nothing of what failed.
    """
    if failed(tx, model, resource):  # mostly none did
        tx.sql.execute(_settling(resource, listed=listed), _given(tx, model, resource))


@cache
def _settling(resource: str, *, listed: bool) -> Delete:
    r = RAW[resource].c
    settled = exists().where(
        r.connection == OF,
        r.remote_id == _c.remote_id,
        or_(r.deleted_at.is_not(None), *([r.last_seen_at > _c.last_seen_at] if listed else [])),
    )
    return delete(mapping_errors).where(_FAILED, settled)


def due(tx: Transaction, model: str, resource: str) -> list[str]:
    """Return the records for which reading `model` failed and is to be tried again by now, by remote id."""
    given = _given(tx, model, resource, by=tx.instant, damaged=tx.instant + 2 * _LONGEST_GAP)
    return list(tx.sql.execute(_DUE, given).scalars())


def failing(tx: Transaction) -> dict[tuple[str, str], Failing]:
    """Return what could not be read, by model and resource."""
    far = tx.instant + 2 * _LONGEST_GAP
    rows = tx.sql.execute(_FAILING, {"of": tx.account, "now": tx.instant, "far": far})
    return {(model, resource): Failing(*found) for model, resource, *found in rows}


def failed(tx: Transaction, model: str, resource: str) -> set[str]:
    """Return the remote ids of all records for which reading `model` failed, due or not."""
    return set(tx.sql.execute(_EVERY, _given(tx, model, resource)).scalars())


def known(tx: Transaction, model: str, resource: str, remote_ids: Collection[str]) -> dict[str, FailedRead]:
    """Return those of these records for which reading `model` failed, by remote id."""
    query = _reads().where(
        _mine(tx.account, model, resource), _c.due_at.is_not(None), among(tx.sql, _c.remote_id, remote_ids)
    )
    return {row.remote_id: FailedRead(*row) for row in tx.sql.execute(query)}


def waiting(
    tx: Transaction, model: str | None = None, resource: str | None = None, *, but: Collection[str] = ()
) -> Waiting:
    """Return how many reads failed and when the first is due, of a connection, or as far as it is given.

    `but`: the models whose lists as a whole don't count.
    """
    query = select(func.count(), func.min(_c.due_at)).where(*_failed(tx.account, model, resource), _not(but))
    return Waiting(*tx.sql.execute(query).one())


def count_for(tx: Transaction, model: str, resource: str, *, reason: str) -> int:
    """Return how often reading `model` failed for a record of `resource`, for a reason that begins so."""
    begins = _c.reason.startswith(reason, autoescape=True)
    query = select(func.count()).where(*_failed(tx.account, model, resource), begins)
    return tx.sql.execute(query).scalar_one()


def listed(
    tx: Transaction,
    model: str | None = None,
    resource: str | None = None,
    *,
    but: Collection[str] = (),
    limit: int = 100,
) -> Sequence[FailedRead]:
    """Return up to `limit` failed reads as of `waiting`, those that failed most often first."""
    query = (
        _reads()
        .where(*_failed(tx.account, model, resource), _not(but))
        .order_by(_c.attempts.desc(), _c.model, _c.resource, _c.remote_id)
        .limit(limit)
    )
    return [FailedRead(*row) for row in tx.sql.execute(query)]


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


def _given(tx: Transaction, model: str, resource: str, **more: object) -> dict[str, object]:
    """Return the parameters of a statement over `_FAILED`."""
    return {"of": tx.account, "lacking": model, "asked": resource, **more}


_WHOLE = _c.remote_id == WHOLE_LIST
_FAILING = (
    select(
        _c.model,
        _c.resource,
        # As `due` has them.
        func.count().filter(or_(_c.due_at <= bindparam("now"), _c.due_at > bindparam("far"))),
        func.coalesce(func.max(case((_WHOLE, _c.attempts))), 0),
        func.max(case((_WHOLE, _c.due_at))),
    )
    .where(_c.connection == bindparam("of"), _c.due_at.is_not(None))
    .group_by(_c.model, _c.resource)
)


def _mine(account: str, model: str, resource: str) -> ColumnElement[bool]:
    return and_(_c.connection == account, _c.model == model, _c.resource == resource)


def _not(models: Collection[str]) -> ColumnElement[bool]:
    return not_(and_(_c.model.in_(models), _c.remote_id == WHOLE_LIST))


def _failed(account: str, model: str | None, resource: str | None) -> list[ColumnElement[bool]]:
    given = {_c.model: model, _c.resource: resource}
    narrowed = [column == value for column, value in given.items() if value is not None]
    return [_c.connection == account, _c.due_at.is_not(None), *narrowed]
