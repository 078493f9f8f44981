"""The program makes and moves on its tables by itself, and keeps what is in them."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import Connection, Engine, event, inspect

from lever_assets.store import NewerSchemaError, Store, outbox, put_state
from lever_assets.store.accounts import (
    StoredAccount,
    any_account,
    keep_account,
    stored_account,
    stored_accounts,
)
from lever_assets.store.checkpoints import states
from lever_assets.store.chosen_fields import mapped, shown
from lever_assets.store.migrations import STEPS, migrate
from lever_assets.store.tables import RAW, UNIFIED, metadata, schema_version
from lever_assets_tests.store.builders import arrival, candidate, landed, merged, tag, whole

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")


def forget_fingerprint(conn: Connection) -> None:
    conn.execute(schema_version.update().values(fingerprint="of an older program"))


def statements_of(engine: Engine, into: list[str]) -> None:
    event.listen(engine, "before_cursor_execute", lambda *args: into.append(str(args[2])))


def test_an_empty_database_gets_every_table(empty_database_url: str) -> None:
    store = Store.open(empty_database_url)
    assert set(inspect(store.engine).get_table_names()) == set(metadata.tables)
    landed(store, arrival("u1"))
    store.close()


def test_a_current_database_takes_two_queries(store: Store) -> None:
    seen: list[str] = []
    statements_of(store.engine, seen)
    migrate(store.engine)
    [shape, version] = [statement for statement in seen if not statement.startswith(("PRAGMA", "BEGIN"))]
    assert "AS column_name" in shape
    assert "FROM schema_version" in version


def test_what_an_older_program_lacked_is_added_and_its_data_kept(store: Store) -> None:
    merged(store, ("o1", candidate("o1", first_name="Ada", title="Engineer")), model="candidates")
    merged(store, ("o1", tag("a")))
    landed(store, arrival("u1"))
    before = whole(store, RAW["users"]), whole(store, UNIFIED["candidates"], "id", "first_name")
    with store.writing("lever") as tx:
        tx.sql.exec_driver_sql("DROP TABLE tags")
        tx.sql.exec_driver_sql("ALTER TABLE candidates DROP COLUMN title")
        tx.sql.exec_driver_sql("DROP INDEX ix_candidates_source")
        tx.sql.exec_driver_sql("DROP INDEX ix_raw_users_version")
        tx.sql.exec_driver_sql("ALTER TABLE raw_users ADD COLUMN of_a_newer_program TEXT")
        tx.sql.exec_driver_sql("CREATE TABLE of_the_user (n INTEGER)")
        tx.sql.exec_driver_sql("INSERT INTO of_the_user VALUES (7)")
        forget_fingerprint(tx.sql)
    migrate(store.engine)
    assert (whole(store, RAW["users"]), whole(store, UNIFIED["candidates"], "id", "first_name")) == before
    assert whole(store, UNIFIED["candidates"], "title") == [(None,)]
    assert whole(store, UNIFIED["tags"]) == []
    found = inspect(store.engine)
    assert {"ix_candidates_source"} <= {index["name"] for index in found.get_indexes("candidates")}
    assert {"ix_raw_users_version"} <= {index["name"] for index in found.get_indexes("raw_users")}
    assert "of_a_newer_program" in {column["name"] for column in found.get_columns("raw_users")}
    with store.reading("lever") as tx:
        assert tx.sql.exec_driver_sql("SELECT n FROM of_the_user").scalar_one() == 7
    promoted = candidate("o1", first_name="Ada", title="CTO")
    assert merged(store, ("o1", promoted), model="candidates").updated == 1


def test_a_database_from_before_gets_indexes_for_people(store: Store) -> None:
    """They came together with what else is here, and no step: comparing finds them."""
    merged(store, ("o1", candidate("o1", first_name="Ada")), model="candidates")
    made = [
        str(index.name)
        for table in UNIFIED.values()
        for index in table.indexes
        if str(index.name).endswith((f"{table.name}_changed_at", f"{table.name}_remote_deleted_at"))
    ]
    assert len(made) == 2 * len(UNIFIED)
    with store.writing("lever") as tx:
        for name in made:
            tx.sql.exec_driver_sql(f"DROP INDEX {name}")
        forget_fingerprint(tx.sql)
    migrate(store.engine)
    found = inspect(store.engine)
    for table in UNIFIED.values():
        assert {each["name"] for each in found.get_indexes(table.name)} == {
            index.name for index in table.indexes
        }
    [gone] = [
        each for each in found.get_indexes("candidates") if each["name"] == "ix_candidates_remote_deleted_at"
    ]
    where = gone["dialect_options"][f"{store.engine.dialect.name}_where"]
    assert "remote_deleted_at IS NOT NULL" in str(where)
    assert whole(store, UNIFIED["candidates"], "first_name") == [("Ada",)]


def test_what_columns_are_said_to_mean_is_kept_up(postgresql_database: str) -> None:
    store = Store.open(postgresql_database)
    with store.writing("lever") as tx:
        tx.sql.exec_driver_sql("COMMENT ON COLUMN candidates.title IS 'As an older program said'")
        tx.sql.exec_driver_sql("COMMENT ON COLUMN sync_state.key IS NULL")
        tx.sql.exec_driver_sql("COMMENT ON TABLE offers IS 'Of old'")
        tx.sql.exec_driver_sql("ALTER TABLE jobs ALTER COLUMN source_key DROP NOT NULL")
        forget_fingerprint(tx.sql)
    migrate(store.engine)
    found = inspect(store.engine)
    for name in ("candidates", "sync_state"):
        told = {column["name"]: column["comment"] for column in found.get_columns(name)}
        assert told == {column.name: column.comment for column in metadata.tables[name].c}
    assert found.get_table_comment("offers")["text"] == UNIFIED["offers"].comment
    [key] = [each for each in found.get_columns("jobs") if each["name"] == "source_key"]
    assert key["nullable"]  # of what else differs nothing is changed
    with store.writing("lever") as tx:
        tx.sql.exec_driver_sql("ALTER TABLE jobs ALTER COLUMN source_key SET NOT NULL")
    store.close()


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.writing("lever") as tx:
        forget_fingerprint(tx.sql)
    seen: list[str] = []
    statements_of(store.engine, seen)
    migrate(store.engine)
    changes = ("CREATE", "ALTER", "DROP", "COMMENT")
    assert [statement for statement in seen if statement.strip().startswith(changes)] == []
    assert whole(store, schema_version, "one", "version")[0] == (1, len(STEPS))


def test_steps_run_once_in_order_and_only_on_older_databases(store: Store) -> None:
    merged(store, ("o1", tag("a")), ("o1", tag("b")))
    ran: list[str] = []

    def rename(conn: Connection) -> None:
        ran.append("rename")
        conn.execute(UNIFIED["tags"].update().where(UNIFIED["tags"].c.name == "a").values(name="renamed"))

    def second(conn: Connection) -> None:
        ran.append("second")
        conn.execute(UNIFIED["tags"].update().where(UNIFIED["tags"].c.name == "renamed").values(name="twice"))

    migrate(store.engine, [*STEPS, rename])
    migrate(store.engine, [*STEPS, rename])
    migrate(store.engine, [*STEPS, rename, second])
    assert ran == ["rename", "second"]
    assert sorted(whole(store, UNIFIED["tags"], "name")) == [("b",), ("twice",)]
    assert whole(store, schema_version, "version") == [(len(STEPS) + 2,)]


def test_a_new_database_needs_no_steps(empty_database_url: str) -> None:
    Store.open(empty_database_url).close()
    store = Store.open(empty_database_url)
    assert whole(store, schema_version, "version") == [(len(STEPS),)]
    store.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(store: Store) -> None:
    merged(store, ("o1", tag("a")))

    def broken(conn: Connection) -> None:
        conn.exec_driver_sql("ALTER TABLE tags ADD COLUMN half TEXT")
        conn.exec_driver_sql("UPDATE tags SET name = 'half'")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        migrate(store.engine, [*STEPS, broken])
    assert whole(store, UNIFIED["tags"], "name") == [("a",)]
    assert "half" not in {column["name"] for column in inspect(store.engine).get_columns("tags")}
    assert whole(store, schema_version, "version") == [(len(STEPS),)]


def test_a_database_of_a_newer_program_is_refused(store: Store, database_url: str) -> None:
    with store.writing("lever") as tx:
        tx.sql.execute(schema_version.update().values(version=len(STEPS) + 3))
    with pytest.raises(NewerSchemaError, match=f"version {len(STEPS) + 3}") as caught:
        Store.open(database_url)
    assert "install the newer lever-assets" in caught.value.remedy


OPENING = """
import sys
from lever_assets.store import Store
print("ready", flush=True)
sys.stdin.readline()
Store.open(sys.argv[1]).close()
"""


@pytest.mark.long
def test_several_processes_may_open_a_new_database_at_once(empty_database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, empty_database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * 4
    store = Store.open(empty_database_url)
    assert set(inspect(store.engine).get_table_names()) == set(metadata.tables)
    store.close()


def test_a_file_gets_a_write_ahead_log(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'lever.db'}")
    with store.reading("lever") as tx:
        assert tx.sql.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    store.close()


def test_a_new_file_has_pages_in_which_rows_leave_little_free(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'lever.db'}")
    with store.reading("lever") as tx:
        assert tx.sql.exec_driver_sql("PRAGMA page_size").scalar_one() == 16_384
    store.close()


def test_a_file_with_smaller_pages_goes_on_until_somebody_writes_it_anew(tmp_path: Path) -> None:
    file = tmp_path / "lever.db"
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA page_size=4096")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("CREATE TABLE of_the_user (n INTEGER)")

    def look() -> tuple[object, object]:
        store = Store.open(f"sqlite:///{file}")
        landed(store, arrival("u1"))
        with store.reading("lever") as tx:
            found = [
                tx.sql.exec_driver_sql(f"PRAGMA {each}").scalar_one()
                for each in ("page_size", "journal_mode")
            ]
        assert store.compact()
        store.close()
        return found[0], found[1]

    assert look() == (4096, "wal")
    anew = re.search(r"^\.venv/bin/python - <<'END'\n(.*journal_mode.*?)^END$", OPERATING, re.M | re.S)
    assert anew is not None
    lines = anew[1].replace("data/lever.db", str(file))
    subprocess.run([sys.executable, "-"], input=lines, text=True, check=True)
    assert look() == (16_384, "wal")


def test_notices_that_waited_one_at_a_time_go_on_and_others_may_wait_beside_them(store: Store) -> None:
    with store.writing("lever") as tx:
        kept = _notice("one")
        assert outbox.put(tx, kept)
        for index in ("ux_notice_outbox_changed", "ix_notice_outbox_due"):
            tx.sql.exec_driver_sql(f"DROP INDEX {index}")
        tx.sql.exec_driver_sql("ALTER TABLE notice_outbox DROP COLUMN type")
        tx.sql.exec_driver_sql(
            "CREATE UNIQUE INDEX ux_notice_outbox_pending ON notice_outbox (connection, target) "
            "WHERE state = 'pending'"
        )
        tx.sql.execute(schema_version.update().values(version=1, fingerprint="of version 1"))
    migrate(store.engine)
    with store.writing("lever") as tx:
        assert outbox.add(tx, replace(_notice("two"), type="integration-created"))
        assert outbox.add(tx, replace(_notice("three"), type="integration-created"))
        assert not outbox.add(tx, _notice("four"))  # of changed data one waits at most
        assert outbox.last(tx, "a target") == kept
        assert [each.id for each in outbox.take_due(tx, again_at=NOON)] == ["one"]
    indexes = {index["name"] for index in inspect(store.engine).get_indexes("notice_outbox")}
    assert {"ux_notice_outbox_changed", "ix_notice_outbox_due"} <= indexes
    assert "ux_notice_outbox_pending" not in indexes


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _notice(ident: str) -> outbox.Notice:
    return outbox.Notice(ident, "lever", "a target", ["tags"], {"tags": "1"}, "{}", 0, NOON)


def of_version_2(store: Store, *also: str, kept: Mapping[tuple[str, str], JsonValue]) -> None:
    """Leave the database as the program before left one, with these values in `sync_state`."""
    for (connection, key), value in kept.items():
        with store.writing(connection, at=NOON) as tx:
            put_state(tx, key, value)
    with store.writing("") as tx:
        for statement in (
            "DROP INDEX ix_accounts_named_at_first",
            "ALTER TABLE accounts DROP COLUMN removed_at",
            "DROP TABLE mapped_fields",
            "DROP TABLE shown_fields",
            *also,
        ):
            tx.sql.exec_driver_sql(statement)
        tx.sql.execute(schema_version.update().values(version=2, fingerprint="of version 2"))


ACME = StoredAccount(
    connection="acme",
    named_at_first="first",
    kind="oauth",
    environment="production",
    settings={"sync_window": "daily"},
    created_at=NOON,
    updated_at=NOON,
)


def test_a_connection_that_was_removed_before_that_was_kept_has_a_row_again(store: Store) -> None:
    with store.writing("acme", at=NOON) as tx:
        keep_account(tx, ACME)
    of_version_2(
        store,
        kept={
            ("acme", "named_at_first"): "first",  # it was connected again
            ("gone", "named_at_first"): "of_old",
            ("damaged", "named_at_first"): [1],
            ("gone", "watermark:users"): "2026-01-01T00:00:00+00:00",
        },
    )
    with store.reading("") as tx:
        assert [each.connection for each in stored_accounts(tx)] == ["acme"]  # not yet migrated
    migrate(store.engine)

    with store.reading("gone") as tx:
        found = {each.connection: each for each in stored_accounts(tx)}
        assert found["acme"] == ACME
        assert {name: each.removed_at for name, each in found.items()} == {
            "acme": None,
            "damaged": NOON,
            "gone": NOON,
        }
        assert (found["gone"].named_at_first, found["damaged"].named_at_first) == ("of_old", "damaged")
        assert stored_account(tx) is None
        assert any_account(tx) == found["gone"]
        assert {each for each in states(tx, "") if not each.startswith("gap:")} == {"watermark:users"}
    before = whole(store, metadata.tables["accounts"])
    with store.writing("") as tx:
        forget_fingerprint(tx.sql)
    migrate(store.engine)
    assert whole(store, metadata.tables["accounts"]) == before


def test_what_was_decided_of_fields_is_in_tables_of_their_own(store: Store) -> None:
    of_version_2(
        store,
        kept={
            ("acme", "field_names"): {"jobs": {"team": "department", "x": "y"}, "offers": {}},
            ("acme", "shown_fields"): {"offers": ["salary", "salary", "start"]},
            ("beta", "field_names"): ["damaged"],
            ("beta", "shown_fields"): {"offers": 7, "jobs": ["team", None, {"a": 1}]},
        },
    )
    migrate(store.engine)

    with store.reading("acme") as tx:
        assert mapped(tx) == {"jobs": {"team": "department", "x": "y"}}
        assert shown(tx) == {"offers": frozenset({"salary", "start"})}
        assert states(tx, "") == {}
    with store.reading("beta") as tx:
        assert (mapped(tx), shown(tx)) == ({}, {"jobs": frozenset({"team"})})
        assert states(tx, "") == {}


@pytest.mark.parametrize(
    "also",
    [(), ("DROP TABLE accounts",), ("DROP TABLE sync_state",), ("ALTER TABLE sync_state DROP COLUMN value",)],
    ids=["nothing kept", "before accounts", "no checkpoints", "checkpoints torn"],
)
def test_where_nothing_was_decided_the_tables_are_made_and_nothing_else(
    store: Store, also: tuple[str, ...]
) -> None:
    merged(store, ("o1", tag("a")))
    of_version_2(store, *also, kept={})
    migrate(store.engine)

    assert whole(store, UNIFIED["tags"], "name") == [("a",)]
    assert whole(store, metadata.tables["accounts"]) == []
    columns = {each["name"] for each in inspect(store.engine).get_columns("accounts")}
    assert columns == set(metadata.tables["accounts"].c.keys())
    assert whole(store, schema_version, "version") == [(len(STEPS),)]


def test_tables_that_a_step_has_made_are_as_those_of_a_new_database(store: Store) -> None:
    """Their comments, too, where the database keeps any."""

    def told() -> list[object]:
        found = inspect(store.engine)
        return [
            (
                sorted((each["name"], str(each["type"]), each.get("comment")) for each in columns),
                sorted(str(each["name"]) for each in found.get_indexes(name)),
                found.get_pk_constraint(name)["constrained_columns"],
            )
            for name in ("accounts", "mapped_fields", "shown_fields")
            for columns in [found.get_columns(name)]
        ]

    new = told()
    of_version_2(
        store,
        kept={
            ("gone", "named_at_first"): "gone",
            ("gone", "field_names"): {"jobs": {"team": "department"}},
            ("gone", "shown_fields"): {"jobs": ["team"]},
        },
    )
    assert not inspect(store.engine).has_table("shown_fields")
    migrate(store.engine)
    assert told() == new


def test_a_column_that_was_added_leaves_the_metadata_as_they_are(store: Store) -> None:
    with store.writing("lever") as tx:
        for index in UNIFIED["candidates"].indexes:
            if "changed_at" in index.columns:
                tx.sql.exec_driver_sql(f"DROP INDEX {index.name}")
        tx.sql.exec_driver_sql("DROP VIEW IF EXISTS current_candidates")
        tx.sql.exec_driver_sql("ALTER TABLE candidates DROP COLUMN changed_at")
        forget_fingerprint(tx.sql)
    migrate(store.engine)
    assert "changed_at" in {each["name"] for each in inspect(store.engine).get_columns("candidates")}
    assert not UNIFIED["candidates"].c.changed_at.nullable  # what is made and described later goes by it
