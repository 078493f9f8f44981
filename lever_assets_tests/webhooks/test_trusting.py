"""What an event leads to is not believed whatever it is: nothing is deleted on a single word, and an outage
of any kind is no event's fault."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import select, update

from lever_assets.store import due
from lever_assets.store.tables import webhook_inbox
from lever_assets.store.transaction import now
from lever_assets.webhooks.draining import DrainReport, drain
from lever_assets_tests.meddling import BLOCKED, NOT_FOUND, Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import live, raw_ids
from lever_assets_tests.webhooks.conftest import Listening

SINGLE = re.compile(r"/opportunities/([0-9a-f-]{36})")


@pytest.fixture
def meddler(listening: Listening) -> Iterator[Meddler]:
    with meddling(listening.sandbox.url) as between:
        yield between


def about(listening: Listening, *opportunities: str, event: str = "candidateStageChange") -> None:
    for each in opportunities:
        listening.sandbox.emit(event, {"opportunityId": each, "candidateId": each})
    assert listening.sandbox.wait_for_webhooks(20)


def drained(listening: Listening, meddler: Meddler) -> DrainReport:
    with listening.session(base_url=meddler.url) as session:
        return drain(session)


def minutes_pass(listening: Listening) -> None:
    """Make due whatever waits."""
    with listening.session() as session, session.writing() as tx:
        tx.sql.execute(update(webhook_inbox).values(due_at=now()))
    listening.account.make_failed_reads_due()


def inbox_of(listening: Listening) -> set[tuple[str, int]]:
    with listening.session() as session, session.reading() as tx:
        return {(each.state, each.attempts) for each in tx.sql.execute(select(webhook_inbox))}


def waiting(listening: Listening) -> int:
    with listening.session() as session, session.reading() as tx:
        return due.waiting(tx, "raw_opportunities").count


def single(of: str, *, status: int = 200, data: JsonValue = None, body: JsonValue = None) -> Any:
    """Answer the single reads of one opportunity otherwise."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != f"/opportunities/{of}":
            return reply
        return reply.giving(status, body if body is not None else {"data": data})

    return change


@pytest.mark.long
def test_what_is_not_the_record_that_was_asked_for_changes_nothing_and_the_event_stays(
    listening: Listening, meddler: Meddler
) -> None:
    one, other = listening.sandbox.ids("opportunities")[:2]
    before = live(listening.account.database)
    others: JsonValue = listening.sandbox.get("opportunities", other)
    wrongs: list[JsonValue] = [[], [others], others, "text", {"id": one.upper()}]
    for wrong in wrongs:
        about(listening, one)
        meddler.change = single(one, data=wrong)
        report = drained(listening, meddler)
        assert (report.handled, report.gone, report.waiting) == (0, 0, 1), wrong
        assert live(listening.account.database) == before
        assert waiting(listening) == 1
        meddler.change = None
        minutes_pass(listening)
        assert drained(listening, meddler).handled == 1
        assert waiting(listening) == 0


def test_a_single_404_deletes_only_when_it_is_said_again_minutes_later(
    listening: Listening, meddler: Meddler
) -> None:
    one = listening.sandbox.ids("opportunities")[0]
    before = live(listening.account.database)
    about(listening, one)
    meddler.change = single(one, status=404, body=NOT_FOUND)
    for _ in range(2):
        report = drained(listening, meddler)
        assert (report.handled, report.gone, report.failed, report.waiting) == (0, 0, 0, 1)
        assert live(listening.account.database) == before
        with listening.session() as session, session.writing() as tx:
            tx.sql.execute(
                update(webhook_inbox).values(due_at=now())
            )  # the event, but minutes have not passed
    minutes_pass(listening)
    report = drained(listening, meddler)
    assert (report.handled, report.gone, report.waiting) == (1, 1, 0)
    assert one not in raw_ids(listening.account.database, "opportunities")
    assert waiting(listening) == 0


@pytest.mark.long
def test_a_404_that_was_a_mistake_leaves_no_trace(listening: Listening, meddler: Meddler) -> None:
    one = listening.sandbox.ids("opportunities")[0]
    before = live(listening.account.database)
    about(listening, one)
    meddler.change = single(one, status=404, body=NOT_FOUND)
    drained(listening, meddler)
    meddler.change = None
    minutes_pass(listening)
    assert drained(listening, meddler).handled == 1
    assert live(listening.account.database) == before
    assert (waiting(listening), inbox_of(listening)) == (0, {("handled", 0)})


@pytest.mark.long
def test_a_404_and_lever_s_own_event_or_list_of_deletions_are_two_witnesses(
    listening: Listening, meddler: Meddler
) -> None:
    announced, listed = listening.sandbox.ids("opportunities")[:2]
    about(listening, announced, event="candidateDeleted")
    meddler.change = single(announced, status=404, body=NOT_FOUND)
    assert drained(listening, meddler).gone == 1
    assert meddler.of("/opportunities/deleted") == 0
    meddler.change = None
    listening.sandbox.delete("opportunities", listed)
    listening.sandbox.wait_for_webhooks(20)
    with listening.session() as session, session.writing() as tx:
        tx.sql.execute(update(webhook_inbox).values(event="candidateStageChange"))
    assert drained(listening, meddler).gone == 1
    assert {announced, listed}.isdisjoint(raw_ids(listening.account.database, "opportunities"))


def everything(status: int, body: bytes | JsonValue) -> Callable[[Asked, Reply], Reply]:
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    return lambda _asked, reply: reply.giving(status, body, kind)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    "change",
    [
        everything(200, BLOCKED),
        everything(403, BLOCKED),
        everything(404, BLOCKED),
        everything(200, {"hasNext": False}),
        everything(200, {"data": "soon"}),
        everything(400, {"code": "BadRequestError", "message": "not now"}),
        everything(403, {"code": "Forbidden", "message": "not you"}),
    ],
    ids=["200 html", "403 html", "404 html", "no data", "odd data", "all refused", "no permission"],
)
def test_an_outage_of_any_kind_costs_no_event_an_attempt_and_is_told(
    listening: Listening, meddler: Meddler, change: Callable[[Asked, Reply], Reply]
) -> None:
    before = live(listening.account.database)
    about(listening, *listening.sandbox.ids("opportunities")[:3])
    meddler.change = change
    report = drained(listening, meddler)
    assert (report.handled, report.failed, report.parked, report.waiting) == (0, 0, 0, 3)
    assert report.error
    assert inbox_of(listening) == {("pending", 0)}
    assert live(listening.account.database) == before
    meddler.change = None
    minutes_pass(listening)
    assert drained(listening, meddler).handled == 3
    assert waiting(listening) == 0


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": "InternalServerError", "message": "oops"}),
        (400, {"message": "no"}),
        (200, {"no": "data"}),
    ],
)
def test_one_that_can_not_be_read_is_its_own_event_s_matter(
    listening: Listening,
    meddler: Meddler,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: JsonValue,
) -> None:
    monkeypatch.setattr("lever_assets.lever.retry.RetryPolicy.wait_after", lambda *_: None)
    bad, *good = listening.sandbox.ids("opportunities")[:4]
    meddler.change = single(bad, status=status, body=body)
    about(listening, bad)
    report = drained(listening, meddler)
    assert (report.failed, report.error) == (1, None)
    minutes_pass(listening)
    about(listening, *good)
    report = drained(listening, meddler)
    assert (report.handled, report.failed, report.error) == (len(good), 1, None)
    assert inbox_of(listening) == {("handled", 0), ("pending", 2)}
