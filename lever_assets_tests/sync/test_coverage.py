"""Which candidates are kept: a cutoff narrows and widens, or only those created through this connector."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.tables import created_records
from lever_assets.sync.planning import plan
from lever_assets.sync.polling import poll
from lever_assets.sync.session import Session
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live, raw_ids


def last_change(sandbox: Sandbox, opportunity: str) -> datetime:
    """Return when an opportunity last changed in Lever: its `updatedAt`, else its `createdAt`."""
    record = sandbox.get("opportunities", opportunity) or {}
    return datetime.fromtimestamp((record["updatedAt"] or record["createdAt"]) / 1000, UTC)


def changed_since(sandbox: Sandbox, first: date) -> set[str]:
    """Return the opportunities that last changed on that day or later."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return {each for each in sandbox.ids("opportunities") if last_change(sandbox, each) >= start}


def middle(sandbox: Sandbox, share: float = 0.5) -> date:
    """Return a day with about that share of the opportunities last changed before it."""
    moments = sorted(last_change(sandbox, each) for each in sandbox.ids("opportunities"))
    return moments[int(len(moments) * share)].date()


def test_older_candidates_and_what_hangs_on_them_are_not_fetched(account: Account) -> None:
    cutoff = middle(account.sandbox)
    kept = changed_since(account.sandbox, cutoff)
    account.sync(candidate_cutoff=cutoff)

    assert raw_ids(account.database, "opportunities") == kept
    assert 10 < len(kept) < 50
    counts = account.sandbox.requests()
    assert counts.of("/opportunities/:id/interviews") == len(kept)
    assert len(account.tables()["jobs"]) == len(account.sandbox.ids("postings"))


@pytest.mark.long
def test_one_that_ages_out_comes_back_with_its_next_change(account: Account) -> None:
    cutoff = middle(account.sandbox)
    account.sync(candidate_cutoff=cutoff)
    old = min(account.sandbox.ids("opportunities"), key=lambda each: last_change(account.sandbox, each))
    assert old not in raw_ids(account.database, "opportunities")
    account.sandbox.edit("opportunities", old, {"updatedAt": account.sandbox.now(), "name": "X Y"})
    with account.session(candidate_cutoff=cutoff, watch_budget=0) as session:
        assert poll(session).why == "Some opportunities have changed."
    account.sync(DELTA, candidate_cutoff=cutoff)

    assert raw_ids(account.database, "opportunities") == changed_since(account.sandbox, cutoff)
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync(candidate_cutoff=cutoff)
    assert live(account.database) == live(fresh.database)
    with account.session(candidate_cutoff=cutoff, watch_budget=0) as session:
        assert not poll(session).changed


@pytest.mark.long
def test_widening_fetches_only_what_was_left_out(account: Account) -> None:
    narrow, wide = middle(account.sandbox, 0.7), middle(account.sandbox, 0.3)
    account.sync(candidate_cutoff=narrow)
    had = raw_ids(account.database, "opportunities")
    account.sandbox.reset_requests()
    with account.session(candidate_cutoff=wide) as session:
        assert poll(session).why == "More candidates are to be kept than before."
    account.sync(DELTA, candidate_cutoff=wide)

    kept = changed_since(account.sandbox, wide)
    assert raw_ids(account.database, "opportunities") == kept
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == len(kept - had)
    account.sync(DELTA)
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) == live(fresh.database)


@pytest.mark.long
def test_narrowing_marks_what_is_left_out_as_gone_with_all_that_hangs_on_it(account: Account) -> None:
    account.sync()
    cutoff = middle(account.sandbox)
    account.sync(DELTA, candidate_cutoff=cutoff)
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync(candidate_cutoff=cutoff)
    assert live(account.database) == live(fresh.database)
    assert len(live(account.database)["candidates"]) == len(changed_since(account.sandbox, cutoff))


def test_days_count_from_today() -> None:
    settings = Settings(candidate_cutoff=timedelta(days=90))
    now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert settings.cutoff_at(now) == datetime(2026, 8, 25, tzinfo=UTC)


@pytest.mark.parametrize("value", ["x", "5", "90 d", "2026-13-01", "-3d"])
def test_a_cutoff_that_can_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LEVER_CANDIDATE_CUTOFF", value)
    with pytest.raises(SettingsError, match=r"LEVER_CANDIDATE_CUTOFF can't be used: .*90d"):
        Settings.load()


def note_created(account: Account, *remote_ids: str) -> None:
    """Note opportunities as created through this connector, as a write action does."""
    store = Store.open(account.database)
    rows = [
        {
            "connection": "lever",
            "model": "candidates",
            "remote_id": each,
            "id": each,
            "action_id": "an action",
            "created_at": datetime.now(UTC),
        }
        for each in remote_ids
    ]
    with store.writing("lever") as tx:
        tx.sql.execute(created_records.insert(), rows)
    store.close()


def test_only_what_was_created_through_this_connector_is_kept(account: Account) -> None:
    ours = set(account.sandbox.ids("opportunities")[5:9])
    note_created(account, *ours)
    account.sync(only_created=True)

    assert raw_ids(account.database, "opportunities") == ours
    assert {row["remote_id"] for row in account.tables()["candidates"]} == ours
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == len(ours)
    assert len(account.tables()["jobs"]) == len(account.sandbox.ids("postings"))


@pytest.mark.long
def test_switching_to_created_ones_and_back(account: Account) -> None:
    account.sync()
    before = live(account.database)
    ours = set(account.sandbox.ids("opportunities")[5:9])
    note_created(account, *ours)
    account.sync(DELTA, only_created=True)
    assert {row["remote_id"] for row in live(account.database)["candidates"]} == ours
    account.sync(DELTA)
    assert live(account.database) == before


def test_both_limits_at_once_are_refused(account: Account) -> None:
    with pytest.raises(SettingsError, match="can't be combined"):
        account.sync(only_created=True, candidate_cutoff=date(2026, 1, 1))


def test_a_plan_counts_only_what_is_kept(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=60, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, f"sqlite:///{tmp_path / 'lever.db'}")
        cutoff = middle(sandbox)
        with Session.open(account.settings(candidate_cutoff=cutoff)) as session:
            assert plan(session).opportunities == len(changed_since(sandbox, cutoff))
