"""The sync windows, as the partitions that all sync assets share."""

from datetime import UTC, date, datetime

import dagster as dg

from lever_assets.settings import Cadence, Settings

_FORMATS = {Cadence.HOURLY: "%Y-%m-%d-%H:%M"}


def sync_windows(settings: Settings) -> dg.TimeWindowPartitionsDefinition:
    """Return the windows (UTC) from `LEVER_SYNC_START` up to and including the open one.

    The first window begins on that day, so that none of the account lies between the two; a monthly one
    begins with the day's month, because not every month has every day.
    """
    start = _first_day(settings)
    crons = {
        Cadence.HOURLY: "0 * * * *",
        Cadence.DAILY: "0 0 * * *",
        Cadence.WEEKLY: f"0 0 * * {start.isoweekday() % 7}",
        Cadence.MONTHLY: "0 0 1 * *",
    }
    return dg.TimeWindowPartitionsDefinition(
        start=first_instant(settings),
        fmt=_FORMATS.get(settings.sync_window, "%Y-%m-%d"),
        cron_schedule=crons[settings.sync_window],
        timezone="UTC",
        end_offset=1,
    )


def first_instant(settings: Settings) -> datetime:
    """Return the beginning of the first window (UTC)."""
    day = _first_day(settings)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _first_day(settings: Settings) -> date:
    first = settings.first_day
    return first.replace(day=1) if settings.sync_window is Cadence.MONTHLY else first


def windows_since(settings: Settings, since: datetime) -> tuple[str, str] | None:
    """Return the keys of the window that holds `since` and of the open one; None before the first window."""
    windows = sync_windows(settings)
    last = windows.get_last_partition_key()
    first = windows.get_first_partition_key()
    if first is None or last is None:
        return None
    if since < first_instant(settings):
        return first, last
    return windows.get_partition_key_for_timestamp(since.timestamp()), last
