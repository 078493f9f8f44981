"""What was dropped by hand is in the tables again after the next sync, and the sync tells so."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.tables import RAW, UNIFIED, metadata
from lever_assets.sync.polling import poll
from lever_assets.sync.run import replay
from lever_assets.sync.status import status
from lever_assets_tests.sync.tables import DELTA, Account, copy_of, unified_tables

SEEN = {"version", "first_seen_at", "last_seen_at", "changed_at", "asked_at"}
"""Columns that say when we saw something."""


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=10, seed=5, rate=0)) as running:
        yield running


@pytest.fixture
def anywhere(lever: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """The account, synced into a database of either kind."""
    account = Account(lever, tmp_path, database_url)
    account.sync()
    return account


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, synced: Path) -> Account:
    """The account, synced into SQLite."""
    return copy_of(synced, lever, tmp_path)


def raw_tables(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return every raw record, without when it was seen."""
    with closing(Store.open(url)) as store, store.reading("lever") as tx:
        return {
            name: [
                {column: value for column, value in row.items() if column not in SEEN}
                for row in tx.sql.execute(select(table).order_by(table.c.remote_id)).mappings()
            ]
            for name, table in RAW.items()
        }


def everything(url: str) -> tuple[Any, Any]:
    """Return all that a sync gives, without when it was seen."""
    return unified_tables(url, instants=False), raw_tables(url)


def dropped(account: Account, *tables: str, **columns: str) -> None:
    """Drop tables, and the columns given by their table; the views first, without which that can't be."""
    with closing(Store.open(account.database, migrate=False)) as store, store.writing("lever") as tx:
        for model in UNIFIED:
            tx.sql.exec_driver_sql(f"DROP VIEW IF EXISTS current_{model}")
        for table in tables:
            tx.sql.exec_driver_sql(f"DROP TABLE {table}")
        for table, column in columns.items():
            _drop_column(tx.sql, table, column)


def _drop_column(conn: Connection, table: str, column: str) -> None:
    for index in inspect(conn).get_indexes(table):
        if column in index["column_names"]:
            conn.exec_driver_sql(f"DROP INDEX {index['name']}")
    conn.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


def healed_by_a_delta(account: Account, *tables: str, **columns: str) -> tuple[str, ...]:
    """Drop these, sync what changed (which is nothing), and return the warnings; all is as before."""
    before = everything(account.database)
    dropped(account, *tables, **columns)
    report = account.sync(DELTA)
    assert everything(account.database) == before
    again = account.sync(DELTA)
    assert not any(each.counts.changed for each in again.derived)
    assert again.warnings == ()
    return report.warnings


def test_unified_tables_are_mapped_again_without_a_request(account: Account) -> None:
    before = everything(account.database)
    dropped(account, *UNIFIED)
    account.sandbox.reset_requests()
    with account.session() as session:
        [report] = replay(session, ["jobs"])
        assert report.warnings == (
            f"missing in the database and made again: {', '.join(sorted(UNIFIED))}; "
            "it is mapped again from what was read",
        )
        replay(session)
    assert account.sandbox.requests().total == 0
    assert everything(account.database) == before


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "resource", ["stages", "opportunities", "applications", "interviews", "requisitions"]
)
def test_a_raw_table_is_read_again(account: Account, resource: str) -> None:
    """A list that is always read whole, one that is not, what is inside of it and below it."""
    warnings = healed_by_a_delta(account, f"raw_{resource}")
    assert warnings == (
        f"missing in the database and made again: raw_{resource}; it is read again from Lever",
    )


def test_tables_and_columns_at_once_are_filled_again(anywhere: Account) -> None:
    warnings = healed_by_a_delta(
        anywhere,
        "raw_offers",
        "raw_applications",
        "raw_stages",
        "tags",
        "applications",
        candidates="first_name",
        jobs="remote_id",
        offers="source_key",
        raw_opportunities="data",
        raw_interviews="parent_id",
        raw_postings="remote_updated_at",
        raw_users="content_hash",
    )
    assert warnings == (
        "missing in the database and made again: applications, candidates.first_name, jobs.remote_id, "
        "offers.source_key, tags; it is mapped again from what was read",
        "missing in the database and made again: raw_applications, raw_interviews.parent_id, raw_offers, "
        "raw_opportunities.data, raw_postings.remote_updated_at, raw_stages, raw_users.content_hash; "
        "it is read again from Lever",
    )


def test_a_row_that_lost_nothing_is_not_changed(account: Account) -> None:
    before = {row["id"]: row["changed_at"] for row in account.tables()["candidates"]}
    empty = {row["id"] for row in account.tables()["candidates"] if row["company"] is None}
    assert 0 < len(empty) < len(before)
    dropped(account, candidates="company")
    account.sync(DELTA)
    changed = {row["id"] for row in account.tables()["candidates"] if row["changed_at"] != before[row["id"]]}
    assert changed == set(before) - empty


@pytest.mark.sampled(2)
@pytest.mark.parametrize("table", ["child_reads", "mapping_errors", "schema_version", "changes", "drift"])
def test_bookkeeping_is_made_again(account: Account, table: str) -> None:
    [warning] = healed_by_a_delta(account, table)
    fate = "what it held can't be had again" if table in {"changes", "drift"} else "this sync finds again"
    assert warning.startswith(f"missing in the database and made again: {table}; {fate}")


def test_without_its_marks_an_account_is_read_as_at_first(anywhere: Account) -> None:
    before = everything(anywhere.database)
    dropped(anywhere, "sync_state")
    with anywhere.session() as session:
        assert not status(session.store, session.name).complete
        assert poll(session).since is None
    anywhere.sync()
    assert everything(anywhere.database) == before
    report = anywhere.sync(DELTA)
    assert not any(each.counts.changed for each in report.derived)


@pytest.mark.long
def test_everything_but_the_marks_may_go(account: Account) -> None:
    before = everything(account.database)
    dropped(account, *(set(metadata.tables) - {"sync_state"}))
    account.sync(DELTA)
    assert everything(account.database) == before


def test_the_sensor_sees_that_something_is_to_be_filled_again(account: Account) -> None:
    dropped(account, "offers")
    with account.session() as session:
        told = poll(session)
    assert (told.changed, told.requests) == (True, 0)
    assert told.why == "A table or column was missing and is to be filled again."
    account.sync(DELTA)
    with account.session() as session:
        assert poll(session).why.startswith("Nothing has changed")
