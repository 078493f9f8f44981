"""Bookkeeping that was damaged counts as forgotten: nothing fails for it, and nothing is lost or deleted."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from lever_assets.lever.resources import BY_NAME
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import DamagedError, Store, put_state
from lever_assets.store.tables import sync_state
from lever_assets.store.watching import longest_unread
from lever_assets.sync.polling import poll
from lever_assets.sync.run import SyncReport, replay
from lever_assets.sync.status import status
from lever_assets_tests.sync.tables import DELTA, Account, copy_of, live

pytestmark = pytest.mark.long

TO_COME = (datetime.now(UTC) + timedelta(days=400)).isoformat()
GARBAGE: tuple[Any, ...] = (
    7,
    -1,
    10**15,
    1_700_000_000,
    "1700000000",
    True,
    None,
    "garbage",
    "",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59-12:00",
    "2026-01-01T00:00:00",
    [],
    [7, None],
    {},
    {"version": "x", "read_at": "never", "cutoff": 7, "changed_since": "soon", "started_at": 7, "at": []},
    {"version": 10**15, "signature": None, "at": "0001-01-01T00:00:00", "denied": {}, "scope": 7},
)


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=6, seed=5, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, synced: Path) -> Account:
    """The account, synced into SQLite."""
    return copy_of(synced, lever, tmp_path)


def damage(account: Account, statement: str, **values: object) -> None:
    """Do something to the database by hand."""
    with closing(Store.open(account.database)) as store, store.writing("lever") as tx:
        tx.sql.execute(text(statement), values)


def deleted(report: SyncReport) -> int:
    """Return how many records and rows a sync found gone."""
    landed = sum(each.counts.deleted for each in report.landed)
    return landed + sum(each.counts.deleted for each in report.derived)


def works_as_before(account: Account, before: Any) -> None:
    """Use the database in every way; the tables are as before."""
    with account.session() as session:
        status(session.store, session.name)
        poll(session)
    assert deleted(account.sync(DELTA)) == 0
    assert live(account.database) == before
    assert deleted(account.sync()) == 0
    with account.session() as session:
        replay(session)
        assert status(session.store, session.name).complete
    assert live(account.database) == before


@pytest.mark.parametrize("shift", range(4))
def test_marks_that_make_no_sense_are_forgotten(account: Account, shift: int) -> None:
    """Each mark gets another of the values, and in each run another one."""
    before = live(account.database)
    with closing(Store.open(account.database)) as store, store.writing("lever") as tx:
        keys = list(tx.sql.execute(select(sync_state.c.key).order_by(sync_state.c.key)).scalars())
        for number, key in enumerate(keys):
            put_state(tx, key, GARBAGE[(number + 5 * shift) % len(GARBAGE)])
    works_as_before(account, before)


def test_marks_that_are_no_json_are_forgotten(account: Account) -> None:
    before = live(account.database)
    damage(account, "UPDATE sync_state SET value = '{\"version\": 1', updated_at = 'yesterday'")
    works_as_before(account, before)


def test_marks_on_postgresql_are_no_better(lever: Sandbox, tmp_path: Path, postgresql_database: str) -> None:
    account = Account(lever, tmp_path, postgresql_database)
    account.sync()
    before = live(account.database)
    damage(account, "UPDATE sync_state SET value = '\"garbage\"'")
    works_as_before(account, before)


@pytest.mark.parametrize(
    "damaged",
    [
        {"started_at": TO_COME},
        {"started_at": "2026-01-01T00:00:00"},
        {"started_at": datetime.now(UTC).isoformat(), "listing": 99},
        {"started_at": datetime.now(UTC).isoformat(), "listing": -1, "set_aside": -5},
        {"started_at": datetime.now(UTC).isoformat(), "newest": "2026-01-01T00:00:00"},
    ],
)
def test_a_pass_that_makes_no_sense_is_begun_anew_and_deletes_nothing(
    account: Account, damaged: dict[str, Any]
) -> None:
    before = live(account.database)
    with account.session() as session, session.writing() as tx:
        for each in BY_NAME:
            put_state(tx, f"pass:{each}:everything", damaged)
            put_state(tx, "run:1:everything", {**damaged, "id": "1", "scope": "", "wanted": []})
    with account.session() as session:
        status(session.store, session.name)
    assert deleted(account.sync()) == 0
    assert live(account.database) == before


@pytest.mark.parametrize("read_at", ["garbage", TO_COME], ids=["garbage", "to-come"])
def test_children_whose_reading_makes_no_sense_are_read_again(account: Account, read_at: str) -> None:
    damage(account, "UPDATE child_reads SET read_at = :read_at", read_at=read_at)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with account.session() as session, session.reading() as tx:
        assert longest_unread(tx, "opportunities", "interviews", read_before=long_ago, limit=9)
    account.sync()
    with closing(Store.open(account.database)) as store, store.reading("lever") as tx:
        assert read_at not in tx.sql.execute(text("SELECT read_at FROM child_reads")).scalars().all()


def test_reads_of_what_does_not_exist_do_no_harm(account: Account) -> None:
    before = live(account.database)
    damage(account, "INSERT INTO child_reads VALUES ('lever', 'nonsense', 'nobody', 'no hash', 'never')")
    damage(account, "UPDATE child_reads SET parent_hash = 'no hash' WHERE resource = 'interviews'")
    works_as_before(account, before)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE raw_users SET data = '{not json'", "raw_users.data"),
        ("UPDATE candidates SET changed_at = 'once', content_hash = ''", "candidates.changed_at"),
    ],
)
def test_a_value_that_can_not_be_read_is_named_without_it(
    account: Account, statement: str, place: str
) -> None:
    damage(account, statement)
    with account.session() as session, pytest.raises(DamagedError) as caught:
        replay(session) and live(account.database)
    assert f"has in {place} what is not" in str(caught.value)
    assert "put it right, or delete that row" in str(caught.value)
    assert "once" not in str(caught.value)
