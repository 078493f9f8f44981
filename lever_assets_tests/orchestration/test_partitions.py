from datetime import UTC, date, datetime, timedelta

import pytest

from lever_assets.orchestration.partitions import first_instant, sync_windows
from lever_assets.settings import Cadence, Settings

START = date(2026, 1, 1)  # a Thursday


@pytest.mark.parametrize(
    ("cadence", "second"),
    [
        (Cadence.HOURLY, "2026-01-01-01:00"),
        (Cadence.DAILY, "2026-01-02"),
        (Cadence.WEEKLY, "2026-01-08"),
        (Cadence.MONTHLY, "2026-02-01"),
    ],
)
def test_the_first_window_begins_with_the_first_day(cadence: Cadence, second: str) -> None:
    settings = Settings(sync_window=cadence, sync_start=START)
    windows = sync_windows(settings)
    assert first_instant(settings) == datetime(2026, 1, 1, tzinfo=UTC)
    first = windows.get_first_partition_window()
    assert first is not None
    assert first.start == first_instant(settings)
    assert (
        windows.get_next_partition_key(windows.get_partition_key_for_timestamp(first.start.timestamp()))
        == second
    )


def test_monthly_windows_begin_with_the_month_of_the_first_day() -> None:
    settings = Settings(sync_window=Cadence.MONTHLY, sync_start=date(2026, 1, 31))
    assert first_instant(settings) == datetime(2026, 1, 1, tzinfo=UTC)
    assert sync_windows(settings).get_first_partition_key() == "2026-01-01"


@pytest.mark.parametrize("cadence", list(Cadence))
def test_the_open_window_can_be_chosen(cadence: Cadence) -> None:
    today = datetime.now(UTC).date()
    windows = sync_windows(Settings(sync_window=cadence, sync_start=today - timedelta(days=40)))
    last = windows.get_last_partition_window()
    assert last is not None
    assert last.end > datetime.now(UTC)
