"""What a server or a URL makes impossible is told for what it is."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from lever_assets.store import BusyError, Store, StoreError, UnfitError, UnreachableError
from lever_assets.store.tables import RAW
from lever_assets_tests.store.builders import arrival, landed, whole
from lever_assets_tests.store.sentences import SECRET, told


@contextmanager
def server_that_says(severity: str, sqlstate: str, message: str) -> Iterator[str]:
    """A server that answers whoever connects with an error, as PostgreSQL's protocol writes it."""
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": message}
    said = b"".join(f"{key}{value}".encode() + b"\0" for key, value in fields.items()) + b"\0"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(1000)
                    peer.sendall(b"E" + struct.pack("!I", len(said) + 4) + said)

        threading.Thread(target=answer, daemon=True).start()
        yield f"postgresql://me:{SECRET}@127.0.0.1:{listening.getsockname()[1]}/lever?sslmode=disable"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("sqlstate", "message", "kind", "says"),
    [
        ("57P03", "the database system is starting up", UnreachableError, "run again in a moment"),
        ("57P03", "the database system is shutting down", UnreachableError, "run again in a moment"),
        ("57P03", "the database system is in recovery mode", UnreachableError, "run again in a moment"),
        ("53300", "sorry, too many clients already", BusyError, "raise the limit"),
        (
            "53300",
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            BusyError,
            "raise the limit",
        ),
        (
            "28000",
            'no pg_hba.conf entry for host "10.1.1.1", user "me", database "lever", no encryption',
            UnreachableError,
            "allow this user from this machine",
        ),
        ("08P01", "unsupported startup parameter: options", UnfitError, "take out that option"),
        ("XX000", "Wende dich an den Betreiber", UnreachableError, "Wende dich an den Betreiber"),
    ],
)
def test_what_a_server_answers_is_told(
    sqlstate: str, message: str, kind: type[StoreError], says: str
) -> None:
    with server_that_says("FATAL", sqlstate, message) as url, pytest.raises(kind, match=says) as caught:
        Store.open(url)
    assert message in told(caught)


def test_too_many_connections_of_a_user_are_no_wrong_password(
    postgresql_url: str, postgresql_database: str
) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as conn:
        conn.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    try:
        with pytest.raises(BusyError, match=r"too many connections for role .*raise the limit") as caught:
            Store.open(postgresql_database.replace("postgres:@", f"crowded:{SECRET}@"))
        told(caught)
    finally:
        with psycopg.connect(postgresql_url, autocommit=True) as conn:
            conn.execute("DROP ROLE crowded")


def test_a_database_that_takes_no_connections_is_not_called_missing(
    postgresql_url: str, postgresql_database: str
) -> None:
    name = postgresql_database.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgresql_url, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
    with pytest.raises(UnreachableError, match="not currently accepting connections") as caught:
        Store.open(postgresql_database)
    told(caught)


@pytest.mark.parametrize(
    "option",
    [
        f"foo={SECRET}",
        "charset=utf8",
        "autocommit=true",
        "prepare_threshold=0",
        "connect_timeout=soon",
        "sslmode=banana",
        "target_session_attrs=best",
        "options=-c%20nonsense%3D1",
        "options=-c%20work_mem%3Dlots",
        "options=--bogus",
        "port=some",
        "service=nowhere",
    ],
)
def test_an_option_that_postgresql_does_not_take_is_told(postgresql_database: str, option: str) -> None:
    with pytest.raises(UnfitError, match="option") as caught:
        Store.open(f"{postgresql_database}&{option}")
    said = told(caught)
    name, value = option.split("=")
    assert name in said or value.split("%20")[-1].partition("%3D")[0].lstrip("-") in said


@pytest.mark.parametrize(
    "option", [f"foo={SECRET}", "timeout=soon", "mode=ro", "uri=true&foo=1", "check_same_thread=maybe"]
)
def test_an_option_that_sqlite_does_not_take_is_told(sqlite_database: str, option: str) -> None:
    with pytest.raises(UnfitError, match="option") as caught:
        Store.open(f"{sqlite_database}?{option}")
    assert "take it out" in told(caught)


def test_an_encoding_that_a_user_prefers_stands_in_no_texts_way(
    postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    store = Store.open(f"{postgresql_database}&client_encoding=latin1")
    landed(store, arrival("u1", "Łucja Ørsted 名"))
    assert "Łucja Ørsted 名" in str(whole(store, RAW["users"], "data"))
    store.close()
