from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lever_assets.lever.instants import LeverClock


def test_lever_s_time_is_ours_and_the_difference_that_its_first_answer_told() -> None:
    clock = LeverClock()
    ours = datetime.now(UTC)
    assert clock.theirs(ours) == ours
    clock.hear(format_datetime(ours + timedelta(minutes=10), usegmt=True))
    assert timedelta(minutes=9, seconds=58) < clock.theirs(ours) - ours <= timedelta(minutes=10)
    before = clock.ahead
    clock.hear(format_datetime(ours - timedelta(minutes=10), usegmt=True))
    assert clock.ahead == before


def test_clocks_that_agree_as_far_as_the_header_can_tell_count_as_equal() -> None:
    clock = LeverClock()
    clock.hear(format_datetime(datetime.now(UTC), usegmt=True))
    assert clock.ahead == timedelta(0)


def test_an_answer_without_a_readable_date_tells_nothing() -> None:
    clock = LeverClock()
    clock.hear(None)
    clock.hear("yesterday")
    assert clock.ahead == timedelta(0)


@pytest.mark.parametrize(
    "date",
    ["Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359", "Wed, 99 Foo 2026", "", "0"],
)
def test_an_absurd_date_breaks_nothing_and_moves_no_mark_beyond_our_clock(date: str) -> None:
    clock = LeverClock()
    clock.hear(date)
    ours = datetime.now(UTC)
    assert abs(clock.theirs(ours) - ours) <= timedelta(days=1)
    assert ours - timedelta(days=1) <= clock.reached(ours) <= ours


def test_a_mark_goes_by_the_clock_that_is_behind() -> None:
    ours = datetime.now(UTC)
    for minutes in (10, -10):
        clock = LeverClock()
        clock.hear(format_datetime(ours + timedelta(minutes=minutes), usegmt=True))
        assert clock.reached(ours) == min(ours, clock.theirs(ours))
        assert clock.doubt is None


@pytest.mark.parametrize(("hours", "said"), [(5, "5 hours ahead of"), (-9000, "24 hours or more behind")])
def test_clocks_that_are_hours_apart_are_told(hours: int, said: str) -> None:
    clock = LeverClock()
    clock.hear(format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True))
    assert said in (clock.doubt or "")
