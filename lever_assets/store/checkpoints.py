"""Checkpoints: small facts that are kept from run to run, in `sync_state`; each kind of them has one type.

Whoever reads one whose value makes no sense (damaged by hand, or by a disk) finds none: what was forgotten is
read or mapped again, what was misread could lose or delete something.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, TypeAdapter, ValidationError
from sqlalchemy import Connection

from lever_assets.store.state import forget_states, get_state, put_states, states

Value = TypeVar("Value")

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond these no overlap can be taken away or added."""


def _usable(instant: datetime) -> datetime:
    if not _EARLIEST < instant < _LATEST:
        raise ValueError("no instant that can be meant")
    return instant.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    Field(strict=False),
    AfterValidator(_usable),
    PlainSerializer(datetime.isoformat, when_used="json"),
]
"""An instant (UTC), kept as text in ISO 8601."""
Number = Annotated[int, Field(strict=True, ge=0)]
"""A whole number from 0 on."""


class Checkpoint(Generic[Value]):
    """One kind of checkpoint. There is one for each subject (a resource, a model), or one alone ("").

    `kind` is how its keys begin; `of` is the type of its values, anything that pydantic can make from JSON.
    """

    def __init__(self, kind: str, of: Any) -> None:
        self.kind = kind
        self._adapter: TypeAdapter[Value] = TypeAdapter(of)

    def read(self, conn: Connection, connection: str, subject: str = "") -> Value | None:
        """Return what is kept; None: nothing, or nothing that makes sense."""
        return self._meant(get_state(conn, connection, self._key(subject)))

    def every(self, conn: Connection, connection: str) -> dict[str, Value]:
        """Return what is kept of each subject."""
        return dict(self._every(conn, connection))

    def keep(self, conn: Connection, connection: str, value: Value, subject: str = "") -> None:
        """Keep `value` in the place of what was kept."""
        self.keep_each(conn, connection, {subject: value})

    def keep_each(
        self,
        conn: Connection,
        connection: str,
        values: Mapping[str, Value],
        *,
        now: datetime | None = None,
    ) -> None:
        """Keep a value of each of these subjects."""
        written = {
            self._key(subject): self._adapter.dump_python(value, mode="json")
            for subject, value in values.items()
        }
        put_states(conn, connection, written, now=now)

    def forget(self, conn: Connection, connection: str, *subjects: str) -> None:
        """Forget what is kept of these subjects."""
        forget_states(conn, connection, keys=[self._key(each) for each in subjects or ("",)])

    def forget_every(self, conn: Connection, connection: str, beginning: str = "") -> None:
        """Forget what is kept of all subjects that begin so."""
        forget_states(conn, connection, prefixes=[f"{self.kind}:{beginning}"])

    def _every(self, conn: Connection, connection: str) -> Iterator[tuple[str, Value]]:
        beginning = f"{self.kind}:"
        for key, kept in states(conn, connection, beginning).items():
            value = self._meant(kept)
            if value is not None:
                yield key.removeprefix(beginning), value

    def _meant(self, kept: object) -> Value | None:
        if kept is None:
            return None
        try:
            return self._adapter.validate_python(kept)
        except ValidationError:
            return None

    def _key(self, subject: str) -> str:
        return f"{self.kind}:{subject}" if subject else self.kind
