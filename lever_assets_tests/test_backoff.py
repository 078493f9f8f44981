from datetime import timedelta

import pytest

from lever_assets.backoff import gap_after


def test_gaps_double_from_the_first_to_the_longest() -> None:
    assert [gap_after(failures, 0.5, 3.0) for failures in (1, 2, 3, 4, 10_000)] == [0.5, 1, 2, 3, 3]
    assert gap_after(3, 0.5) == 2


def test_gaps_are_as_well_of_minutes_and_days() -> None:
    first, longest = timedelta(minutes=2), timedelta(days=1)
    assert gap_after(2, first, longest) == timedelta(minutes=4)
    assert gap_after(10_000, first, longest) == longest


@pytest.mark.parametrize("certain", [0.0, 0.5])
def test_what_is_not_certain_is_left_to_chance(certain: float) -> None:
    gaps = {gap_after(2, 1.0, 8.0, certain=certain) for _ in range(200)}
    assert len(gaps) > 100
    assert 2 * certain <= min(gaps) <= max(gaps) <= 2
