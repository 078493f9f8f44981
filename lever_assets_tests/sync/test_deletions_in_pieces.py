"""Lists of deletions are asked for in pieces that Lever takes, and one that can't be read stops nothing."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import update

from lever_assets.lever import AuthenticationError, RetryPolicy
from lever_assets.lever.resources import BY_NAME
from lever_assets.store import put_state
from lever_assets.store.tables import RAW
from lever_assets.sync.fetch.deletions import LONGEST_SPAN, read_up_to
from lever_assets.sync.polling import poll
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, raw_ids

pytestmark = pytest.mark.long

LISTS = ("opportunities", "applications", "postings")
A_YEAR = timedelta(days=365)


@pytest.fixture
def opportunities() -> int:
    return 12


@pytest.fixture
def meddler(account: Account) -> Iterator[Meddler]:
    account.sandbox.set_quirks("deletions-in-pieces")
    with meddling(account.sandbox.url) as between:
        yield between


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "wait_after", lambda *_: None)


def ago(span: timedelta) -> datetime:
    return datetime.now(UTC) - span


def last_synced(account: Account, at: datetime, *, marked: bool = True) -> None:
    """Make it so that the account was read whole then, and never since; without marks: of deletions."""
    with account.session() as session, session.writing() as tx:
        for name in LISTS:
            tx.sql.execute(update(RAW[name]).values(first_seen_at=at))
            put_state(tx, f"deletions:{name}", at.isoformat() if marked else None)


def known_up_to(account: Account) -> dict[str, datetime | None]:
    with account.session() as session, session.reading() as tx:
        return {name: read_up_to(tx, BY_NAME[name]) for name in LISTS}


def spans(meddler: Meddler, name: str = "opportunities") -> list[tuple[datetime, datetime]]:
    """Return the spans that were asked for, as Lever was asked."""
    asked = [each.params for each in meddler.asked if each.path == f"/{name}/deleted"]
    return [(instant(each["deleted_at_start"]), instant(each["deleted_at_end"])) for each in asked]


def instant(values: list[str]) -> datetime:
    return datetime.fromtimestamp(int(values[0]) / 1000, UTC)


@pytest.mark.parametrize("marked", [True, False], ids=["asked before", "never asked before"])
@pytest.mark.parametrize(
    "scope",
    [DELTA, Scope(Bounds(lower=ago(2 * A_YEAR))), Scope(Bounds(upper=ago(-timedelta(days=1))))],
    ids=["delta", "from a day on", "up to a day"],
)
def test_after_a_pause_of_a_year_what_was_deleted_is_found_piece_by_piece(
    account: Account, meddler: Meddler, scope: Scope, marked: bool
) -> None:
    account.sync()
    last_synced(account, ago(A_YEAR), marked=marked)
    gone = account.sandbox.ids("opportunities")[4]
    account.sandbox.delete("opportunities", gone)
    assert account.sync(scope, base_url=meddler.url).warnings == ()

    assert gone not in raw_ids(account.database, "opportunities")
    asked = spans(meddler)
    assert len(asked) == 13
    assert all(end - start <= LONGEST_SPAN for start, end in asked)
    assert asked[0][0] <= ago(A_YEAR)
    assert asked[-1][1] >= ago(timedelta(minutes=5))
    for (_, end), (start, _) in itertools.pairwise(asked):
        assert start - end == timedelta(milliseconds=1)


def test_after_a_delta_the_next_asks_for_a_short_span(account: Account, meddler: Meddler) -> None:
    account.sync()
    last_synced(account, ago(A_YEAR))
    account.sync(DELTA, base_url=meddler.url)
    meddler.asked.clear()
    account.sync(DELTA, base_url=meddler.url)
    (span,) = spans(meddler)
    assert span[0] >= ago(timedelta(days=2))


def test_of_the_time_before_the_first_record_was_stored_nothing_is_asked(
    account: Account, meddler: Meddler
) -> None:
    account.sync()
    old = Bounds(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC))
    account.sync(Scope(old), base_url=meddler.url)
    assert spans(meddler) == []


REFUSALS: dict[str, tuple[int, JsonValue]] = {
    "400": (400, {"code": "BadRequestError", "message": "deleted_at_start is too long ago"}),
    "403": (403, {"code": "Forbidden", "message": "no"}),
    "404": (404, {"code": "ResourceNotFound", "message": "no"}),
    "500": (500, {"code": "InternalServerError", "message": "no"}),
    "nonsense": (200, {"data": {"not": "a list"}}),
    "no data": (200, {"no": "data"}),
    "not JSON": (200, "<html>"),
    "without end": (200, {"data": [], "hasNext": True, "next": "again"}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_list_that_can_not_be_read_is_a_warning_and_its_mark_stays(
    account: Account, meddler: Meddler, refusal: str
) -> None:
    account.sync()
    pause = timedelta(days=3)
    last_synced(account, ago(pause))
    before = known_up_to(account)
    gone = account.sandbox.ids("postings")[0]
    account.sandbox.delete("postings", gone)
    account.sandbox.touch(share=0.1)
    status, body = REFUSALS[refusal]

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path == "/opportunities/deleted":
            return reply.giving(status, b"<html>" if body == "<html>" else body)
        return reply

    meddler.change = change
    report = account.sync(DELTA, base_url=meddler.url)
    (warning,) = report.warnings
    assert warning.startswith("What was deleted of opportunities is not known: ")
    assert "GET /opportunities/deleted" in warning
    assert gone not in raw_ids(account.database, "postings")
    after = known_up_to(account)
    assert {name for name in LISTS if after[name] == before[name]} == {"opportunities"}

    with account.session(base_url=meddler.url, watch_budget=0) as session:
        assert poll(session).why.startswith("Nothing has changed")
    meddler.change = None
    assert account.sync(DELTA, base_url=meddler.url).warnings == ()
    assert known_up_to(account)["opportunities"] != before["opportunities"]


def test_a_list_that_takes_no_bounds_is_read_whole(account: Account, meddler: Meddler) -> None:
    account.sandbox.set_quirks()
    account.sync()
    last_synced(account, ago(A_YEAR))
    gone = account.sandbox.ids("opportunities")[4]
    account.sandbox.delete("opportunities", gone)

    def change(asked: Asked, reply: Reply) -> Reply:
        refused = "deleted_at_start" in asked.params and asked.path == "/opportunities/deleted"
        return (
            reply.giving(400, {"code": "BadRequestError", "message": "no such filter"}) if refused else reply
        )

    meddler.change = change
    (warning,) = account.sync(DELTA, base_url=meddler.url).warnings
    assert 'Lever refuses deleted_at for opportunities: "no such filter"' in warning
    assert meddler.of("/opportunities/deleted") == 2
    assert gone not in raw_ids(account.database, "opportunities")


def test_a_key_that_is_revoked_meanwhile_is_no_warning(account: Account, meddler: Meddler) -> None:
    account.sync()
    meddler.change = lambda asked, reply: reply.giving(401, {}) if "deleted" in asked.path else reply
    with pytest.raises(AuthenticationError):
        account.sync(DELTA, base_url=meddler.url)


def test_a_poll_after_a_long_pause_asks_for_no_longer_span_than_lever_takes(
    account: Account, meddler: Meddler
) -> None:
    account.sync()
    last_synced(account, ago(A_YEAR))
    account.sandbox.delete("opportunities", account.sandbox.ids("opportunities")[4])
    with account.session(base_url=meddler.url, watch_budget=0) as session:
        assert poll(session).why == "Some opportunities were deleted."
    assert all(end - start < timedelta(days=30) for start, end in spans(meddler))
