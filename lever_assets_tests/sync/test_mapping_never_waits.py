"""What was read is in the tables, whatever became of the reading of the rest."""

import os
import signal
import time
from multiprocessing import get_context

import pytest

from lever_assets.lever import LeverError
from lever_assets.sync.run import sync
from lever_assets.sync.session import Session
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.sync.killing import sync_alone
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids


@pytest.fixture
def opportunities() -> int:
    return 60


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


def said(error: BaseException) -> str:
    return " ".join((str(error), *getattr(error, "__notes__", ())))


@pytest.mark.parametrize(
    ("resource", "behind"),
    [
        ("users", "users, roles and user_roles"),
        ("archive_reasons", "rejection_reasons and applications"),
        (
            "requisitions",
            "jobs, job_hiring_team_members, job_user_role_assignments, requisitions and job_requisitions",
        ),
    ],
)
def test_a_list_that_fails_costs_no_other(anywhere: Account, resource: str, behind: str) -> None:
    anywhere.sandbox.set_faults(f"500,path=/{resource}")
    with pytest.raises(LeverError, match=f"GET /{resource}, status 500") as caught:
        anywhere.sync()
    assert f"up to date with Lever are all but {behind}. The next sync goes on" in said(caught.value)
    rows = live(anywhere.database)
    sandbox = anywhere.sandbox
    for model, theirs in (
        ("candidates", "opportunities"),
        ("interviews", "interviews"),
        ("jobs", "postings"),
    ):
        assert {row["remote_id"] for row in rows[model]} == set(sandbox.ids(theirs))

    sandbox.set_faults()
    anywhere.sync()
    fresh = live(anywhere.database)
    assert {row["remote_id"] for row in fresh["users"]} == set(sandbox.ids("users"))


def test_below_the_parents_that_are_stored_is_read_although_their_list_fails(small: Account) -> None:
    small.sync()
    changed = small.sandbox.ids("opportunities")[0]
    small.sandbox.edit("opportunities", changed, {"headline": "New", "updatedAt": small.sandbox.now()})
    small.sandbox.set_faults("500=1,path=/opportunities,from=2", "500,path=/postings")
    small.sandbox.reset_requests()
    with pytest.raises(LeverError) as caught:
        small.sync(DELTA)
    assert "up to date with Lever are only users, roles" in said(caught.value)
    assert small.sandbox.requests().of("/opportunities/:id/interviews") > 0


def test_what_was_read_of_a_list_that_breaks_off_is_in_the_tables(account: Account) -> None:
    account.sandbox.set_faults("500,path=/opportunities")
    with pytest.raises(LeverError) as caught:
        account.sync()
    assert "up to date with Lever are all but candidates, tags, candidate_tags" in said(caught.value)
    assert len(live(account.database)["jobs"]) == len(account.sandbox.ids("postings"))


def test_an_outage_of_one_resource_costs_no_other(account: Account) -> None:
    account.sandbox.set_faults("500,path=/opportunities/*/interviews")
    with pytest.raises(LeverError, match="the reading of interviews was broken off") as caught:
        account.sync()
    assert "all but interviews and interviewing_team_members" in said(caught.value)
    rows = live(account.database)
    assert {row["remote_id"] for row in rows["offers"]} == set(account.sandbox.ids("offers"))
    assert len(rows["candidates"]) == len(account.sandbox.ids("opportunities"))


def test_when_lever_can_not_be_reached_that_is_found_out_once(small: Account) -> None:
    small.sync()
    before = live(small.database)
    with pytest.raises(LeverError, match="can't be reached") as caught:
        small.sync(base_url="http://127.0.0.1:9/v1")
    assert "What was read" not in said(caught.value)  # nothing was
    assert live(small.database) == before


def test_where_nothing_was_read_nothing_is_said_of_it(small: Account) -> None:
    with pytest.raises(LeverError, match="does not accept the API key") as caught:
        small.sync(api_key="revoked")
    assert "What was read" not in said(caught.value)
    small.sandbox.set_faults("500,path=/users", "500,path=/opportunities")
    with pytest.raises(LeverError) as caught:
        small.sync()
    assert "What was read is in the tables: " in said(caught.value)


def test_whatever_goes_wrong_with_one_resource_the_others_are_mapped(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("lever_assets.sync.fetch.children.offering.review", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        small.sync()
    assert "all but offers" in said(caught.value)
    assert len(live(small.database)["interviews"]) == len(small.sandbox.ids("interviews"))


@pytest.mark.long
def test_an_interrupted_sync_leaves_the_tables_as_far_as_what_was_read(account: Account) -> None:
    account.sandbox.set_faults("slow=60,path=/opportunities/*/interviews,from=30")
    database = account.database
    arguments = [account.sandbox.key, account.sandbox.url, str(account.folder), database]
    process = get_context("spawn").Process(target=sync_alone, args=arguments)
    process.start()
    deadline = time.monotonic() + 60
    while account.sandbox.requests().of("/opportunities/:id/interviews") < 29 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(60)
    assert process.exitcode

    rows = live(database)
    assert len(rows["candidates"]) == len(account.sandbox.ids("opportunities"))
    assert {row["remote_id"] for row in rows["interviews"]} == raw_ids(database, "interviews")
    assert raw_ids(database, "interviews") < set(account.sandbox.ids("interviews"))


def test_what_comes_in_lists_is_in_the_tables_before_the_rest_is_read(small: Account) -> None:
    seen: list[int] = []
    with small.session() as session:
        sync(
            session,
            EVERYTHING,
            on_report=lambda report: (
                seen.append(candidates_mapped(session))
                if getattr(report, "resource", None) == "posting_forms"
                else None
            ),
        )
    assert seen == [len(small.sandbox.ids("opportunities"))]


def candidates_mapped(session: Session) -> int:
    return len(live(session.settings.tables_url)["candidates"])
