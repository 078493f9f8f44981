"""The ledger of actions: one row for each key, at work on which is one owner at a time.

States of an action:

- `pending`: accepted, nothing was sent yet
- `sending`: somebody is, or was when their process died, at work on it
- `succeeded`: done
- `incomplete`: done but for some steps, which the same key tries again
- `failed`: Lever refused it or could not be reached; the same key tries again
- `unknown`: it may have happened, and Lever could not be asked; the same key looks there first
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Text, and_, cast, or_, select, update

from lever_assets.store import created
from lever_assets.store.accounts import named_at_first
from lever_assets.store.created import Created
from lever_assets.store.dialects import upsert
from lever_assets.store.tables import action_ledger
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import JsonObject


class ActionState(StrEnum):
    """How an action stands; the module's text says what each means."""

    PENDING = "pending"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ClaimLostError(Exception):
    """Somebody else has taken the action over: nothing more may be sent for it here."""


@dataclass(frozen=True)
class Entry:
    """A row of the ledger; the columns say what each field is."""

    id: str
    connection: str
    action: str
    idempotency_key: str
    input_hash: str
    request: JsonObject
    state: ActionState
    attempts: int
    steps: list[JsonObject]
    answer: JsonObject | None
    warnings: list[str]
    addresses: list[str] | None
    erased_at: datetime | None
    run_id: str | None
    owner: str | None
    lease_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether it was ended, well or badly, by whoever took it up."""
        return self.state not in {ActionState.PENDING, ActionState.SENDING}

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody is at work on it."""
        return self.owner is not None and self.lease_until is not None and self.lease_until > now


def open_entry(
    tx: Transaction,
    action: str,
    key: str,
    *,
    input_hash: str,
    request: JsonObject,
    addresses: Collection[str] = (),
) -> Entry:
    """Return the row of a key, and make it first if there is none.

    `addresses` are hashes of those in the input (`addresses.py`). A row that was erased and is not done gets
    its input back, which goes with whom it is about as before.
    """
    about = sorted(addresses) or None
    fresh = {
        "id": unified_id(named_at_first(tx), "actions", key),
        "connection": tx.account,
        "action": action,
        "idempotency_key": key,
        "input_hash": input_hash,
        "request": request,
        "state": ActionState.PENDING,
        "attempts": 0,
        "steps": [],
        "answer": None,
        "warnings": [],
        "addresses": about,
        "erased_at": None,
        "run_id": None,
        "owner": None,
        "lease_until": None,
        "created_at": tx.instant,
        "updated_at": tx.instant,
    }
    # What is there stays as it is; the id follows from the key, so two callers with one key make one row.
    c = action_ledger.c
    upsert(tx.sql, action_ledger, [fresh])
    resumed = and_(c.id == fresh["id"], c.input_hash == input_hash, c.state != ActionState.SUCCEEDED.value)
    tx.sql.execute(
        update(action_ledger)
        .where(resumed, c.erased_at.is_not(None))
        .values(request=request, addresses=about, erased_at=None)
    )
    found = find(tx, key)
    assert found is not None  # noqa: S101 - it was made above
    return found


def is_busy(tx: Transaction) -> bool:
    """Tell whether somebody is at work on an action of the account."""
    c = action_ledger.c
    query = select(c.id).where(c.connection == tx.account, c.owner.is_not(None), c.lease_until > tx.instant)
    return tx.sql.execute(query.limit(1)).first() is not None


def at_work(tx: Transaction, *, since: datetime) -> set[str]:
    """Return the ids of the account's actions that somebody is at work on, of those touched since."""
    c = action_ledger.c
    query = select(c.id).where(
        c.connection == tx.account,
        c.updated_at >= since,
        c.owner.is_not(None),
        c.lease_until > tx.instant,
    )
    return set(tx.sql.execute(query).scalars())


def find(tx: Transaction, key: str) -> Entry | None:
    """Return the row of a key."""
    c = action_ledger.c
    rows = tx.sql.execute(
        select(action_ledger).where(c.connection == tx.account, c.idempotency_key == key)
    ).mappings()
    return next((_entry(dict(row)) for row in rows), None)


def last_of(tx: Transaction, prefix: str) -> Entry | None:
    """Return the row with the last of the keys that begin with `prefix`."""
    c = action_ledger.c
    query = (
        select(action_ledger)
        .where(c.connection == tx.account, c.idempotency_key >= prefix, c.idempotency_key < f"{prefix}~")
        .order_by(c.idempotency_key.desc())
        .limit(1)
    )
    return next((_entry(dict(row)) for row in tx.sql.execute(query).mappings()), None)


