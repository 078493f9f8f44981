"""A transaction: what happens at once, of one Lever account, at one instant, as one landing."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

from pydantic import JsonValue
from sqlalchemy import Connection, func, select

from lever_assets.store.dialects import OF, upsert
from lever_assets.store.tables import RAW, sync_state
from lever_assets.store.values import whole_number

_VERSION_KEY = "landing_version"
_LAST = select(sync_state.c.value).where(sync_state.c.connection == OF, sync_state.c.key == _VERSION_KEY)
_LAST_HELD = _LAST.with_for_update()

NOBODY = ""
"""What is kept of no account that there is, is kept under this name."""


def now() -> datetime:
    """Return the present instant (UTC)."""
    return datetime.now(UTC)


class Transaction:
    """One that `Store.writing` or `Store.reading` has begun; nearly every function of the store takes it.

    `sql` is SQLAlchemy's connection, in the transaction; `account` the name of the Lever account whose rows
    are meant (the column `connection`); `instant` (UTC) when it began, or had other landings wait: what it
    writes was seen, changed or gone then.
    """

    def __init__(self, sql: Connection, account: str, instant: datetime | None = None) -> None:
        self.sql = sql
        self.account = account
        self.instant = instant or now()
        self.is_given = instant is not None
        self.held_states: Mapping[str, JsonValue] | None = None
        """All small facts of the account, where they were read at once (`hold_states`)."""
        self.written: Counter[tuple[str, str]] = Counter()
        """By table and `inserted`, `updated` or `deleted`: how many rows landing and merging wrote in it."""

    def of(self, account: str) -> "Transaction":
        """Return the same transaction for another account's rows, at the same instant."""
        return Transaction(self.sql, account, self.instant)

    @cached_property
    def version(self) -> int:
        """The number of this transaction's landing, taken when it is first asked for.

        Other landings of the account wait from then on for the end, so that numbers become visible in their
        order and a reader of `changed_keys` misses none.
        """
        version = self._last + 1
        self._keep_version(version, replace=("value", "updated_at"))
        return version

    def renew(self) -> None:
        """Let it be now (`instant`): of what follows nothing is to look older than the wait before it.

        Who follows a table by `changed_at` asks for what is newer than all that they have seen: the longer a
        row's instant lies before its commit, the more easily it is missed.
        """
        if not self.is_given:
            self.instant = now()

    @cached_property
    def _last(self) -> int:
        """The number of the last landing; other landings wait from now on for the end."""
        mine = {"of": self.account}
        kept = self.sql.execute(_LAST_HELD, mine).first()
        if kept is None:
            # Two first landings may meet here: the second waits for the first, and must not set it back.
            self._keep_version(None, replace=())
            kept = self.sql.execute(_LAST_HELD, mine).one()
        self.renew()
        return self._number(kept.value)

    def current_version(self) -> int:
        """Return the number of the last landing that was committed (or is this one), 0 before the first."""
        if self.held_states is not None:
            return self._number(self.held_states.get(_VERSION_KEY))
        return self._number(self.sql.execute(_LAST, {"of": self.account}).scalar_one_or_none())

    def note_written(self, table: str, *, inserted: int = 0, updated: int = 0, deleted: int = 0) -> None:
        """Count rows that it wrote; for whoever tells what became of single records."""
        counted = {"inserted": inserted, "updated": updated, "deleted": deleted}
        self.written.update({(table, what): count for what, count in counted.items() if count})

    def hold_landings(self) -> None:
        """Keep others from landing until the end: what is read after it is then still so when it writes."""
        _ = self._last

    def _keep_version(self, version: int | None, *, replace: tuple[str, ...]) -> None:
        row = {
            "connection": self.account,
            "key": _VERSION_KEY,
            "value": version,
            "updated_at": self.instant,
        }
        upsert(self.sql, sync_state, [row], replace=replace)

    def _number(self, kept: JsonValue) -> int:
        """Return the number that was kept; if that was lost or damaged, the highest that a record has."""
        number = whole_number(kept)
        if number is not None:
            return number
        highest = (
            self.sql.execute(
                select(func.max(table.c.version)).where(table.c.connection == self.account)
            ).scalar_one()
            for table in RAW.values()
        )
        return max(whole_number(each) or 0 for each in highest)
