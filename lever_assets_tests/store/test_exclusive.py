"""One sync at a time for each connection, however the one before ended."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from lever_assets.store import BusyError, LockLostError, ReadOnlyError, Store, put_state
from lever_assets.store.checkpoints import states
from lever_assets_tests.locking import lose_lock
from lever_assets_tests.store.builders import LEVER

HOLDER = """
import sys, time
from lever_assets.store import Store
with Store.open(sys.argv[1]).exclusive("lever"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process_holding(url: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_another_process_is_told_who_holds_it(store: Store, database_url: str) -> None:
    with another_process_holding(database_url) as holder:
        with pytest.raises(BusyError) as caught, store.exclusive(LEVER):
            pytest.fail("both hold it")
        with store.exclusive("another connection"):
            pass
    said = str(caught.value)
    assert "another sync of the connection 'lever' is under way" in said
    assert f"process {holder.pid} on {socket.gethostname()}" in said
    assert "since 20" in said
    assert caught.value.remedy


def test_who_looks_sees_the_holder_takes_nothing_and_does_not_wait(store: Store, database_url: str) -> None:
    assert store.holder(LEVER) is None
    with another_process_holding(database_url) as process:
        began = time.monotonic()
        found = store.holder(LEVER)
        assert time.monotonic() - began < 5
        assert found is not None
        assert (found.pid, found.host) == (str(process.pid), socket.gethostname())
        assert store.holder("another connection") is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0
    assert store.holder(LEVER) is None
    with store.exclusive(LEVER):
        found = store.holder(LEVER)
        assert found is not None
        assert found.pid == str(os.getpid())


def test_a_killed_process_is_not_taken_for_the_holder(store: Store, database_url: str) -> None:
    with another_process_holding(database_url) as process:
        process.kill()
        deadline = time.monotonic() + 20  # it is not waited for: until then it is there as a dead one
        while store.holder(LEVER) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert store.holder(LEVER) is None


@pytest.mark.parametrize("change", [{"began": "1"}, {"host": "elsewhere"}, {"pid": "0"}, {"pid": "x"}])
def test_a_file_that_another_process_left_names_no_holder(
    sqlite_database: str, change: dict[str, str]
) -> None:
    store = Store.open(sqlite_database)
    file = Path(f"{sqlite_database.removeprefix('sqlite:///')}.{LEVER}.holder")
    with store.exclusive(LEVER):
        told = json.loads(file.read_text())
        file.write_text(json.dumps(told | {"since": "2026-01-01T00:00:00+00:00"}))
        assert store.holder(LEVER) is not None
        file.write_text(json.dumps(told | change))
        assert store.holder(LEVER) is None
    store.close()


def test_a_killed_holder_lets_go(store: Store, database_url: str) -> None:
    with another_process_holding(database_url) as holder:
        holder.kill()
        holder.wait()
        with store.exclusive(LEVER, wait=20):
            pass


def test_a_holder_that_ends_is_waited_for(store: Store, database_url: str) -> None:
    with another_process_holding(database_url) as holder:
        assert holder.stdin is not None
        holder.stdin.close()
        with store.exclusive(LEVER, wait=20):
            assert holder.wait(20) == 0


def test_it_is_not_re_entrant_and_can_be_taken_again(store: Store) -> None:
    for _ in range(2):
        with store.exclusive(LEVER), pytest.raises(BusyError, match=str(os.getpid())), store.exclusive(LEVER):
            pytest.fail("both hold it")


def test_who_takes_it_right_after_it_was_let_go_is_not_refused(store: Store) -> None:
    """PostgreSQL notices a moment later that a session was ended: the lock may not hang on that."""
    for _ in range(300):
        with store.exclusive(LEVER):
            pass


def test_an_exception_lets_go_and_passes(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive(LEVER):
        raise ZeroDivisionError
    with store.exclusive(LEVER):
        pass


def test_the_holder_can_write_and_read_meanwhile(store: Store) -> None:
    with store.exclusive(LEVER), store.writing(LEVER) as tx:
        tx.sql.exec_driver_sql("DELETE FROM tags")


def write(store: Store, key: str, *, before_commit: Callable[[], None] = lambda: None) -> None:
    with store.writing(LEVER) as tx:
        put_state(tx, key, 1)
        before_commit()


def written(store: Store) -> set[str]:
    with store.reading(LEVER) as tx:
        return set(states(tx, ""))


def test_a_lock_that_is_lost_is_noticed_before_anything_is_committed(store: Store, database_url: str) -> None:
    other = Store.open(database_url)
    with store.exclusive(LEVER):
        write(store, "before")
        lose_lock(database_url)
        with other.exclusive(LEVER, wait=10):  # PostgreSQL ends a session in its own time
            for _ in range(2):
                with pytest.raises(LockLostError, match=r"connection 'lever' .* was lost"):
                    write(store, "after")
        with pytest.raises(LockLostError):
            write(store, "later")
    other.close()
    assert written(store) == {"before"}
    with store.exclusive(LEVER):
        write(store, "again")


def test_a_lock_that_is_lost_while_something_is_written_undoes_it(store: Store, database_url: str) -> None:
    with store.exclusive(LEVER), pytest.raises(LockLostError):
        write(store, "after", before_commit=lambda: lose_lock(database_url))
    assert written(store) == set()


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_stands_in_the_place_of_the_lock_file_is_named(sqlite_database: str, kind: str) -> None:
    place = Path(f"{sqlite_database.removeprefix('sqlite:///')}.{LEVER}.lock")
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(place.with_name("elsewhere"))
    store = Store.open(sqlite_database)
    with pytest.raises(ReadOnlyError) as caught, store.exclusive(LEVER):
        pytest.fail("it is no file")
    assert f"the lock file {place} can't be written" in str(caught.value)
    assert "remove it" in caught.value.remedy
    store.close()


@pytest.mark.parametrize("content", [b"", b"[1]", b"{}", b"\xff\xfe", b"x" * 5000], ids=len)
def test_damaged_files_of_the_lock_are_healed(sqlite_database: str, content: bytes) -> None:
    database = Path(sqlite_database.removeprefix("sqlite:///"))
    for ending in ("lock", "holder"):
        database.with_name(f"{database.name}.{LEVER}.{ending}").write_bytes(content)
    store = Store.open(sqlite_database)
    with store.exclusive(LEVER), pytest.raises(BusyError, match=str(os.getpid())), store.exclusive(LEVER):
        pytest.fail("both hold it")
    store.close()


def test_a_server_that_restarts_takes_the_lock_along(postgresql_database: str, postgresql_url: str) -> None:
    store = Store.open(postgresql_database)
    with store.exclusive(LEVER):
        with psycopg.connect(postgresql_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [store.engine.url.database],
            )
        with pytest.raises(LockLostError, match="session with the database has ended"):
            write(store, "after")
    store.close()


def test_any_name_of_a_connection_will_do(store: Store) -> None:
    names = ["a/b", "a_b", "../up", "Zoë", "x" * 300, "with space", "a'b"]
    with store.exclusive(names[0]), store.exclusive(names[1]):
        for name in names[2:]:
            with store.exclusive(name):
                pass


def test_the_same_connection_in_another_database_is_another(
    sqlite_database: str, postgresql_database: str
) -> None:
    one, other = Store.open(sqlite_database), Store.open(postgresql_database)
    with one.exclusive(LEVER), other.exclusive(LEVER):
        pass
    one.close()
    other.close()


def test_a_lock_that_another_thread_gives_back_meanwhile_was_not_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that share a store look at each other's locks, too."""
    held: list[Callable[[], None]] = []

    def given_back() -> None:
        held.remove(given_back)
        raise LockLostError("the session has ended", "run again")

    held.append(given_back)
    monkeypatch.setattr(store, "_held", held)
    with store.writing("acme") as tx:
        put_state(tx, "key", 1)

    with store.reading("acme") as tx:
        assert states(tx, "key") == {"key": 1}
