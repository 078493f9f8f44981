"""A full sync: everything arrives, once, at the fewest requests; a second one changes nothing."""

from math import ceil
from pathlib import Path

import pytest

from lever_assets.sync.planning import plan
from lever_assets_tests.sync.tables import Account, raw_ids, unified_tables


@pytest.fixture
def opportunities() -> int:
    return 60


def test_every_record_of_the_account_lands_and_is_mapped(account: Account) -> None:
    report = account.sync()

    assert report.warnings == ()
    for resource in ("opportunities", "applications", "postings", "requisitions", "interviews", "offers"):
        assert raw_ids(account.database, resource) == set(account.sandbox.ids(resource)), resource
    tables = account.tables()
    for model, resource in {
        "candidates": "opportunities",
        "applications": "applications",
        "jobs": "postings",
        "job_postings": "postings",
        "interviews": "interviews",
        "offers": "offers",
        "users": "users",
    }.items():
        assert {row["remote_id"] for row in tables[model]} == set(account.sandbox.ids(resource)), model
    assert all(rows for rows in tables.values())


def test_no_request_is_made_twice_or_in_vain(account: Account) -> None:
    report = account.sync()

    counts = account.sandbox.requests()
    opportunities = account.sandbox.ids("opportunities")
    with_application = [
        each for each in opportunities if (account.sandbox.get("opportunities", each) or {})["applications"]
    ]
    assert report.requests == counts.total
    assert counts.of("/opportunities") == ceil(len(opportunities) / 100)
    assert counts.of("/opportunities/:id/interviews") == len(opportunities)
    assert counts.of("/opportunities/:id/offers") == len(with_application)
    assert counts.of("/postings/:id/apply") == len(account.sandbox.ids("postings"))
    assert counts.by_status == {200: counts.total}


def test_the_plan_tells_the_requests_of_the_sync(account: Account) -> None:
    with account.session(rate_limit=10) as session:
        planned = plan(session)
    account.sandbox.reset_requests()
    report = account.sync()

    assert planned.total == report.requests
    assert planned.seconds == pytest.approx((report.requests - 20) / 10)


def test_a_second_sync_changes_nothing(account: Account) -> None:
    account.sync()
    first = account.tables()
    report = account.sync()

    assert account.tables() == first
    assert {(each.counts.inserted, each.counts.updated, each.counts.deleted) for each in report.landed} == {
        (0, 0, 0)
    }


def test_mapping_everything_again_changes_nothing(account: Account) -> None:
    from lever_assets.sync.run import replay

    account.sync()
    first = account.tables()
    account.sandbox.reset_requests()
    with account.session() as session:
        reports = replay(session)

    assert account.tables() == first
    assert sum(each.counts.unchanged for each in reports) == sum(len(rows) for rows in first.values())
    assert account.sandbox.requests().total == 0


def test_sqlite_and_postgresql_end_with_the_same_tables(account: Account, postgresql_database: str) -> None:
    account.sync()
    Account(account.sandbox, account.folder, postgresql_database).sync()

    assert unified_tables(account.database, instants=False) == unified_tables(
        postgresql_database, instants=False
    )


def test_a_changed_setting_of_the_mapping_maps_everything_again(account: Account) -> None:
    account.sync()
    report = account.sync(remote_data=False)

    assert all(each.replayed for each in report.derived)
    assert all(row["remote_data"] is None for row in account.tables()["candidates"])


def test_the_mapping_file_fills_custom_fields(account: Account, tmp_path: Path) -> None:
    account.sync()
    field = next(each["key"] for row in account.tables()["offers"] for each in row["integration_fields"])
    mapping = tmp_path / "fields.json"
    mapping.write_text(f'{{"offers": {{"mine": "{field}", "other": "no_such_field"}}}}')
    account.sync(custom_fields=mapping)

    found = [row["custom_fields"] for row in account.tables()["offers"]]
    assert all(set(each) == {"mine", "other"} for each in found)
    assert any(each["mine"] is not None for each in found)
    assert all(each["other"] is None for each in found)
