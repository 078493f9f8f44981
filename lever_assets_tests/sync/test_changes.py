"""What changes in Lever arrives at a cost that follows the changes; what goes is marked, not lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live, raw_ids


@pytest.fixture
def opportunities() -> int:
    return 60


def test_a_delta_asks_only_for_what_changed(account: Account) -> None:
    account.sync()
    touched = account.sandbox.touch(share=0.05, seed=3)
    account.sandbox.reset_requests()
    report = account.sync(DELTA)

    counts = account.sandbox.requests()
    assert len(touched) == 3
    assert counts.of("/opportunities/:id/interviews") == len(touched)
    assert report.requests <= 15 + 2 * len(touched)


def test_after_a_delta_the_tables_are_those_of_a_fresh_sync(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.2, seed=5)
    account.sync(DELTA)
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()

    assert live(account.database) == live(fresh.database)


def test_a_delta_without_changes_touches_no_row(account: Account) -> None:
    account.sync()
    before = account.tables()
    report = account.sync(DELTA)

    assert account.tables() == before
    assert report.requests <= 15


@pytest.mark.long
def test_what_is_deleted_in_lever_is_marked_with_all_that_hangs_on_it(account: Account) -> None:
    account.sync()
    records = [
        account.sandbox.get("opportunities", each) or {} for each in account.sandbox.ids("opportunities")
    ]
    gone = next(each["id"] for each in records if each["applications"] and each["tags"])
    account.sandbox.delete("opportunities", gone)
    account.sync()

    tables = account.tables()
    candidate = next(row for row in tables["candidates"] if row["remote_id"] == gone)
    assert candidate["remote_deleted_at"] is not None
    assert candidate["first_name"] is not None or candidate["remote_data"]
    for model in ("applications", "candidate_tags"):
        mine = [row for row in tables[model] if row["candidate_id"] == candidate["id"]]
        assert mine
        assert all(row["remote_deleted_at"] is not None for row in mine)
    assert gone not in raw_ids(account.database, "opportunities")
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) == live(fresh.database)


@pytest.mark.long
def test_a_record_that_comes_back_lives_again(account: Account) -> None:
    account.sync()
    ident = account.sandbox.ids("opportunities")[0]
    before = live(account.database)
    record = account.sandbox.get("opportunities", ident)
    children = {
        resource: [
            each
            for one in account.sandbox.ids(resource)
            if (each := account.sandbox.get(resource, one)) is not None and each.get("opportunityId") == ident
        ]
        for resource in ("applications", "interviews")
    }
    account.sandbox.delete("opportunities", ident)
    account.sync()
    assert record is not None
    account.sandbox.create("opportunities", record)
    for resource, records in children.items():
        for each in records:
            if account.sandbox.get(resource, each["id"]) is None:
                account.sandbox.create(resource, each, parent=ident)
    account.sync()

    assert {row["id"] for row in live(account.database)["candidates"]} == {
        row["id"] for row in before["candidates"]
    }
    assert live(account.database)["interviews"] == before["interviews"]


@pytest.mark.long
def test_windows_in_any_order_and_again_make_up_the_whole(account: Account) -> None:
    edges = [datetime(year, 1, 1, tzinfo=UTC) for year in (2023, 2024, 2025, 2026)]
    bounds = [Bounds(lower, upper) for lower, upper in zip([None, *edges], [*edges, None], strict=True)]
    for each in (bounds[3], bounds[0], bounds[4], bounds[2], bounds[1], bounds[0]):
        account.sync(Scope(each))
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()

    assert live(account.database) == live(fresh.database)


def test_a_window_asks_for_its_own_records_alone(account: Account) -> None:
    lower, upper = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    account.sync(Scope(Bounds(lower, upper)))

    def last_change(record: dict[str, object]) -> datetime:
        moment = record["updatedAt"] or record["createdAt"]
        assert isinstance(moment, int)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)

    expected = {
        ident
        for ident in account.sandbox.ids("opportunities")
        if lower <= last_change(account.sandbox.get("opportunities", ident) or {}) < upper
    }
    assert raw_ids(account.database, "opportunities") == expected
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == len(expected)


def test_records_without_updated_at_are_in_the_window_of_their_creation(account: Account) -> None:
    ident = account.sandbox.ids("opportunities")[5]
    account.sandbox.edit("opportunities", ident, {"updatedAt": None, "createdAt": 1709251200000})
    account.sync(Scope(Bounds(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))))

    assert ident in raw_ids(account.database, "opportunities")


def test_a_tag_seen_only_on_a_candidate_has_a_row(account: Account, tmp_path: Path) -> None:
    assert tmp_path.exists()
    ident = account.sandbox.ids("opportunities")[0]
    account.sandbox.edit("opportunities", ident, {"tags": ["only here ✨"], "updatedAt": 1763600000000})
    account.sync()

    tables = account.tables()
    tag = next(row for row in tables["tags"] if row["remote_id"] == "only here ✨")
    assert tag["remote_deleted_at"] is None
    assert [row for row in tables["candidate_tags"] if row["tag_id"] == tag["id"]]
