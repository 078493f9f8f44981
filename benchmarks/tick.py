"""A tick of the sensor `lever_delta` in which nothing has changed, and what it asks its database."""

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlalchemy import Column, Engine, Table, event, insert, select

from benchmarks.account import Served, served
from benchmarks.accounts import connect, settings_of, tick
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.syncing import settings_for
from lever_assets.store.checkpoints import hold_states
from lever_assets.store.tables import RAW, UNIFIED, child_reads
from lever_assets.store.transaction import Transaction
from lever_assets.sync.polling import outset
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_OPPORTUNITIES = 10
_BASE = 1000
_TIMES = 20
_RAW = ("opportunities", "applications", "interviews", "offers")
_MODELS = ("candidates", "applications", "interviews", "offers")
_IDS = {"id", "remote_id", "parent_id", "source_key"}


def run(connections: int, sizes: Sequence[int]) -> None:
    """Print the CPU of an idle tick, then what it asks the database of accounts of these sizes."""
    heading(f"An idle tick: {connections} connections, SQLite")
    with served(_OPPORTUNITIES) as lever, database(Kind.SQLITE) as into:
        settings = settings_of(lever, into)
        connect(settings, lever, range(connections))
        tick(settings)
    print("  what the tick asks the database of one account")
    with served(_BASE) as lever, database(Kind.SQLITE) as into:
        _questions(lever, into, sizes)


def _questions(lever: Served, into: Database, sizes: Sequence[int]) -> None:
    settings = settings_for(lever, into)
    with Session.open(settings) as session:
        sync(session, Scope())
        there = 1
        for size in sizes:
            times = max(1, size // _BASE)
            if times > there:
                with session.writing() as tx:
                    _copy(tx, range(there, times))
                there = times
            statements, seconds = _asked(session)
            note = f"({seconds * 1000:.1f} ms of CPU)"
            figure(f"statements, {times * _BASE:,} opportunities", statements, note)


def _asked(session: Session) -> tuple[int, float]:
    """Return the statements of the question, and the seconds of CPU, the median of some."""
    statements: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    spent = []
    for _ in range(_TIMES):
        statements.clear()
        began = time.process_time()
        with session.reading() as tx:
            hold_states(tx)
            Session.within(tx, session.store, session.settings)
            known = outset(tx, session)
        spent.append(time.process_time() - began)
        if known.overdue is not None:
            raise AssertionError(f"nothing has changed, and yet: {known.overdue}")
    event.remove(Engine, "before_cursor_execute", count)
    return len(statements), median(spent)


def _copy(tx: Transaction, numbers: range) -> None:
    """Make the account larger: the rows of the opportunities, and of what belongs to them, once more each."""
    for table in (*(RAW[each] for each in _RAW), *(UNIFIED[each] for each in _MODELS)):
        own = table.c["remote_id"]
        for number in numbers:
            _again(tx, table, number, _IDS, own)
    for number in numbers:
        _again(tx, child_reads, number, _IDS, child_reads.c.parent_id)


def _again(tx: Transaction, table: Table, number: int, ids: set[str], own: Column[Any]) -> None:
    copied = (each.op("||")(f"+{number}") if each.name in ids else each for each in table.c)
    originals = select(*copied).where(own.not_like("%+%"))
    tx.sql.execute(insert(table).from_select([each.name for each in table.c], originals))
