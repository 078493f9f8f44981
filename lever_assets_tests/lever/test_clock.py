from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from lever_assets.lever.clock import LeverClock


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
