"""What somebody did to the tables by hand: what is ours is made again, what is not is never touched."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, inspect

from lever_assets.store import DamagedError, Store, UnfitError
from lever_assets.store.accounts import (
    StoredAccount,
    keep_account,
    mark_removed,
    named_at_first,
    stored_account,
)
from lever_assets.store.chosen_fields import keep_mapped, keep_shown, mapped, shown
from lever_assets.store.migrations import STEPS
from lever_assets.store.refilling import gaps
from lever_assets.store.tables import RAW, UNIFIED, metadata, schema_version
from lever_assets_tests.store.builders import LEVER, arrival, candidate, landed, merged, whole
from lever_assets_tests.store.sentences import told


def by_hand(database: str, *statements: str) -> None:
    """Do what somebody with a client does."""
    store = Store.open(database, migrate=False)
    with store.writing(LEVER) as tx:
        for statement in statements:
            tx.sql.exec_driver_sql(statement)
    store.close()


def drop_column(conn: Connection, table: str, column: str) -> None:
    """Drop a column; on SQLite its indexes have to go first."""
    for index in inspect(conn).get_indexes(table):
        if column in index["column_names"]:
            conn.exec_driver_sql(f"DROP INDEX {index['name']}")
    conn.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


@pytest.fixture
def filled(database_url: str) -> str:
    """URL of a database with a record and a row."""
    store = Store.open(database_url)
    landed(store, arrival("u1"))
    merged(store, ("o1", candidate("o1", first_name="Ada", title="Engineer")), model="candidates")
    store.close()
    return database_url


@pytest.fixture
def reopened(filled: str) -> Iterator[Store]:
    """The database, opened by a test when it likes."""
    store = Store.open(filled, migrate=False)
    yield store
    store.close()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("but", ["sync_state", "raw_users"])
def test_tables_that_were_dropped_are_made_again_and_noted(filled: str, but: str) -> None:
    """All of them but one that tells of the connection."""
    dropped = set(metadata.tables) - {but}
    by_hand(filled, *(f"DROP TABLE {name}" for name in sorted(dropped)))
    store = Store.open(filled)
    assert set(inspect(store.engine).get_table_names()) == set(metadata.tables)
    with store.reading(LEVER) as tx:
        assert {each.table for each in gaps(tx)} == dropped
    store.close()


def test_a_column_that_was_dropped_is_made_again_with_its_index_and_noted(filled: str) -> None:
    store = Store.open(filled, migrate=False)
    with store.writing(LEVER) as tx:
        drop_column(tx.sql, "candidates", "remote_id")
        drop_column(tx.sql, "raw_users", "parent_id")
    store.close()
    store = Store.open(filled)
    found = inspect(store.engine)
    assert "remote_id" in {each["name"] for each in found.get_columns("candidates")}
    assert "ix_candidates_remote_id" in {each["name"] for each in found.get_indexes("candidates")}
    assert "ix_raw_users_parent_id" in {each["name"] for each in found.get_indexes("raw_users")}
    with store.reading(LEVER) as tx:
        assert {(each.table, each.columns) for each in gaps(tx)} == {
            ("candidates", ("remote_id",)),
            ("raw_users", ("parent_id",)),
        }
    # What comes is not taken for what is there.
    assert landed(store, arrival("u1")).updated == 1
    store.close()


def test_rows_that_lost_what_each_needs_are_usable_at_once(filled: str) -> None:
    store = Store.open(filled, migrate=False)
    with store.writing(LEVER) as tx:
        for column in ("data", "content_hash", "last_seen_at"):
            drop_column(tx.sql, "raw_users", column)
        for column in ("source_key", "changed_at"):
            drop_column(tx.sql, "candidates", column)
    store.close()
    store = Store.open(filled)
    assert landed(store, arrival("u1")).updated == 1
    assert (
        merged(store, ("o1", candidate("o1", first_name="Ada", title="CTO")), model="candidates").updated == 1
    )
    needed = [column.name for column in RAW["users"].columns if not column.nullable]
    assert None not in whole(store, RAW["users"], *needed)[0]
    store.close()


def test_a_gap_is_noted_until_it_is_filled_and_grows(filled: str) -> None:
    for column in ("title", "company"):
        by_hand(filled, f"ALTER TABLE candidates DROP COLUMN {column}")
        Store.open(filled).close()
    store = Store.open(filled)
    with store.reading(LEVER) as tx:
        assert [each.columns for each in gaps(tx)] == [("company", "title")]
    store.close()
    by_hand(filled, "DROP TABLE candidates")
    store = Store.open(filled)
    with store.reading(LEVER) as tx:
        assert [each.columns for each in gaps(tx)] == [()]
    store.close()


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "garbage",
    [
        "DELETE FROM schema_version",
        "UPDATE schema_version SET version = -3",
        "UPDATE schema_version SET fingerprint = ''",
        "UPDATE schema_version SET one = 7",
        "INSERT INTO schema_version (one, version, fingerprint) VALUES (2, 99, 'x')",
        "ALTER TABLE schema_version DROP COLUMN version",
        "DROP TABLE schema_version",
    ],
)
def test_a_damaged_version_heals(filled: str, garbage: str) -> None:
    by_hand(filled, garbage)
    store = Store.open(filled)
    assert whole(store, schema_version, "one", "version")[0] == (1, len(STEPS))
    assert whole(store, UNIFIED["candidates"], "title") == [("Engineer",)]
    store.close()


@pytest.mark.parametrize("version", ["'garbage'", "1.5", "x'00'"])
def test_a_version_that_is_no_number_heals(sqlite_database: str, version: str) -> None:
    by_hand(sqlite_database, f"UPDATE schema_version SET version = {version}")
    store = Store.open(sqlite_database)
    assert whole(store, schema_version, "one", "version") == [(1, len(STEPS))]
    store.close()


FOREIGN = {
    "users": "CREATE TABLE users (id INTEGER PRIMARY KEY, first_name TEXT, email TEXT)",
    "tags": "CREATE VIEW tags AS SELECT 1 AS id",
    "jobs": "CREATE TABLE jobs (id INTEGER, name TEXT, status TEXT, changed_at TEXT)",
    "sync_state": "CREATE TABLE sync_state (key TEXT, value TEXT)",
    "schema_version": "CREATE TABLE schema_version (version INTEGER, applied_at TEXT)",
    "changes": "CREATE TABLE changes (id INTEGER, kind TEXT, seen_at TEXT)",
    "connections": "CREATE TABLE connections (id INTEGER, name TEXT, updated_at TEXT)",
}


def refused(database: str, name: str) -> None:
    """Open the database, which is refused for the sake of a table, and left as it is."""
    store = Store.open(database, migrate=False)

    def names() -> tuple[set[str], list[str]]:
        found = inspect(store.engine)
        return set(found.get_table_names()), [each["name"] for each in found.get_columns(name)]

    before = names()
    with pytest.raises(UnfitError, match=rf"^{name} is there already, and not one of this") as caught:
        Store.open(database)
    assert "name another database" in told(caught)
    assert names() == before
    store.close()


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_somebody_elses_is_refused_and_not_touched(empty_database_url: str, name: str) -> None:
    by_hand(empty_database_url, FOREIGN[name])
    refused(empty_database_url, name)


@pytest.mark.parametrize("name", ["users", "tags"])
def test_what_took_the_place_of_a_table_of_ours_is_refused(filled: str, name: str) -> None:
    by_hand(filled, f"DROP TABLE {name}", FOREIGN[name])
    refused(filled, name)


def test_another_schema_is_a_way_out(empty_postgresql_database: str) -> None:
    by_hand(empty_postgresql_database, FOREIGN["users"], "CREATE SCHEMA lever")
    with pytest.raises(UnfitError, match=r"options=-csearch_path=NAME"):
        Store.open(empty_postgresql_database)
    store = Store.open(f"{empty_postgresql_database}&options=-csearch_path=lever")
    landed(store, arrival("u1"))
    assert set(inspect(store.engine).get_table_names()) == set(metadata.tables)
    assert inspect(store.engine).get_table_names("public") == ["users"]
    store.close()


def test_a_schema_that_does_not_exist_is_told(empty_postgresql_database: str) -> None:
    with pytest.raises(UnfitError, match=r"has no schema to make tables in; create the one") as caught:
        Store.open(f"{empty_postgresql_database}&options=-csearch_path=nowhere")
    told(caught)


def test_a_name_that_an_index_of_somebody_elses_has_is_told(empty_database_url: str) -> None:
    by_hand(
        empty_database_url,
        "CREATE TABLE of_the_user (n INTEGER)",
        "CREATE INDEX ix_candidates_source ON of_the_user (n)",
    )
    with pytest.raises(UnfitError, match=r"ix_candidates_source.* rename what is there") as caught:
        Store.open(empty_database_url)
    told(caught)


@pytest.mark.parametrize(
    ("table", "column"),
    [("candidates", "connection"), ("raw_users", "remote_id"), ("action_ledger", "state")],
)
def test_a_column_that_nothing_can_fill_again_is_told_with_the_way_out(
    postgresql_database: str, table: str, column: str
) -> None:
    by_hand(postgresql_database, f"ALTER TABLE {table} DROP COLUMN {column}")
    with pytest.raises(DamagedError, match=rf"the table {table} has lost its column {column}") as caught:
        Store.open(postgresql_database)
    assert "drop that table: it is made again" in told(caught)
    by_hand(postgresql_database, f"DROP TABLE {table}")
    Store.open(postgresql_database).close()


def test_a_table_that_goes_while_it_is_used_is_told_and_made_again(reopened: Store, filled: str) -> None:
    by_hand(filled, "DROP TABLE raw_users")
    with pytest.raises(DamagedError, match=r"raw_users.*run again: it is made and filled anew") as caught:
        landed(reopened, arrival("u1"))
    told(caught)
    store = Store.open(filled)
    assert landed(store, arrival("u1")).inserted == 1
    store.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_that_has_no_room_for_every_name_is_refused(postgresql_url: str, encoding: str) -> None:
    name = f"in_{encoding.lower()}"
    with psycopg.connect(postgresql_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode())
    try:
        with pytest.raises(UnfitError, match=rf"keeps text as {encoding}.*ENCODING 'UTF8'") as caught:
            Store.open(postgresql_url.replace("/postgres?", f"/{name}?"))
        told(caught)
    finally:
        with psycopg.connect(postgresql_url, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_what_users_have_decided_outlives_the_checkpoints(filled: str) -> None:
    """Those are made again empty: a sync finds them anew, and nobody a name or a removal."""
    store = Store.open(filled)
    with store.writing(LEVER) as tx:
        keep_mapped(tx, "jobs", {"team": "department"})
        keep_shown(tx, "offers", ["salary"])
        account = StoredAccount(
            connection=LEVER,
            named_at_first="first",
            kind="api_key",
            environment="production",
            created_at=tx.instant,
            updated_at=tx.instant,
        )
        keep_account(tx, account)
        mark_removed(tx)
    store.close()
    by_hand(filled, "ALTER TABLE sync_state DROP COLUMN value")
    store = Store.open(filled)
    with store.reading(LEVER) as tx:
        assert "sync_state" in {each.table for each in gaps(tx)}
        assert mapped(tx) == {"jobs": {"team": "department"}}
        assert shown(tx) == {"offers": frozenset({"salary"})}
        assert named_at_first(tx) == "first"
        assert stored_account(tx) is None
    store.close()
