"""What goes wrong with a database is told in one sentence with its remedy, and never with the password."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from lever_assets.store import (
    BusyError,
    DiskFullError,
    ReadOnlyError,
    Store,
    StoreError,
    UnreachableError,
)
from lever_assets.store.store import make_engine
from lever_assets.store.tables import RAW
from lever_assets.store.urls import database_url as completed
from lever_assets_tests.serving import free_port
from lever_assets_tests.store.builders import arrival, landed, whole
from lever_assets_tests.store.sentences import SECRET, told


def test_a_server_that_does_not_run_is_unreachable() -> None:
    with pytest.raises(UnreachableError) as caught:
        Store.open(f"postgresql://me:{SECRET}@127.0.0.1:{free_port()}/lever")
    assert "can't be reached" in told(caught)
    assert "check the host and port" in told(caught)


def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="can't be reached") as caught:
        Store.open(f"postgresql://me:{SECRET}@no-such-host.invalid/lever")
    told(caught)


@pytest.fixture
def guarded_database(postgresql_url: str, postgresql_database: str) -> str:
    """URL of a database for a user that must give a password."""
    with psycopg.connect(postgresql_url, autocommit=True) as conn:
        hba = conn.execute("SHOW hba_file").fetchone()
        assert hba is not None
        path = Path(hba[0])
        rule = "local all guarded scram-sha-256\n"
        if rule not in path.read_text():
            path.write_text(rule + path.read_text())
            conn.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'".encode())
            conn.execute("SELECT pg_reload_conf()")
    return postgresql_database.replace("postgres:@", f"guarded:{SECRET}@")


def test_a_wrong_password_is_told_without_it(guarded_database: str) -> None:
    Store.open(guarded_database, migrate=False).close()
    wrong = guarded_database.replace(SECRET, SECRET + "-wrong")
    with pytest.raises(UnreachableError, match="refuses the user or the password") as caught:
        Store.open(wrong)
    told(caught)


def test_a_user_without_rights_is_told_which(guarded_database: str) -> None:
    with pytest.raises(ReadOnlyError, match=r"permission denied for table") as caught:
        landed(Store.open(guarded_database, migrate=False), arrival("u1"))
    assert "grant it" in told(caught)


def test_a_user_that_does_not_exist_is_refused(postgresql_database: str) -> None:
    with pytest.raises(UnreachableError, match="refuses the user or the password") as caught:
        Store.open(postgresql_database.replace("postgres:@", f"nobody:{SECRET}@"))
    told(caught)


def test_a_database_that_does_not_exist_is_told(postgresql_url: str) -> None:
    with pytest.raises(UnreachableError, match=r"nowhere.* does not exist; create it") as caught:
        Store.open(postgresql_url.replace("/postgres?", "/nowhere?"))
    told(caught)


def test_a_server_that_takes_no_writes_is_read_only(postgresql_database: str) -> None:
    options = quote("-c default_transaction_read_only=on")
    store = Store.open(f"{postgresql_database}&options={options}")
    with pytest.raises(ReadOnlyError, match="is read-only") as caught:
        landed(store, arrival("u1"))
    told(caught)
    store.close()


def test_a_session_that_the_server_ends_is_told_and_the_next_one_works(postgresql_database: str) -> None:
    store = Store.open(postgresql_database)

    def write_in_an_ended_session() -> None:
        with store.writing("lever") as tx:
            pid = tx.sql.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with psycopg.connect(postgresql_database, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            tx.sql.exec_driver_sql("SELECT 1")

    with pytest.raises(UnreachableError, match="broke the connection") as caught:
        write_in_an_ended_session()
    told(caught)
    assert landed(store, arrival("u1")).inserted == 1
    store.close()


def test_a_file_that_may_not_be_written_is_read_only(sqlite_database: str) -> None:
    path = sqlite_database.removeprefix("sqlite:///")
    store = Store.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(ReadOnlyError, match="can't be written") as caught:
        landed(store, arrival("u1"))
    assert "right to write to the file" in told(caught)
    store.close()


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnreachableError, match="can't be made") as caught:
        Store.open(f"sqlite:///{tmp_path}/file/lever.db")
    assert "another place" in told(caught)


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="can't be opened") as caught:
        Store.open(f"sqlite:///{tmp_path}")
    told(caught)


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lever.db"
    path.write_bytes(b"minutes of the meeting\n" * 500)
    with pytest.raises(UnreachableError, match="is not a SQLite file") as caught:
        Store.open(f"sqlite:///{path}")
    told(caught)
    assert path.read_bytes() == b"minutes of the meeting\n" * 500


def test_a_full_database_is_told_and_keeps_what_was_committed(sqlite_database: str) -> None:
    store = Store.open(sqlite_database)
    landed(store, arrival("kept"))
    with store.writing("lever") as tx:
        pages = tx.sql.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.sql.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")  # holds for the pooled connection
    with pytest.raises(DiskFullError, match="is full") as caught:
        landed(store, *(arrival(f"u{n}", "x" * 5000) for n in range(100)))
    assert "make room" in told(caught)
    assert whole(store, RAW["users"], "remote_id") == [("kept",)]
    store.close()


LIMITED = """
import resource, signal, sys
from lever_assets.store import Store, StoreError
from lever_assets_tests.store.builders import *
store = Store.open(sys.argv[1])
landed(store, arrival("kept"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
try:
    for batch in range(50):
        landed(store, *(arrival(f"u{batch}-{n}", "x" * 2000) for n in range(100)))
except StoreError as error:
    print(type(error).__name__, error)
"""


def test_a_disk_that_takes_no_more_is_told_and_keeps_what_was_committed(sqlite_database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, sqlite_database], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("DiskFullError the database ")
    store = Store.open(sqlite_database)
    kept = len(whole(store, RAW["users"]))
    assert kept % 100 == 1
    assert landed(store, arrival("next")).inserted == 1
    store.close()


def test_a_lock_that_is_held_too_long_is_told(sqlite_database: str) -> None:
    store = Store.open(f"{sqlite_database}?timeout=0.05")
    other = sqlite3.connect(sqlite_database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="is locked by another program") as caught:
        landed(store, arrival("u1"))
    assert "run again" in told(caught)
    other.execute("ROLLBACK")
    other.close()
    assert landed(store, arrival("u1")).inserted == 1
    store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"{SECRET} is no url", "can't be understood"),
        ("", "can't be understood"),
        (f"mysql://me:{SECRET}@host/lever", "a mysql database can't be used"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        (f"postgresql://me:{SECRET}@host:port/lever", "can't be understood"),
    ],
)
def test_a_url_that_will_not_do_is_told(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        Store.open(url)
    told(caught)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_is_reached_with_psycopg_3(scheme: str) -> None:
    assert completed(f"{scheme}://me:{SECRET}@host/lever").drivername == "postgresql+psycopg"


def test_a_store_shows_its_database_without_the_password(guarded_database: str) -> None:
    store = Store.open(guarded_database, migrate=False)
    assert SECRET not in repr(store)
    assert "guarded:***@" in repr(store)
    store.close()


def test_a_password_in_the_query_of_the_address_does_not_show_either() -> None:
    engine = make_engine(completed(f"postgresql://host/lever?user=me&password={SECRET}"))
    assert SECRET not in Store(engine).name


def test_values_do_not_show_in_the_errors_of_our_mistakes(store: Store) -> None:
    with pytest.raises(Exception, match=r"NOT NULL|not-null") as caught, store.writing("lever") as tx:
        tx.sql.execute(RAW["users"].insert(), {"connection": "c", "remote_id": "i", "data": {"name": SECRET}})
    assert SECRET not in str(caught.value)
