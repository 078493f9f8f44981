"""What the tests of the sync share: sessions on a sandbox, and whole tables to compare."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select, update

from lever_assets.policy.exclusion import EXTRA
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.tables import RAW, UNIFIED, mapping_errors
from lever_assets.store.transaction import now
from lever_assets.sync.run import SyncReport, sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import status

Tables = dict[str, list[dict[str, Any]]]
EVERYTHING = Scope()
DELTA = Scope(delta=True)
HOUR = 3_600_000
"""In milliseconds, as Lever counts."""


@dataclass(frozen=True)
class Account:
    """A Lever account in the sandbox and the database that it is synced into."""

    sandbox: Sandbox
    folder: Path
    database: str

    def settings(self, **changes: Any) -> Settings:
        """Return settings that reach the account without a limit."""
        known: dict[str, Any] = {
            "api_key": SecretStr(self.sandbox.key),
            "base_url": self.sandbox.url,
            "data_dir": self.folder,
            "database_url": SecretStr(self.database),
            "rate_limit": 0,
            "concurrency": 8,
        }
        return Settings(**{**known, **changes})

    @contextmanager
    def session(self, **changes: Any) -> Iterator[Session]:
        """Open a session."""
        with Session.open(self.settings(**changes)) as session:
            yield session

    def sync(self, scope: Scope = EVERYTHING, **changes: Any) -> SyncReport:
        """Sync, and return what the sync says of itself."""
        with self.session(**changes) as session:
            return sync(session, scope)

    def sync_accepting_deletions(self, scope: Scope = EVERYTHING) -> SyncReport:
        """Sync, and take out whatever Lever does not list."""
        with Session.open(self.settings(), accept_deletions=True) as session:
            return sync(session, scope)

    def held_back(self, resource: str) -> int:
        """Return how many records are kept that Lever does not list."""
        with self.session() as session:
            found = status(session.store, session.name).resources
        return next(each.held_back for each in found if each.resource == resource)

    def make_failed_reads_due(self) -> None:
        """Let so much time pass that whatever could not be read is asked for again."""
        with self.session() as session, session.writing() as tx:
            due_at, past = mapping_errors.c.due_at, now() - timedelta(seconds=1)
            tx.sql.execute(update(mapping_errors).where(due_at.is_not(None)).values(due_at=past))

    def fresh(self) -> Tables:
        """Return the rows that a database has which is synced now, without what tells when we saw them."""
        another = Account(self.sandbox, self.folder / "fresh", empty_database(self.folder))
        another.sync()
        return live(another.database)

    def tables(self) -> Tables:
        """Return every unified table, row for row."""
        return unified_tables(self.database)


def unified_tables(url: str, *, instants: bool = True, deleted: bool = True) -> Tables:
    """Return every row of the 19 tables by id, and of the extra ones that have any.

    Without `instants` also without what tells when we saw it; without `deleted` only what exists in Lever.
    """
    left_out = set() if instants else {"changed_at", "remote_deleted_at"}
    store = Store.open(url)
    try:
        with store.reading("lever") as tx:
            found = {name: tx.sql.execute(select(table)).mappings().all() for name, table in UNIFIED.items()}
    finally:
        store.close()
    # Sorted here: databases do not agree on the order of texts.
    return {
        name: [
            {column: value for column, value in row.items() if column not in left_out}
            for row in sorted(rows, key=lambda row: str(row["id"]))
            if deleted or row["remote_deleted_at"] is None
        ]
        for name, rows in found.items()
        if rows or name not in EXTRA
    }


def live(url: str) -> Tables:
    """Return the rows that exist in Lever, without what tells when we saw them."""
    return unified_tables(url, instants=False, deleted=False)


def raw_ids(url: str, resource: str) -> set[str]:
    """Return the remote ids of the live raw records."""
    store = Store.open(url)
    try:
        with store.reading("lever") as tx:
            table = RAW[resource]
            return set(
                tx.sql.execute(select(table.c.remote_id).where(table.c.deleted_at.is_(None))).scalars()
            )
    finally:
        store.close()


def empty_database(folder: Path) -> str:
    """Return the URL of a database that does not exist yet."""
    return f"sqlite:///{folder / 'another.db'}"


def copy_of(synced: Path, lever: Sandbox, folder: Path) -> Account:
    """An account as it is in a SQLite file, which is copied: quicker than to sync it again."""
    shutil.copy(synced, folder / "lever.db")
    return Account(lever, folder, f"sqlite:///{folder / 'lever.db'}")
