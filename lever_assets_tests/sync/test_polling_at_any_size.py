"""What a poll asks of the database does not grow with the account, and misses nothing for that."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, update

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store.checkpoints import hold_states
from lever_assets.store.children import READ_UP_TO, forget_all_reads, forget_passed_over, forget_reads
from lever_assets.store.tables import UNIFIED, child_reads
from lever_assets.store.transaction import Transaction
from lever_assets.sync.polling import outset, poll
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import sync
from lever_assets_tests.sync.tables import DELTA, Account, empty_database

MOST = 10
"""Statements of a poll, those that begin its transactions included."""
UNREAD = "A sync was stopped before it had read the {} of all opportunities."


@dataclass
class Asked:
    """What SQLite was asked: statements, and so many steps of its machine, which tell how far it went."""

    statements: list[str] = field(default_factory=list)
    steps: int = 0

    def step(self) -> None:
        """Count a step."""
        self.steps += 1


@contextmanager
def counting() -> Iterator[Asked]:
    """Count what SQLite is asked meanwhile."""
    asked = Asked()

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.statements.append(statement)

    def watch(conn: Connection) -> None:
        raw: Any = conn.connection.dbapi_connection
        raw.set_progress_handler(asked.step, 1)

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "engine_connect", watch)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        event.remove(Engine, "engine_connect", watch)


def asked_by_a_poll(folder: Path, opportunities: int) -> Asked:
    """Poll an account of so many opportunities in which nothing has changed."""
    folder.mkdir()
    with running_sandbox(SandboxConfig(opportunities=opportunities, seed=7, rate=0)) as lever:
        account = Account(lever, folder, empty_database(folder))
        account.sync()
        account.sync(DELTA)
        with account.session() as session:
            poll(session)
            with counting() as asked:
                told = poll(session)
    assert told.requests == 6
    assert not told.changed
    return asked


def test_a_poll_costs_the_same_at_any_size(tmp_path: Path) -> None:
    small, large = asked_by_a_poll(tmp_path / "small", 10), asked_by_a_poll(tmp_path / "large", 100)
    assert large.statements == small.statements
    assert len(small.statements) <= MOST
    assert sum(each.startswith("BEGIN") for each in small.statements) <= 2  # and one for the requisitions
    assert large.steps < small.steps * 1.1


def overdue(account: Account, after: timedelta = timedelta()) -> str | None:
    """Return why a delta is due after a while, whatever Lever says."""
    with account.session() as session, session.reading(datetime.now(UTC) + after) as tx:
        hold_states(tx)
        return outset(tx, session).overdue


def one_read(tx: Transaction) -> None:
    ids = tx.sql.execute(child_reads.select().where(child_reads.c.resource == "interviews")).first()
    assert ids is not None
    forget_reads(tx, "interviews", [ids.parent_id])


FORGETTING = {
    "one read": (one_read, "interviews"),
    "all reads": (lambda tx: forget_all_reads(tx, "interviews"), "interviews"),
    "passed over": (lambda tx: forget_passed_over(tx, "offers"), "offers"),
}


@pytest.mark.parametrize("what", FORGETTING)
def test_reads_that_were_forgotten_are_due(anywhere: Account, what: str) -> None:
    forget, resource = FORGETTING[what]
    anywhere.sync()
    assert overdue(anywhere) is None
    with anywhere.session() as session, session.writing() as tx:
        forget(tx)
    assert (
        overdue(anywhere) == f"The {resource} of some opportunities are still to be read for the first time."
    )
    anywhere.sync(DELTA)
    assert overdue(anywhere) is None


def test_what_changed_is_due_until_what_is_below_was_read(anywhere: Account) -> None:
    anywhere.sync()
    anywhere.sandbox.touch(share=0.5, seed=2)
    with anywhere.session() as session:
        sync(session, DELTA, run=Run.of("opportunities"), models=[])
    assert overdue(anywhere) == UNREAD.format("interviews")
    with anywhere.session() as session:
        sync(session, DELTA, run=Run.of("interviews"), models=[])
    assert overdue(anywhere) == UNREAD.format("offers")
    anywhere.sync(DELTA)
    assert overdue(anywhere) is None


def test_a_mark_that_lies_ahead_of_all_landings_spares_no_look(anywhere: Account) -> None:
    anywhere.sync()
    with anywhere.session() as session, session.writing() as tx:
        READ_UP_TO.keep(tx, 1_000_000, "interviews")
        tx.sql.execute(delete(child_reads).where(child_reads.c.resource == "interviews"))
    assert overdue(anywhere) == UNREAD.format("interviews")


def test_the_watched_are_due_when_their_time_has_come(anywhere: Account) -> None:
    anywhere.sync()
    soon = datetime.now(UTC) + timedelta(days=3)
    with anywhere.session() as session, session.writing() as tx:
        tx.sql.execute(update(UNIFIED["interviews"]).values(starting_at=soon, canceled=False))
    anywhere.sync(watch_minutes=0)
    assert overdue(anywhere, timedelta(minutes=29)) is None
    why = overdue(anywhere, timedelta(minutes=31))
    assert why is not None
    assert "watched" in why
