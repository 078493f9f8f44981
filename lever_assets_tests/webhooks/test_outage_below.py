"""A Lever that is out of order for the lists below a candidate costs no event: they wait, and are told."""

import re
from collections.abc import Callable, Iterator

import pytest
from pydantic import JsonValue

from lever_assets.cli import main
from lever_assets.store import due
from lever_assets_tests.meddling import BLOCKED, NOT_FOUND, Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, live
from lever_assets_tests.webhooks.conftest import KEY, Listening
from lever_assets_tests.webhooks.test_trusting import about, drained, inbox_of, minutes_pass

OUT: JsonValue = {"code": "InternalServerError", "message": "oops"}
OUTAGES: dict[str, tuple[int, bytes | JsonValue]] = {
    "500": (500, OUT),
    "502 html": (502, BLOCKED),
    "200 html": (200, BLOCKED),
    "403 html": (403, BLOCKED),
}


@pytest.fixture
def meddler(listening: Listening) -> Iterator[Meddler]:
    with meddling(listening.sandbox.url) as between:
        yield between


@pytest.fixture(autouse=True)
def _give_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lever_assets.lever.retry.RetryPolicy.wait_after", lambda *_: None)


def below(listed: str, status: int, body: bytes | JsonValue, *only: str) -> Callable[[Asked, Reply], Reply]:
    """Answer otherwise where this list is asked for (below `only` these opportunities)."""
    kind = "text/html" if isinstance(body, bytes) else "application/json"

    def change(asked: Asked, reply: Reply) -> Reply:
        found = re.fullmatch(rf"/opportunities/([^/]+)/{listed}", asked.path)
        return reply.giving(status, body, kind) if found and (not only or found[1] in only) else reply

    return change


def applied(listening: Listening, count: int) -> list[str]:
    sandbox = listening.sandbox
    records = [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]
    return [each["id"] for each in records if each["applications"]][:count]


def interviews_due(listening: Listening) -> int:
    with listening.session() as session, session.reading() as tx:
        return due.waiting(tx, "raw_interviews").count


@pytest.mark.sampled(1)
@pytest.mark.parametrize("answer", OUTAGES.values(), ids=list(OUTAGES))
@pytest.mark.parametrize("listed", ["interviews", "offers", "applications"])
def test_an_outage_of_a_list_below_leaves_the_events_pending(
    listening: Listening, meddler: Meddler, listed: str, answer: tuple[int, bytes | JsonValue]
) -> None:
    listening.sandbox.set_quirks("expand-ignored")
    for each in applied(listening, 3):
        about(listening, each)
    meddler.change = below(listed, *answer)
    before = live(listening.account.database)
    report = drained(listening, meddler)
    assert (report.handled, report.failed, report.parked, report.waiting) == (0, 0, 0, 3)
    assert report.error
    assert inbox_of(listening) == {("pending", 0)}
    assert live(listening.account.database) == before
    meddler.change = None
    minutes_pass(listening)
    report = drained(listening, meddler)
    assert (report.handled, report.error) == (3, None)


def test_what_could_be_read_is_in_the_tables_and_the_others_events_are_handled(
    listening: Listening, meddler: Meddler
) -> None:
    bad, *good = applied(listening, 3)
    listening.sandbox.edit("opportunities", bad, {"headline": "Somewhere Else"})
    about(listening, bad, *good)
    meddler.change = below("interviews", 500, OUT, bad)
    report = drained(listening, meddler)
    assert (report.handled, report.failed) == (2, 0)
    assert report.waiting == 2  # the edit is an event about the contact
    assert "out of order" in (report.error or "")
    assert inbox_of(listening) == {("pending", 0), ("handled", 0)}
    row = next(each for each in listening.account.tables()["candidates"] if each["remote_id"] == bad)
    assert row["remote_data"]["/opportunities"]["headline"] == "Somewhere Else"


def test_a_list_that_is_out_of_order_below_one_candidate_alone_holds_its_events_up_only_once(
    listening: Listening, meddler: Meddler
) -> None:
    bad, good = applied(listening, 2)
    meddler.change = below("interviews", 500, OUT, bad)
    about(listening, bad, good, event="interviewUpdated")
    report = drained(listening, meddler)
    assert (report.handled, report.waiting) == (1, 1)
    minutes_pass(listening)
    report = drained(listening, meddler)  # about nobody else: others are asked for
    assert (report.handled, report.waiting, report.error) == (1, 0, None)
    assert interviews_due(listening) == 1
    about(listening, bad, event="interviewUpdated")
    assert drained(listening, meddler).handled == 1
    meddler.change = None
    minutes_pass(listening)
    listening.account.sync(DELTA)
    assert interviews_due(listening) == 0


def test_a_list_that_is_out_of_order_for_all_holds_the_events_up_as_long_as_it_is(
    listening: Listening, meddler: Meddler
) -> None:
    about(listening, applied(listening, 1)[0], event="interviewUpdated")
    meddler.change = below("interviews", 500, OUT)
    for _ in range(3):
        report = drained(listening, meddler)
        assert (report.handled, report.waiting) == (0, 1)
        assert report.error
        assert inbox_of(listening) == {("pending", 0)}
        minutes_pass(listening)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"message": "no"}),
        (403, {"code": "Forbidden", "message": "not these"}),
        (404, NOT_FOUND),
        (200, {"data": "soon"}),
    ],
)
def test_a_list_that_is_refused_is_that_candidate_s_own(
    listening: Listening, meddler: Meddler, status: int, body: JsonValue
) -> None:
    about(listening, *applied(listening, 2))
    meddler.change = below("interviews", status, body)
    report = drained(listening, meddler)
    assert (report.handled, report.waiting, report.error) == (2, 0, None)
    assert interviews_due(listening) == 2


def test_a_connection_that_breaks_is_an_outage_too(listening: Listening, meddler: Meddler) -> None:
    about(listening, *applied(listening, 2))
    listening.sandbox.set_faults("reset=1,endpoint=GET /opportunities/:id/offers")
    report = drained(listening, meddler)
    assert (report.handled, report.waiting) == (0, 2)
    assert report.error
    assert inbox_of(listening) == {("pending", 0)}


@pytest.mark.parametrize("where", [r".*", r"/opportunities/[^/]+/interviews"], ids=["everywhere", "below"])
def test_the_command_fails_when_a_page_stands_between(
    listening: Listening,
    meddler: Meddler,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: str,
) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(200, BLOCKED, "text/html") if re.fullmatch(where, asked.path) else reply

    about(listening, *applied(listening, 2))
    meddler.change = change
    account = listening.account
    for name, value in {
        "API_KEY": account.sandbox.key,
        "BASE_URL": meddler.url,
        "DATA_DIR": str(account.folder),
        "DATABASE_URL": account.database,
        "SECRET_KEY": KEY,
        "RATE_LIMIT": "0",
    }.items():
        monkeypatch.setenv(f"LEVER_{name}", value)
    with pytest.raises(SystemExit) as ended:
        main(("webhooks", "drain"))
    assert ended.value.code == 1
    written = capsys.readouterr()
    assert "2 events still wait" in written.err
    assert "Something other than Lever answered" in written.err
    assert inbox_of(listening) == {("pending", 0)}