def get(tx: Transaction, action_id: str) -> Entry | None:
    """Return the row with an id."""
    c = action_ledger.c
    rows = tx.sql.execute(
        select(action_ledger).where(c.connection == tx.account, c.id == action_id)
    ).mappings()
    return next((_entry(dict(row)) for row in rows), None)


def rivals(tx: Transaction, action_id: str, request: str) -> list[Entry]:
    """Return the other rows with a step of the same `request` that were touched since the action was made.

    On PostgreSQL they and the action's own row are held until the transaction ends, in the order of their
    ids, so that of two actions that look at each other one waits. On SQLite whoever writes is alone.
    """
    c = action_ledger.c
    made_at = select(c.created_at).where(c.id == action_id).scalar_subquery()
    like = cast(c.steps, Text).contains(request, autoescape=True)
    query = (
        select(action_ledger)
        .where(c.connection == tx.account, c.updated_at >= made_at, or_(c.id == action_id, like))
        .order_by(c.id)
        .with_for_update()
    )
    found = [_entry(dict(row)) for row in tx.sql.execute(query).mappings()]
    return [each for each in found if each.id != action_id]


def recent(
    tx: Transaction, *, states: tuple[ActionState, ...] = tuple(ActionState), limit: int = 50
) -> list[Entry]:
    """Return up to `limit` rows in one of `states`, the last touched first."""
    c = action_ledger.c
    query = (
        select(action_ledger)
        .where(c.connection == tx.account, c.state.in_([state.value for state in states]))
        .order_by(c.updated_at.desc(), c.id)
        .limit(limit)
    )
    return [_entry(dict(row)) for row in tx.sql.execute(query).mappings()]


def claim(tx: Transaction, entry: Entry, owner: str, *, run_id: str | None, until: datetime) -> bool:
    """Make `owner` the one at work on the action until `until`, unless somebody is or it was ended meanwhile.

    A row whose claim has run out may be taken: its owner died.
    """
    c = action_ledger.c
    changed = tx.sql.execute(
        update(action_ledger)
        .where(
            c.id == entry.id,
            c.updated_at == entry.updated_at,
            or_(c.owner.is_(None), c.lease_until.is_(None), c.lease_until <= tx.instant),
        )
        .values(
            owner=owner,
            lease_until=until,
            run_id=run_id,
            state=ActionState.SENDING.value,
            attempts=c.attempts + 1,
            updated_at=tx.instant,
        )
    )
    return changed.rowcount == 1


def renew(tx: Transaction, action_id: str, owner: str, *, until: datetime) -> bool:
    """Prolong a claim; False when it was lost."""
    return _owned(tx.sql, action_id, owner, {"lease_until": until})


def keep_steps(
    tx: Transaction, action_id: str, owner: str, steps: list[JsonObject], *, until: datetime
) -> None:
    """Keep how the steps stand and prolong the claim; raises ClaimLostError when it was lost."""
    if not _owned(tx.sql, action_id, owner, {"steps": steps, "lease_until": until, "updated_at": tx.instant}):
        raise ClaimLostError(action_id)


def settle(
    tx: Transaction,
    action_id: str,
    owner: str,
    state: ActionState,
    *,
    answer: JsonObject | None,
    warnings: list[str],
) -> None:
    """End the work on an action, and give up the claim; without effect when the claim was lost."""
    listed: list[JsonValue] = list(warnings)
    values = {
        "state": state.value,
        "answer": answer,
        "warnings": listed,
        "owner": None,
        "lease_until": None,
        "updated_at": tx.instant,
    }
    _owned(tx.sql, action_id, owner, values)


def release(tx: Transaction, action_id: str, owner: str) -> None:
    """Give up the claim and leave all else as it is: whoever comes next goes on from there."""
    _owned(tx.sql, action_id, owner, {"owner": None, "lease_until": None})


def record_created(tx: Transaction, model: str, remote_id: str, *, action_id: str) -> None:
    """Keep that a record of `model` was created in Lever by an action; the first one to say so counts.

    Opportunities are kept under `candidates`: it is by them that a sync of created candidates only chooses.
    """
    created.note(tx, [Created(model, remote_id, action_id, tx.instant)])


def _owned(conn: Connection, action_id: str, owner: str, values: dict[str, Any]) -> bool:
    c = action_ledger.c
    return (
        conn.execute(
            update(action_ledger).where(c.id == action_id, c.owner == owner).values(**values)
        ).rowcount
        == 1
    )


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(**{**row, "state": ActionState(row["state"])})
