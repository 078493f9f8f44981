"""How far a whole sync is: how many requests in all, and how long still."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from lever_assets.sync.progress import RECORDS_MAPPED, Known, Overall, Progress
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.whole import Whole
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account

RATE = 9.98
"""What is used of an allowance of ten a second."""
AT_ONCE = 3
"""So many last requests of lists may be sent, and for a moment ahead as well."""
NOBODY_KNOWS = "time left is known when the lists are in"


@dataclass
class Course:
    """A sync whose clock and requests a test moves."""

    seconds: float = 0.0
    sent: int = 0
    told: list[Progress | str] = field(default_factory=list)

    def whole(self, *, rate: float = 10, history_seconds: float | None = None, **drivers: str) -> Whole:
        """Return what listens to it."""
        return Whole(
            self.told.append,
            lambda: self.sent,
            rate,
            at_once=4,
            drivers=drivers,
            history_seconds=history_seconds,
            clock=lambda: self.seconds,
        )

    def go(self, requests: int, seconds: float) -> None:
        """Let so many requests go out in so many seconds."""
        self.sent += requests
        self.seconds += seconds

    @property
    def last(self) -> Overall:
        """What was told last."""
        told = self.told[-1]
        assert isinstance(told, Progress)
        assert told.overall is not None
        return told.overall


def listed(name: str, done: int, *, ended: bool = False) -> Progress:
    return Progress(name, "records", done, None, 0, 0.0, None, ended=ended)


def read(name: str, done: int, total: int, requests: int | None = None, *, ended: bool = False) -> Progress:
    requests = done if requests is None else requests
    return Progress(name, "opportunities read", done, total, requests, 0.0, None, ended=ended)


def mapped(model: str, done: int, *, ended: bool = False) -> Progress:
    return Progress(model, RECORDS_MAPPED, done, None, 0, 0.0, None, ended=ended)


def test_before_the_lists_are_in_no_time_is_told() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({"opportunities": None, "users": None})
    course.go(5, 1)
    whole(listed("opportunities", 500))
    assert (course.last.requests, course.last.total) == (5, 7)
    assert course.last.known is Known.AT_LEAST
    assert course.last.seconds_left is None
    assert str(course.told[-1]) == f"requests 5 of at least 7, 5.0/s, {NOBODY_KNOWS} (opportunities)"


def test_in_a_first_sync_the_least_that_is_left_is_told_from_the_first_page_on() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({"opportunities": None, "postings": None}, {"opportunities": 1, "postings": 1})
    course.go(1, 0.1)
    whole(listed("opportunities", 100))
    first = course.last.seconds_left
    assert first == pytest.approx(102 / RATE, rel=0.01)
    course.go(30, 3)
    whole(listed("opportunities", 3_000))
    assert course.last.total == 31 + 2 + 3_000
    assert str(course.told[-1]).startswith("requests 31 of at least 3,033, ")
    assert ", at least 5 min 01 s left (opportunities)" in str(course.told[-1])
    whole(listed("opportunities", 3_000, ended=True))
    whole(listed("postings", 10, ended=True))
    whole.lists_are_in(
        {"interviews": [3_000], "offers": [500], "forms": [10]}, history=False, known=Known.EXACTLY
    )
    course.seconds += 2
    whole(mapped("candidates", 1))
    assert course.last.total == 31 + 3_510
    assert course.last.seconds_left is not None
    assert course.last.seconds_left >= 3_010 / RATE


def test_the_least_that_is_left_of_a_history_is_no_more_than_the_time_for_it() -> None:
    course = Course()
    whole = course.whole(history_seconds=60)
    whole.begin({"opportunities": None}, {"opportunities": 1})
    course.go(50, 5)
    whole(listed("opportunities", 5_000))
    assert course.last.seconds_left == pytest.approx(60, abs=1)


def test_what_the_last_sync_left_is_an_estimate() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({"opportunities": 201, "users": 1})
    whole.estimate({"interviews": [20_000], "offers": [8_000]}, history=False)
    course.go(10, 1)
    whole(listed("opportunities", 900))
    assert course.last.total == 10 + (201 - 9) + 1 + 28_000
    assert course.last.known is Known.ABOUT
    assert course.last.seconds_left == pytest.approx(28_193 / RATE, rel=0.01)
    assert "about 47 min" in str(course.last)


def test_when_the_lists_are_in_the_number_and_the_time_are_there_before_anything_is_read_below() -> None:
    course = Course(sent=210)
    whole = course.whole()
    whole.begin({"opportunities": None})
    whole.lists_are_in({"interviews": [20_000], "offers": [8_000]}, history=False, known=Known.EXACTLY)
    whole(mapped("candidates", 500))
    assert course.last.total == 28_210
    assert course.last.seconds_left == pytest.approx(28_000 / RATE, rel=0.01)
    assert str(course.told[-1]).startswith("requests 210 of 28,210, ")
    assert str(course.told[-1]).endswith(" left (mapping candidates)")


def test_the_time_left_is_what_it_takes_and_falls() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [3_000]}, history=False, known=Known.EXACTLY)
    # Not the allowance: another one takes half of it.
    left = []
    for _ in range(600):
        course.go(5, 1)
        whole(read("interviews", course.sent, 3_000))
        assert course.last.total == 3_000
        left.append(course.last.seconds_left or 0.0)
    truth = [599 - second for second in range(600)]
    assert left[0] == pytest.approx(300, rel=0.1)  # nobody can know yet
    assert all(
        abs(told - true) <= 0.08 * true + 1 for told, true in zip(left[120:], truth[120:], strict=True)
    )
    assert all(after <= before for before, after in pairwise(left[120:]))
    assert left[-1] == 0


def test_what_holds_a_sync_up_for_a_minute_does_not_multiply_the_time_left() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [20_000]}, history=False, known=Known.EXACTLY)
    for _ in range(300):
        course.go(10, 1)
        whole(read("interviews", course.sent, 20_000))
    before = course.last.seconds_left or 0.0
    course.go(1, 60)
    whole(read("interviews", course.sent, 20_000))
    assert before < (course.last.seconds_left or 0.0) < 1.3 * before


def test_a_burst_is_no_pace() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [1_000]}, history=False, known=Known.EXACTLY)
    whole(read("interviews", 0, 1_000))
    course.go(25, 1)
    whole(read("interviews", 25, 1_000))
    assert course.last.seconds_left == pytest.approx(975 / RATE, rel=0.01)


def test_who_is_passed_over_takes_no_request() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"offers": [300]}, history=False, known=Known.EXACTLY)
    whole(read("offers", 350, 1_000, 0))  # of the first 500 so many
    assert course.last.total == 300
    for _ in range(150):
        course.go(1, 0.1)
    whole(read("offers", 500, 1_000, 150))
    assert course.last.total == 300
    course.go(150, 15)
    whole(read("offers", 1_000, 1_000, 300, ended=True))
    assert (course.last.requests, course.last.total, course.last.seconds_left) == (300, 300, 0)


def test_requests_that_are_under_way_do_not_count_twice() -> None:
    course = Course(sent=13)
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [100]}, history=False, known=Known.EXACTLY)
    course.go(14, 1)
    whole(read("interviews", 10, 100, 14))
    assert course.last.total == 113


@pytest.mark.parametrize("found", [40, 160])
def test_what_is_to_be_read_may_be_less_or_more_than_was_counted(found: int) -> None:
    course = Course()
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [100]}, history=False, known=Known.EXACTLY)
    course.go(20, 2)
    whole(read("interviews", 20, found))
    assert course.last.total >= min(found, 100)
    course.go(found - 20, 5)
    whole(read("interviews", found, found, ended=True))
    assert course.last.total == found


def test_a_resource_that_is_skipped_leaves_nothing_to_read() -> None:
    course = Course(sent=10)
    whole = course.whole()
    whole.begin({})
    whole.lists_are_in({"interviews": [500], "offers": [90]}, history=False, known=Known.EXACTLY)
    whole.end("interviews")
    whole(read("offers", 0, 90))
    assert course.last.total == 100


def test_mapping_is_part_of_the_time_left() -> None:
    course = Course()
    whole = course.whole(candidates="opportunities", applications="opportunities", interviews="interviews")
    whole.begin({"opportunities": None})
    course.go(10, 1)
    whole(listed("opportunities", 1_000, ended=True))
    whole.lists_are_in({"interviews": [1_000]}, history=False, known=Known.EXACTLY)
    with whole.mapping(["candidates", "applications"]):
        course.seconds += 5
        whole(mapped("candidates", 500))
        # 500 and 1,000 are left of these, 1,000 interviews come later: a hundred a second.
        assert course.last.seconds_left == pytest.approx(1_000 / RATE + 25)
        course.seconds += 15
        whole(mapped("candidates", 1_000, ended=True))
        whole(mapped("applications", 1_000, ended=True))
    assert course.last.seconds_left == pytest.approx(1_000 / RATE + 10)
    course.go(1_000, 100)
    whole(read("interviews", 1_000, 1_000, ended=True))
    assert course.last.rate == pytest.approx(10)  # nothing was sent while records were mapped
    assert course.last.seconds_left == pytest.approx(10)


def test_a_history_takes_no_longer_than_it_may() -> None:
    course = Course()
    whole = course.whole(history_seconds=300)
    whole.begin({})
    whole.lists_are_in({"interviews": [50, 20_000]}, history=True, known=Known.EXACTLY)
    whole(read("interviews", 0, 50))
    assert course.last.known is Known.ABOUT
    assert course.last.seconds_left == pytest.approx(50 / RATE + 300, rel=0.01)
    course.go(50, 5)
    whole(read("interviews", 50, 50, ended=True))
    whole.turn_to_rest()
    course.go(1_000, 100)
    whole(read("interviews", 1_000, 20_000))
    assert course.last.seconds_left == pytest.approx(200, rel=0.01)


def test_without_a_limit_the_pace_is_measured() -> None:
    course = Course()
    whole = course.whole(rate=0)
    whole.begin({"opportunities": None})
    course.go(20, 1)
    whole(listed("opportunities", 2_000, ended=True))
    whole.lists_are_in({"interviews": [1_000]}, history=False, known=Known.EXACTLY)
    whole(mapped("candidates", 1, ended=True))
    assert course.last.seconds_left == pytest.approx(50)
    course.go(200, 2)
    whole(read("interviews", 200, 1_000))
    assert course.last.seconds_left == pytest.approx(8)


def test_a_line_is_told_once_a_second_and_at_the_end_of_a_step() -> None:
    course = Course()
    whole = course.whole()
    whole.begin({"users": None, "stages": None})
    whole(listed("users", 1))
    course.seconds = 0.5
    whole(listed("users", 2))
    whole(listed("stages", 3, ended=True))
    whole("Lever asked everybody with this key to wait; going on in 5 s")
    assert [getattr(each, "done", each) for each in course.told] == [1, 3, course.told[-1]]


def followed(account: Account, scope: Scope, **settings: Any) -> tuple[list[Overall], int]:
    """Sync, and return what was told of the whole, with the requests that the report has."""
    told: list[Progress | str] = []
    with Session.open(account.settings(**settings), listener=told.append) as session:
        report = sync(session, scope)
    assert not [each for each in told if isinstance(each, str)]
    found = [each.overall for each in told if isinstance(each, Progress)]
    assert None not in found
    return [each for each in found if each is not None], report.requests


def test_a_sync_within_its_allowance_says_how_long_it_takes(account: Account) -> None:
    told, requests = followed(account, EVERYTHING, rate_limit=25)
    before = [each for each in told if each.known is Known.AT_LEAST]
    after = told[len(before) :]
    assert before
    assert all(each.requests < each.total for each in before[:-1])
    least = [each.seconds_left for each in before if each.seconds_left is not None]
    assert len(least) == len(before)
    assert max(least) > 1
    assert all(each.total <= requests + AT_ONCE for each in before)
    assert {each.known for each in after} == {Known.EXACTLY}
    assert {each.total for each in after} == {requests}
    left = [each.seconds_left for each in after if each.seconds_left is not None]
    assert len(left) == len(after)
    assert left[0] > 1
    assert left[-1] < 0.5
    assert after[-1].requests == requests


def test_what_may_be_left_out_does_not_count_for_the_least(account: Account) -> None:
    told, requests = followed(account, EVERYTHING, rate_limit=25, candidate_cutoff="1d")
    least = [each.total for each in told if each.known is Known.AT_LEAST]
    assert least
    assert max(least) <= requests + AT_ONCE


def test_a_full_sync_on_top_says_at_once_about_how_long_it_takes(account: Account) -> None:
    _, requests = followed(account, EVERYTHING)
    told, again = followed(account, EVERYTHING)
    assert told[0].known is Known.ABOUT
    assert told[0].seconds_left is not None
    assert told[0].total == pytest.approx(requests, rel=0.1)
    assert (told[-1].requests, told[-1].total) == (again, again)


def test_a_delta_says_what_it_has_to_do(account: Account) -> None:
    account.sync()
    changed = len(account.sandbox.touch(share=0.2, seed=3))
    told, requests = followed(account, DELTA)
    after = [each for each in told if each.known is Known.EXACTLY]
    assert {each.total for each in after} == {requests}
    assert requests - after[0].requests >= changed
    assert all(each.seconds_left is not None for each in after)
