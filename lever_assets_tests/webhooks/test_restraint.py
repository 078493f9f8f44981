"""Draining has the brake of a sync: what Lever lacks for nearly everybody is kept, told, and stays due."""

import re
from collections.abc import Callable, Iterator

import pytest

from lever_assets.store import due
from lever_assets_tests.meddling import NOT_FOUND, Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, live
from lever_assets_tests.webhooks.conftest import Listening
from lever_assets_tests.webhooks.test_trusting import SINGLE, about, drained, inbox_of, minutes_pass

Change = Callable[[Asked, Reply], Reply]


@pytest.fixture
def meddler(listening: Listening) -> Iterator[Meddler]:
    with meddling(listening.sandbox.url) as between:
        yield between


def no_lists(asked: Asked, reply: Reply) -> Reply:
    return reply.of([]) if re.search(r"/opportunities/[^/]+/(interviews|offers)$", asked.path) else reply


def bare(asked: Asked, reply: Reply) -> Reply:
    data = reply.json["data"] if SINGLE.fullmatch(asked.path) else None
    return reply.of({**data, "applications": []}) if isinstance(data, dict) else reply


def nowhere(*but: str) -> Change:
    def change(asked: Asked, reply: Reply) -> Reply:
        found = SINGLE.fullmatch(asked.path)
        return reply.giving(404, NOT_FOUND) if found and found[1] not in but else reply

    return change


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("change", "model"), [(no_lists, "interviews"), (bare, "applications")], ids=["below", "inside"]
)
def test_what_the_answers_lack_for_everybody_is_kept_told_and_asked_for_by_the_next_delta(
    listening: Listening, meddler: Meddler, change: Change, model: str
) -> None:
    before = live(listening.account.database)
    about(listening, *listening.sandbox.ids("opportunities")[:60])  # more than one chunk
    meddler.change = change
    report = drained(listening, meddler)
    assert (report.handled, report.error) == (60, None)
    assert any(f"{model} that are stored" in each for each in report.warnings)
    assert live(listening.account.database)[model] == before[model]
    assert listening.account.held_back(model) > 20

    meddler.change = None
    minutes_pass(listening)
    assert listening.account.sync(DELTA).warnings == ()
    assert live(listening.account.database) == before
    assert listening.account.held_back(model) == 0


@pytest.mark.long
def test_a_few_that_are_missing_are_gone_with_the_draining_and_leave_nothing_due(
    listening: Listening, meddler: Meddler
) -> None:
    sandbox = listening.sandbox
    gone = sandbox.ids("interviews")[:3]
    parents = {str((sandbox.get("interviews", each) or {})["opportunityId"]) for each in gone}
    for each in gone:
        sandbox.delete("interviews", each)
    about(listening, *parents, event="interviewDeleted")
    report = drained(listening, meddler)
    assert (report.warnings, report.waiting) == ((), 0)
    left = live(listening.account.database)["interviews"]
    assert {row["remote_id"] for row in left}.isdisjoint(gone)
    with listening.session() as session, session.reading() as tx:
        assert due.waiting(tx).count == 0


@pytest.mark.sampled(1)
@pytest.mark.parametrize("count", [3, 60])
def test_a_lever_that_has_nobody_any_more_is_out_of_order(
    listening: Listening, meddler: Meddler, count: int
) -> None:
    before = live(listening.account.database)
    about(listening, *listening.sandbox.ids("opportunities")[:count])
    meddler.change = nowhere()
    for _ in range(2):
        report = drained(listening, meddler)
        assert (report.handled, report.gone, report.waiting) == (0, 0, count)
        assert report.error
        assert inbox_of(listening) == {("pending", 0)}
        minutes_pass(listening)
    assert live(listening.account.database) == before
    meddler.change = None
    assert drained(listening, meddler).handled == count
    assert live(listening.account.database) == before


@pytest.mark.long
def test_so_many_404s_at_once_are_not_believed_however_often_while_others_can_be_read(
    listening: Listening, meddler: Meddler
) -> None:
    before = live(listening.account.database)
    ids = listening.sandbox.ids("opportunities")
    about(listening, *ids[:30])
    meddler.change = nowhere(*ids[30:])
    for _ in range(3):
        report = drained(listening, meddler)
        assert (report.handled, report.gone, report.waiting) == (0, 0, 30)
        assert "30 of the 80 opportunities" in (report.error or "")
        minutes_pass(listening)
        warnings = listening.account.sync(DELTA, base_url=meddler.url).warnings
    assert any("30 of the 80 opportunities" in each for each in warnings)
    assert inbox_of(listening) == {("pending", 0)}
    assert live(listening.account.database) == before
