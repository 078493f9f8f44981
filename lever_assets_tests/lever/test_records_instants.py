from datetime import UTC, datetime, timedelta, timezone

import pytest

from lever_assets.lever.instants import from_epoch_ms


@pytest.mark.parametrize("value", [1_782_975_351_728, "1782975351728", 1_782_975_351_728.0])
def test_epoch_milliseconds_become_an_aware_utc_instant(value: object) -> None:
    assert from_epoch_ms(value) == datetime(2026, 7, 2, 6, 55, 51, 728_000, tzinfo=UTC)
    assert from_epoch_ms(value).tzinfo is UTC


def test_instants_before_1970_and_fractions_are_kept() -> None:
    assert from_epoch_ms(-1.5) == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1500)


def test_an_aware_instant_is_turned_to_utc() -> None:
    instant = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))

    assert from_epoch_ms(instant) == datetime(2026, 1, 1, tzinfo=UTC)
    assert from_epoch_ms(instant).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        10**18,
        -(10**18),
        10**400,
        "1e400",
        float("nan"),
        "nan",
        "soon",
        "",
        True,
        None,
        {},
        datetime(2026, 1, 1),  # noqa: DTZ001  # a naive one is refused
    ],
)
def test_what_is_no_instant_is_refused_with_the_value_named(value: object) -> None:
    with pytest.raises(ValueError, match="epoch milliseconds"):
        from_epoch_ms(value)
