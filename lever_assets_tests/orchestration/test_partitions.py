from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from lever_assets.orchestration.partitions import first_instant, scope_of, sync_windows, windows_since
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


def test_a_run_covers_what_it_covered_when_it_was_made() -> None:
    """The window that was open then is read to its open end, even by steps that begin after it has ended."""
    made = SimpleNamespace(create_timestamp=datetime(2026, 1, 5, tzinfo=UTC))
    context = SimpleNamespace(
        run=SimpleNamespace(tags={}, run_id="run"),
        has_partition_key=True,
        has_partition_key_range=False,
        partition_time_window=SimpleNamespace(
            start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 8, tzinfo=UTC)
        ),
        instance=SimpleNamespace(get_run_record_by_id=lambda _run: made),
    )
    scope = scope_of(context, Settings(sync_start=START))  # type: ignore[arg-type] # what it asks of a context
    assert scope.bounds.upper is None


@pytest.mark.parametrize("cadence", list(Cadence))
def test_a_first_day_in_the_future_leaves_windows_up_to_now(cadence: Cadence) -> None:
    later = datetime.now(UTC).date() + timedelta(days=400)
    settings = Settings(sync_window=cadence, sync_start=later)
    windows = sync_windows(settings)
    last = windows.get_last_partition_window()
    assert first_instant(settings) == datetime(2026, 1, 1, tzinfo=UTC)
    assert last is not None
    assert last.end > datetime.now(UTC)
    assert windows_since(settings, datetime.now(UTC)) is not None
