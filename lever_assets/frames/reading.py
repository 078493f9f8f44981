"""The tables opened for somebody who reads them, and what is asked of them put into the store's words."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import SecretStr

from lever_assets.connect.account import Account
from lever_assets.connect.errors import ConnectionNameError
from lever_assets.connect.known import has_database, settings_of
from lever_assets.connect.wording import setting as in_words
from lever_assets.lever.resources import BY_NAME, RESOURCES, Child, Embedded, Windowed
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store import QuestionError, Store
from lever_assets.store.selecting import Asked, Field, Where, Within, fields, in_batches, table_named
from lever_assets.store.transaction import NOBODY, Transaction
from lever_assets.sync.retention.excluded import kept_by_any
from lever_assets.sync.session import Session
from lever_assets.sync.windows import EVERYTHING, Bounds
from lever_assets.unified.marts import BY_TABLE as MARTS
from lever_assets.unified.marts import EEO, MONTH, Mart

EVERY_CONNECTION = "*"
"""Stands for the rows of all connections in the place of a name."""
ROWS_AT_ONCE = 2_000
"""So many are in memory; with the payload of the record each is some 10 kB."""

_HOW = "by its name (--connection NAME, in Python connection=) or by LEVER_CONNECTION"

Instant = datetime | date | str
Window = Bounds | tuple[Instant | None, Instant | None]
Batches = Iterator[Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Tables:
    """The tables of a connection, or (`account` is None) of all, as they are at one instant."""

    tx: Transaction
    account: Account | None
    exclusion: Exclusion
    counts_eeo: bool = True

    def ask(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where = None,
        deleted: bool = False,
        since: Instant | None = None,
        window: Window | None = None,
    ) -> Asked:
        """Return what is asked for in the store's words; raises QuestionError for what is not there."""
        table_named(table)
        left_out = self._left_out(table)
        if left_out is not None:
            name, why, what_to_do = left_out
            setting = self.account.setting(name) if self.account else in_words(name, None)
            raise QuestionError(f"{setting} {why}", what_to_do)
        bounds = _bounds(window)
        if table in MARTS and not bounds.everything:
            raise QuestionError(
                f"{table} is made of the tables as a whole, and has no windows",
                _asked_for_instead(MARTS[table]),
            )
        return Asked(
            table=table,
            columns=[columns] if isinstance(columns, str) else columns,
            where=where,
            deleted=deleted,
            since=None if since is None else instant(since),
            within=None if bounds.everything else within(table, bounds),
            all_connections=self.account is None,
        )

    def _left_out(self, table: str) -> tuple[str, str, str] | None:
        """Return why a table is not kept: a setting, what of it, and what is to be done; None: it is kept."""
        if table not in MARTS:
            return None if self.exclusion.keeps(table) else self.exclusion.why(table)
        why = self.exclusion.why_no_mart(MARTS[table])
        if why is None and MARTS[table] is EEO and not self.counts_eeo:
            return "eeo", f"is off, and {table} with it", "set it to true, and run a full sync"
        return why

    def read(self, asked: Asked) -> tuple[tuple[Field, ...], Batches]:
        """Return the columns, and the rows, some at a time, by primary key."""
        return fields(asked), in_batches(self.tx, asked, ROWS_AT_ONCE)


@contextmanager
def tables(
    connection: str | None = None, *, database: str | None = None, settings: Settings | None = None
) -> Iterator[Tables]:
    """Open the tables to read them: of a connection, None for the usual one, or of `EVERY_CONNECTION`.

    `database` is a SQLAlchemy URL in the place of LEVER_DATABASE_URL, `settings` those in the place of the
    environment's. Raises StoreError (QuestionError where nothing was read from Lever yet), SettingsError,
    ConnectionNameError.
    """
    known = settings or Settings.load()
    if database is not None:
        known = known.model_copy(update={"database_url": SecretStr(database)})
        known.__dict__.pop("tables_url", None)
    if not has_database(known):
        raise QuestionError(f"there is no database {known.tables_url}", "run `lever-assets sync` first")
    if connection == EVERY_CONNECTION:
        with closing(Store.open_to_read(known.tables_url)) as store, store.reading(NOBODY) as tx:
            yield Tables(tx, None, kept_by_any(tx))
        return
    own, unknown = _own(known, connection)
    with Session.open(own, to_read=True) as session, session.reading() as tx:
        if not tx.current_version():
            raise unknown or QuestionError(
                f"nothing was read from Lever yet for {session.name} into {session.store.name}",
                f"run {session.account.command('sync')} first",
            )
        yield Tables(tx, session.account, session.exclusion, session.settings.counts_eeo)


def _own(known: Settings, connection: str | None) -> tuple[Settings, ConnectionNameError | None]:
    """Return the settings of a connection, and what to raise if there is nothing of that name.

    An account that a Dagster project gives in its code has rows here, and is in no list of connections.
    """
    try:
        return settings_of(known, connection, removed=True, how=_HOW), None
    except ConnectionNameError as error:
        if connection is None:
            raise
        return known.of(connection), error


def instant(given: Instant) -> datetime:
    """Return an instant in UTC: of a day its beginning, of a text what it says in ISO 8601.

    Without a zone it is UTC. Raises QuestionError for what is no instant.
    """
    match given:
        case datetime():
            # pandas' own are more than a database takes
            moment: datetime = given.to_pydatetime(warn=False) if hasattr(given, "to_pydatetime") else given
        case date():
            moment = datetime.combine(given, time())
        case str():
            try:
                moment = datetime.fromisoformat(given)
            except ValueError:
                raise QuestionError(
                    f"{given[:60]!r} is no instant", "write it like 2026-10-31 or 2026-10-31T12:00:00Z"
                ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _asked_for_instead(mart: Mart) -> str:
    if MONTH in mart.columns:
        return f"ask for months, such as where={{'{MONTH}': ['2026-10', '2026-11']}}"
    return "ask for years, such as where={'year': '2026'}"


def _bounds(window: Window | None) -> Bounds:
    if window is None:
        return EVERYTHING
    if isinstance(window, Bounds):
        return window
    lower, upper = (None if each is None else instant(each) for each in window)
    return Bounds(lower, upper)


def within(table: str, bounds: Bounds) -> Within | None:
    """Return which rows are in a window; None, all of them: so it is of whatever is read whole.

    A row belongs to the window of the record that it is mapped from, and that to the one in which it, or
    what it is read below, changed last.
    """
    resource = _driver(table)
    if resource is None:
        return None
    match BY_NAME[resource]:
        case Windowed():
            return Within(resource, None, bounds.lower, bounds.upper)
        case Child(parent=parent) | Embedded(parent=parent):
            return Within(resource, parent, bounds.lower, bounds.upper)
    return None


def _driver(table: str) -> str | None:
    """Return the resource whose records the rows of a table are mapped from singly, or are."""
    if table in DERIVATIONS:
        derivation = DERIVATIONS[table]
        return derivation.driver if isinstance(derivation, ByRecord) else None
    return next((each.name for each in RESOURCES if each.table == table), None)
