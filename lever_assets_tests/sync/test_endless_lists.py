"""Lists that never end: a sync gives up after a few requests, frees the account, and does all the rest."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest

from lever_assets.lever import BrokenListError, UnavailableError
from lever_assets.sandbox import Sandbox
from lever_assets.sync.polling import poll
from lever_assets_tests.meddling import Asked, Change, Meddler, Reply, meddling
from lever_assets_tests.sync.paging import only, page
from lever_assets_tests.sync.tables import DELTA, Account, Tables, live, raw_ids

MOST = 40
"""So many requests for a list that is over after one, at most."""
ENDS = "Lever's answer can't be read: "


def in_turn(reply: Reply, number: int) -> Reply:
    """The same page with one of two tokens."""
    return page(reply, reply.records, "ab"[number % 2])


def again(reply: Reply, number: int) -> Reply:
    """The same page with a new token."""
    return page(reply, reply.records, f"{number}")


def shuffled(reply: Reply, number: int) -> Reply:
    """Other parts of the same records under new tokens."""
    records, start = reply.records, number % max(1, len(reply.records))
    return page(reply, [*records[start:], *records[:start]][:2], f"{number}")


def emptied(reply: Reply, number: int) -> Reply:
    """Behind the first page empty ones, with new tokens."""
    return page(reply, [] if number else reply.records, f"{number}")


Way = Callable[[Reply, int], Reply]
WAYS = [again, *(pytest.param(way, marks=pytest.mark.long) for way in (in_turn, shuffled, emptied))]
ways = pytest.mark.parametrize("way", WAYS, ids=["again", "in turn", "shuffled", "emptied"])


@pytest.fixture
def beside(few: Sandbox) -> Iterator[Meddler]:
    """Somebody before the account that a test may change."""
    with meddling(few.url) as between:
        yield between


def endless(way: Way) -> Change:
    """Return the change that makes every list go on in that way; each list is counted for itself."""
    numbers: dict[str, count[int]] = {}
    first: dict[str, Reply] = {}

    def change(asked: Asked, reply: Reply) -> Reply:
        if "offset" not in asked.params:
            if reply.status != 200 or "hasNext" not in reply.json:
                return reply
            first[asked.path] = reply
            numbers[asked.path] = count()
        return way(first[asked.path], next(numbers[asked.path]))

    return change


def is_free(account: Account) -> bool:
    """Tell whether the account can be synced at once."""
    with account.session() as session, session.alone():
        return True


@ways
@pytest.mark.parametrize("path", ["/stages", "/requisitions", "/opportunities"])
def test_a_list_without_end_is_an_error_after_a_few_requests_and_the_rest_is_mapped(
    steady: Account, usual: Tables, meddler: Meddler, path: str, way: Way
) -> None:
    meddler.change = only(path.__eq__, endless(way))
    with pytest.raises(BrokenListError, match=f"{ENDS}.*GET {path}"):
        steady.sync(base_url=meddler.url)
    assert meddler.of(path) <= MOST
    rows = live(steady.database)
    for name in ("candidates", "jobs", "users", "interviews"):
        assert len(rows[name]) == len(usual[name]), name
    assert is_free(steady)
    steady.sync()
    assert live(steady.database) == usual


@ways
def test_what_a_delta_asks_for_without_end_is_an_error_after_a_few_requests(
    small: Account, beside: Meddler, way: Way
) -> None:
    small.sync()
    own = small.sandbox.ids("opportunities")[0]
    small.sandbox.edit("opportunities", own, {"headline": "changed", "updatedAt": small.sandbox.now()})
    beside.change = only("/opportunities".__eq__, endless(way))
    with pytest.raises(BrokenListError, match=ENDS):
        small.sync(DELTA, base_url=beside.url)
    assert beside.of("/opportunities") <= 2 * MOST  # what changed, and what is new
    assert is_free(small)
    with small.session() as session:
        assert poll(session).changed


@ways
def test_a_list_without_end_below_one_parent_is_set_aside(
    steady: Account, usual: Tables, meddler: Meddler, way: Way
) -> None:
    path = f"/opportunities/{steady.sandbox.ids('opportunities')[-1]}/interviews"
    meddler.change = only(path.__eq__, endless(way))
    report = steady.sync(base_url=meddler.url)
    assert any("interviews" in each for each in report.warnings)
    assert meddler.of(path) <= MOST
    steady.make_failed_reads_due()
    steady.sync(DELTA)
    assert live(steady.database) == usual


@pytest.mark.long
def test_lists_without_end_below_all_parents_are_an_outage(account: Account) -> None:
    with meddling(account.sandbox.url) as between:
        between.change = only(lambda path: path.endswith("/interviews"), endless(again))
        with pytest.raises(UnavailableError, match="the reading of interviews was broken off") as caught:
            account.sync(base_url=between.url)
    assert ENDS in str(caught.value)
    assert len(between.asked) <= len(account.sandbox.ids("opportunities")) * MOST
    assert len(live(account.database)["candidates"]) == len(account.sandbox.ids("opportunities"))
    assert is_free(account)


@ways
def test_a_list_of_deletions_without_end_is_a_warning_and_what_it_told_is_gone(
    small: Account, beside: Meddler, way: Way
) -> None:
    small.sync()
    gone = small.sandbox.ids("opportunities")[0]
    small.sandbox.delete("opportunities", gone)
    beside.change = only(lambda path: path.endswith("/deleted"), endless(way))
    report = small.sync(DELTA, base_url=beside.url)
    assert any(each.startswith("What was deleted of opportunities is not known") for each in report.warnings)
    assert sum(each.path.endswith("/deleted") for each in beside.asked) <= 3 * MOST
    assert gone not in raw_ids(small.database, "opportunities")


@pytest.mark.long
def test_a_poll_of_lists_without_end_ends(small: Account, beside: Meddler) -> None:
    small.sync()
    beside.change = endless(emptied)
    with small.session(base_url=beside.url, watch_budget=0) as session, suppress(BrokenListError):
        assert not poll(session).changed
    assert len(beside.asked) <= 6 * MOST
