"""Children of single parents that can't be read: the parent is set aside, all else goes on, and it heals."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lever_assets.lever import LeverError, UnavailableError
from lever_assets.store import due, put_state
from lever_assets.store.due import FailedRead
from lever_assets.store.tables import RAW, child_reads, mapping_errors
from lever_assets.sync.fetch import asking
from lever_assets.sync.polling import Poll, poll
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.meddling import meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids

BROKEN = [
    "400",
    "403",
    "404",
    "500",
    "502",
    "html-403",
    "html",
    "truncate",
    "object-for-list",
    "endless",
    "reset",
]


@pytest.fixture
def opportunities() -> int:
    return 60


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


def with_children(account: Account, resource: str = "interviews") -> str:
    """Return an opportunity that has some."""
    sandbox = account.sandbox
    records: Iterator[dict[str, Any]] = (sandbox.get(resource, each) or {} for each in sandbox.ids(resource))
    return str(next(records)["opportunityId"])


def path(parent: str, resource: str = "interviews") -> str:
    return f"path=/opportunities/{parent}/{resource}"


def failed(account: Account, resource: str = "interviews") -> list[FailedRead]:
    with account.session() as session, session.reading() as tx:
        return list(due.listed(tx, f"raw_{resource}"))


def let_it_be_due(account: Account) -> None:
    """Let the time come at which whatever failed is asked for again."""
    with account.session() as session, session.writing() as tx:
        earlier = datetime.now(UTC) - timedelta(seconds=1)
        tx.sql.execute(
            update(mapping_errors).where(mapping_errors.c.due_at.is_not(None)).values(due_at=earlier)
        )


def ask(account: Account) -> Poll:
    with account.session(watch_budget=0) as session:
        return poll(session)


def parents_read(account: Account, resource: str) -> set[str]:
    with account.session() as session, session.reading() as tx:
        query = select(child_reads.c.parent_id).where(child_reads.c.resource == resource)
        return set(tx.sql.execute(query).scalars())


def interviews_of(account: Account, parent: str) -> set[str]:
    with account.session() as session, session.reading() as tx:
        c = RAW["interviews"].c
        return set(
            tx.sql.execute(select(c.remote_id).where(c.parent_id == parent, c.deleted_at.is_(None))).scalars()
        )


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", BROKEN)
def test_one_parent_that_can_not_be_read_costs_nothing_else(small: Account, fault: str) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"{fault},{path(bad)}")
    report = small.sync()

    (warning,) = report.warnings
    assert "the interviews of 1 of the opportunities could not be read" in warning
    assert bad in warning
    (row,) = failed(small)
    assert (row.resource, row.remote_id, row.attempts) == ("opportunities", bad, 1)
    assert row.reason in warning
    theirs = {each["remote_id"] for each in live(small.database)["interviews"]}
    assert theirs == set(small.sandbox.ids("interviews")) - interviews_in_lever(small, bad)
    assert len(live(small.database)["candidates"]) == len(small.sandbox.ids("opportunities"))
    assert raw_ids(small.database, "offers") == set(small.sandbox.ids("offers"))


def interviews_in_lever(account: Account, parent: str) -> set[str]:
    sandbox = account.sandbox
    records = {each: sandbox.get("interviews", each) or {} for each in sandbox.ids("interviews")}
    return {each for each, record in records.items() if record["opportunityId"] == parent}


def test_it_is_so_on_both_databases_and_the_report_counts(anywhere: Account) -> None:
    bad = with_children(anywhere)
    anywhere.sandbox.set_faults(f"404,{path(bad)}")
    report = anywhere.sync()
    (landed,) = [each for each in report.landed if each.resource == "interviews"]
    assert landed.unread.count == 1
    assert landed.unread.next_at is not None
    others = set(anywhere.sandbox.ids("opportunities")) - {bad}
    assert parents_read(anywhere, "interviews") == others
    let_it_be_due(anywhere)
    anywhere.sandbox.set_faults()
    assert anywhere.sync(DELTA).warnings == ()
    assert raw_ids(anywhere.database, "interviews") == set(anywhere.sandbox.ids("interviews"))


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("fault", "scope"), [("403", DELTA), ("404", EVERYTHING), ("html-403", EVERYTHING)])
def test_over_a_full_database_what_is_stored_stays(small: Account, fault: str, scope: Scope) -> None:
    small.sync()
    before = live(small.database)
    bad = with_children(small)
    small.sandbox.edit("opportunities", bad, {"updatedAt": small.sandbox.now()})
    small.sandbox.set_faults(f"{fault},{path(bad)}")
    (warning,) = small.sync(scope).warnings
    assert bad in warning
    assert {m: len(rows) for m, rows in live(small.database).items()} == {
        m: len(rows) for m, rows in before.items()
    }


def test_a_form_that_answers_404_is_a_failed_read_and_no_row_goes(small: Account) -> None:
    small.sync()
    before = raw_ids(small.database, "posting_forms")
    questions = live(small.database)["screening_questions"]
    bad = sorted(before)[0]
    small.sandbox.set_faults(f"404,path=/postings/{bad}/apply")
    (warning,) = small.sync().warnings
    assert f"the posting_forms of 1 of the postings could not be read ({bad})" in warning
    assert raw_ids(small.database, "posting_forms") == before
    assert live(small.database)["screening_questions"] == questions
    small.sandbox.set_faults()
    assert small.sync().warnings == ()


@pytest.mark.parametrize("fault", ["list-for-object", "wrong-record"])
def test_a_form_that_is_something_else_is_not_taken_in(small: Account, fault: str) -> None:
    small.sync()
    before = live(small.database)
    bad = sorted(raw_ids(small.database, "posting_forms"))[0]
    small.sandbox.set_faults(f"{fault},path=/postings/{bad}/apply")
    (warning,) = small.sync().warnings
    assert "could not be read" in warning
    assert live(small.database) == before


def test_a_form_without_an_id_is_forgotten_when_it_has_one_again(small: Account) -> None:
    small.sync()
    posting = small.sandbox.ids("postings")[0]
    small.sandbox.edit("postings", posting, {"updatedAt": small.sandbox.now()})
    with meddling(small.sandbox.url) as between:
        between.change = lambda asked, reply: (
            reply.of({"x": 1}) if asked.path == f"/postings/{posting}/apply" else reply
        )
        assert small.sync(DELTA, base_url=between.url, watch_budget=0).warnings
    let_it_be_due(small)
    small.sync(DELTA, watch_budget=0)
    with small.session() as session, session.reading() as tx:
        assert tx.sql.execute(select(mapping_errors.c.reason)).all() == []


def test_a_delta_asks_again_when_it_is_due_and_not_before(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"500,{path(bad)}")
    small.sync()

    asked = f"/opportunities/{bad}/interviews"
    small.sandbox.set_faults()
    small.sandbox.reset_requests()
    (warning,) = small.sync(DELTA, watch_budget=0).warnings
    assert bad in warning
    assert small.sandbox.requests().of("/opportunities/:id/interviews") == 0, asked

    let_it_be_due(small)
    assert small.sync(DELTA, watch_budget=0).warnings == ()
    assert interviews_of(small, bad) != set()


def test_each_further_failure_doubles_the_gap(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"500,{path(bad)}")
    gaps = []
    for _ in range(4):
        small.sync(DELTA)
        (row,) = failed(small)
        gaps.append(row.due_at - datetime.now(UTC))
        let_it_be_due(small)
    assert [round(gap / timedelta(minutes=2)) for gap in gaps] == [1, 2, 4, 8]


def test_a_full_sync_and_a_change_of_the_parent_ask_again_at_once(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"500,{path(bad)}")
    small.sync()
    small.sync()
    (row,) = failed(small)
    assert row.attempts == 2
    small.sandbox.set_faults()
    small.sandbox.edit("opportunities", bad, {"headline": "New", "updatedAt": small.sandbox.now()})
    assert small.sync(DELTA).warnings == ()
    assert interviews_of(small, bad) != set()


def test_a_sync_of_some_days_asks_again_for_what_is_due_wherever_it_lies(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"404,{path(bad)}")
    small.sync()
    small.sandbox.set_faults()
    let_it_be_due(small)
    long_ago = Scope(Bounds(datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 2, tzinfo=UTC)))
    assert small.sync(long_ago).warnings == ()
    assert interviews_of(small, bad) != set()


def test_a_parent_that_is_deleted_is_no_failure_any_more(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"404,{path(bad)}")
    small.sync()
    small.sandbox.delete("opportunities", bad)
    assert small.sync(DELTA).warnings == ()
    assert failed(small) == []


def test_the_poll_starts_a_run_for_what_is_due_and_none_for_what_is_not(small: Account) -> None:
    bad = with_children(small)
    small.sandbox.set_faults(f"500,{path(bad)}")
    small.sync()
    assert not ask(small).changed
    let_it_be_due(small)
    told = ask(small)
    assert told.changed
    assert told.why == "The interviews of 1 opportunities could not be read and are tried again."
    small.sync(DELTA)
    assert not ask(small).changed


def test_what_is_watched_and_fails_is_not_watched_every_minute(small: Account) -> None:
    small.sync()
    with small.session() as session, session.writing() as tx:
        tx.sql.execute(update(child_reads).values(read_at=datetime.now(UTC) - timedelta(days=30)))
    small.sandbox.set_faults("500,path=/opportunities/*/interviews", "500,path=/opportunities/*/offers")
    small.sync(DELTA)
    with small.session() as session:
        assert not poll(session).changed


def test_many_parents_that_fail_for_ever_are_no_outage_when_they_are_all_that_is_asked(
    account: Account,
) -> None:
    bad = account.sandbox.ids("opportunities")[:24]
    account.sync()
    with account.session() as session, session.writing() as tx:
        reasons = dict.fromkeys(bad, "no")
        due.put_off(tx, "raw_interviews", "opportunities", reasons)
    let_it_be_due(account)
    account.sandbox.set_faults(*(f"404,{path(each)}" for each in bad))
    (warning,) = account.sync(DELTA, watch_budget=0).warnings
    assert "the interviews of 24 of the opportunities" in warning
    assert "and 21 more" in warning
    assert {row.attempts for row in failed(account)} == {2}


def test_more_than_a_few_are_an_outage_and_nothing_is_given_up(account: Account) -> None:
    account.sync()
    before = live(account.database)
    bad = account.sandbox.ids("opportunities")[::2]
    assert len(bad) >= 20
    account.sandbox.set_faults(*(f"500,{path(each)}" for each in bad))
    with pytest.raises(UnavailableError, match=r"the interviews of \d+ opportunities could not be read"):
        account.sync()
    assert live(account.database) == before
    assert [row for row in failed(account) if row.remote_id != due.WHOLE_LIST] == []
    account.sandbox.set_faults()
    assert account.sync().warnings == ()
    assert failed(account) == []


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", ["403", "404", "html-403", "400"])
def test_refusals_that_begin_in_the_middle_and_go_on_are_an_outage(account: Account, fault: str) -> None:
    account.sandbox.set_faults(f"{fault},endpoint=GET /opportunities/:id/interviews,from=25")
    with pytest.raises(UnavailableError, match="the reading of interviews was broken off"):
        account.sync()
    assert account.sandbox.requests().of("/opportunities/:id/interviews") < 24 + 2 * (20 + 8 + 3) + 1
    account.sandbox.set_faults()
    assert account.sync().warnings == ()
    assert raw_ids(account.database, "interviews") == set(account.sandbox.ids("interviews"))


@pytest.mark.parametrize("fault", ["403", "404"])
def test_what_is_refused_alike_from_the_first_on_is_not_there(account: Account, fault: str) -> None:
    account.sandbox.set_faults(f"{fault}=1,endpoint=GET /opportunities/:id/interviews")
    report = account.sync()
    assert [each for each in report.warnings if each.startswith("interviews was skipped")]
    assert account.sandbox.requests().of("/opportunities/:id/interviews") <= 8
    assert failed(account) == []
    assert raw_ids(account.database, "offers") == set(account.sandbox.ids("offers"))

    account.sandbox.set_faults()
    assert account.sync(DELTA).warnings == ()
    assert raw_ids(account.database, "interviews") == set(account.sandbox.ids("interviews"))


def test_a_few_that_are_refused_in_a_delta_do_not_make_the_resource_vanish(small: Account) -> None:
    small.sync()
    bad = with_children(small)
    small.sandbox.edit("opportunities", bad, {"headline": "New", "updatedAt": small.sandbox.now()})
    small.sandbox.set_faults(f"403,{path(bad)}")
    (warning,) = small.sync(DELTA, watch_budget=0).warnings
    assert "the interviews of 1 of the opportunities could not be read" in warning


@pytest.mark.long
def test_many_that_are_refused_in_a_row_are_their_own_trouble_when_others_can_be_read(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_LEAST", 3)
    account.sync()
    bad = account.sandbox.ids("opportunities")[:3]
    at = account.sandbox.now()
    for each in bad:
        account.sandbox.edit("opportunities", each, {"headline": "New", "updatedAt": at})
    account.sandbox.set_faults(*(f"400,{path(each)}" for each in bad))
    (warning,) = account.sync(DELTA, watch_budget=0).warnings
    assert "the interviews of 3 of the opportunities" in warning
    assert account.sync(DELTA, watch_budget=0).warnings == (warning,)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("fault", ["404", "403", "400"])
def test_an_account_in_which_many_are_refused_for_ever_comes_to_rest(account: Account, fault: str) -> None:
    bad = account.sandbox.ids("opportunities")[::2]
    account.sandbox.set_faults(*(f"{fault},{path(each)}" for each in bad))
    with pytest.raises(UnavailableError, match="the reading of interviews was broken off"):
        account.sync()
    (warning,) = account.sync().warnings
    assert f"the interviews of {len(bad)} of the opportunities" in warning
    assert raw_ids(account.database, "interviews")


def test_refusals_that_pass_are_made_up_for(account: Account) -> None:
    account.sandbox.set_faults("403,endpoint=GET /opportunities/:id/interviews,times=3")
    assert "the interviews of 3 of the opportunities" in account.sync().warnings[0]
    let_it_be_due(account)
    assert account.sync(DELTA).warnings == ()
    assert raw_ids(account.database, "interviews") == set(account.sandbox.ids("interviews"))


def test_a_lever_that_is_out_of_reach_puts_no_record_off(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.5, seed=1)
    with pytest.raises(LeverError, match="can't be reached"):
        account.sync(DELTA, base_url="http://127.0.0.1:9/v1")
    assert failed(account) == []
    assert account.sync(DELTA).warnings == ()


def test_a_list_that_fails_again_and_again_does_not_start_a_run_each_minute(small: Account) -> None:
    small.sync()
    with small.session() as session, session.writing() as tx:
        put_state(tx, "resource:users", {"read_at": "2026-01-01T00:00:00+00:00"})
    assert ask(small).changed
    small.sandbox.set_faults("500,path=/users")
    for _ in range(2):
        with pytest.raises(LeverError):
            small.sync(DELTA)
    assert not ask(small).changed
    small.sandbox.set_faults()
    assert small.sync(DELTA).warnings == ()
    with small.session() as session, session.reading() as tx:
        assert due.waiting(tx).count == 0
