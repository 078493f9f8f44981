"""Checkpoints: small facts that are kept from run to run, in `sync_state`; each kind of them has one type.

Whoever reads one whose value makes no sense (damaged by hand, or by a disk) finds none: what was forgotten is
read or mapped again, what was misread could lose or delete something.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    JsonValue,
    NonNegativeInt,
    PlainSerializer,
    Strict,
    TypeAdapter,
    ValidationError,
)
from sqlalchemy import Delete, bindparam, delete, func, select

from lever_assets.store.dialects import OF, among_these, upsert
from lever_assets.store.tables import sync_state
from lever_assets.store.transaction import Transaction

_VALUE = select(sync_state.c.value).where(
    sync_state.c.connection == OF, sync_state.c.key == bindparam("under")
)
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond these no overlap can be taken away or added."""


_EVERY = select(sync_state.c.key, sync_state.c.value).where(sync_state.c.connection == bindparam("of"))


def hold_states(tx: Transaction) -> None:
    """Read everything that is kept of the account at once; for a transaction that can't write.

    Who looks at many of them is spared a query for each.
    """
    tx.held_states = {row.key: row.value for row in tx.sql.execute(_EVERY, {"of": tx.account})}


def get_state(tx: Transaction, key: str) -> JsonValue:
    """Return the value kept under `key`, None if there is none."""
    if tx.held_states is not None:
        return tx.held_states.get(key)
    return tx.sql.execute(_VALUE, {"of": tx.account, "under": key}).scalar_one_or_none()


def kept_at_of_all(tx: Transaction) -> dict[str, datetime]:
    """Return when anything was kept last (UTC), by account, whichever account is the transaction's."""
    c = sync_state.c
    rows = tx.sql.execute(select(c.connection, func.max(c.updated_at)).group_by(c.connection))
    return {row[0]: row[1] for row in rows}


def put_state(tx: Transaction, key: str, value: JsonValue) -> None:
    """Keep `value` (anything JSON has) under `key`; instants are the caller's to encode."""
    put_states(tx, {key: value})


def put_states(tx: Transaction, values: Mapping[str, JsonValue]) -> None:
    """Keep each value under its key, as `put_state`."""
    moment = tx.instant
    rows = [
        {"connection": tx.account, "key": key, "value": value, "updated_at": moment}
        for key, value in values.items()
    ]
    upsert(tx.sql, sync_state, rows, replace=("value", "updated_at"))


def instant(value: JsonValue) -> datetime | None:
    """Return the instant (UTC) that was kept as text in ISO 8601; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST < found < _LATEST else None


def states(tx: Transaction, prefix: str) -> dict[str, JsonValue]:
    """Return every value whose key begins with `prefix`, by key."""
    if tx.held_states is not None:
        return {key: kept for key, kept in sorted(tx.held_states.items()) if key.startswith(prefix)}
    c = sync_state.c
    query = select(c.key, c.value).where(
        c.connection == tx.account, c.key.startswith(prefix, autoescape=True)
    )
    return {row.key: row.value for row in tx.sql.execute(query.order_by(c.key))}


@cache
def _forgetting(dialect: str) -> Delete:
    return delete(sync_state).where(sync_state.c.connection == OF, among_these(dialect, sync_state.c.key))


def forget_states(tx: Transaction, keys: Collection[str]) -> None:
    """Forget the values under these keys."""
    tx.sql.execute(_forgetting(tx.sql.dialect.name), {"of": tx.account, "these": keys})


def forget_beginning(tx: Transaction, prefix: str) -> None:
    """Forget the values under every key that begins so."""
    c = sync_state.c
    these = c.key.startswith(prefix, autoescape=True)
    tx.sql.execute(delete(sync_state).where(c.connection == tx.account, these))


Value = TypeVar("Value")


def _as_text(kept: object) -> object:
    """A number is no instant here: one that was misread could lose or delete something."""
    if isinstance(kept, str):
        return instant(kept)
    return kept if isinstance(kept, datetime) else None


def _usable(instant: datetime) -> datetime:
    if not _EARLIEST < instant < _LATEST:
        raise ValueError("no instant that can be meant")
    return instant.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_as_text),
    AfterValidator(_usable),
    PlainSerializer(datetime.isoformat, when_used="json"),
]
"""An instant (UTC), kept as text in ISO 8601."""
Number = Annotated[NonNegativeInt, Strict()]
"""A whole number from 0 on."""


@cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    # Made when it is asked for, once for all kinds of one type: those of all take a twentieth of a second.
    return TypeAdapter(of)


class Checkpoint(Generic[Value]):
    """One kind of checkpoint. There is one for each subject (a resource, a model), or one alone ("").

    `kind` is how its keys begin; `of` is the type of its values, anything that pydantic can make from JSON.
    """

    def __init__(self, kind: str, of: Any) -> None:
        self.kind = kind
        self._of = of

    def read(self, tx: Transaction, subject: str = "") -> Value | None:
        """Return what is kept; None: nothing, or nothing that makes sense."""
        return self._meant(get_state(tx, self._key(subject)))

    def every(self, tx: Transaction) -> dict[str, Value]:
        """Return what is kept of each subject."""
        return dict(self._every(tx))

    def of_all(self, tx: Transaction) -> dict[str, Value]:
        """Return what is kept of each account, whichever is the transaction's; of a kind without subjects."""
        c = sync_state.c
        rows = tx.sql.execute(select(c.connection, c.value).where(c.key == self.kind))
        found = {row.connection: self._meant(row.value) for row in rows}
        return {account: value for account, value in found.items() if value is not None}

    def kept_at_of_all(self, tx: Transaction) -> dict[str, datetime]:
        """Return when one of this kind was kept last (UTC), by account, whichever is the transaction's."""
        c = sync_state.c
        query = select(c.connection, func.max(c.updated_at)).group_by(c.connection)
        rows = tx.sql.execute(query.where(c.key.startswith(f"{self.kind}:", autoescape=True)))
        return {row[0]: row[1] for row in rows}

    def keep(self, tx: Transaction, value: Value, subject: str = "") -> None:
        """Keep `value` in the place of what was kept."""
        self.keep_each(tx, {subject: value})

    def keep_each(self, tx: Transaction, values: Mapping[str, Value]) -> None:
        """Keep a value of each of these subjects."""
        written = {
            self._key(subject): _adapter(self._of).dump_python(value, mode="json")
            for subject, value in values.items()
        }
        put_states(tx, written)

    def forget(self, tx: Transaction, *subjects: str) -> None:
        """Forget what is kept of these subjects."""
        forget_states(tx, [self._key(each) for each in subjects or ("",)])

    def forget_every(self, tx: Transaction, beginning: str = "") -> None:
        """Forget what is kept of all subjects that begin so."""
        forget_beginning(tx, f"{self.kind}:{beginning}")

    def _every(self, tx: Transaction) -> Iterator[tuple[str, Value]]:
        beginning = f"{self.kind}:"
        for key, kept in states(tx, beginning).items():
            value = self._meant(kept)
            if value is not None:
                yield key.removeprefix(beginning), value

    def _meant(self, kept: object) -> Value | None:
        if kept is None:
            return None
        try:
            found: Value = _adapter(self._of).validate_python(kept)
        except ValidationError:
            return None
        return found

    def _key(self, subject: str) -> str:
        return f"{self.kind}:{subject}" if subject else self.kind
