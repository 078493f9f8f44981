"""The sync windows, as the partitions that all sync assets share, and what a run over some of them covers."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import dagster as dg

from lever_assets.orchestration.names import DELTA, FULL, RECONCILE, REFRESH_TAG, full_sync_job_name
from lever_assets.settings import Cadence, Settings
from lever_assets.store.transaction import now
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import covering

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"
_FORMATS = {Cadence.HOURLY: "%Y-%m-%d-%H:%M"}


def sync_windows(settings: Settings) -> dg.TimeWindowPartitionsDefinition:
    """Return the windows (UTC) from `LEVER_SYNC_START` up to and including the open one.

    The first window begins on that day, so that none of the account lies between the two; a monthly one
    begins with the day's month, because not every month has every day.
    """
    return _windows(settings.sync_window, _first_day(settings))


@cache
def _windows(length: Cadence, start: date) -> dg.TimeWindowPartitionsDefinition:
    crons = {
        Cadence.HOURLY: "0 * * * *",
        Cadence.DAILY: "0 0 * * *",
        Cadence.WEEKLY: f"0 0 * * {start.isoweekday() % 7}",
        Cadence.MONTHLY: "0 0 1 * *",
    }
    return dg.TimeWindowPartitionsDefinition(
        start=_midnight(start),
        fmt=_format(length),
        cron_schedule=crons[length],
        timezone="UTC",
        end_offset=1,
    )


def _format(length: Cadence) -> str:
    return _FORMATS.get(length, "%Y-%m-%d")


def first_instant(settings: Settings) -> datetime:
    """Return the beginning of the first window (UTC)."""
    return _midnight(_first_day(settings))


def _midnight(day: date) -> datetime:
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


@dataclass(frozen=True)
class Windows:
    """The keys of the windows that a run is over, at least one; not `chosen`: all that there are."""

    keys: Sequence[str]
    chosen: bool


def windows_in_words(settings: Settings) -> str:
    """Return what a window of the account is and what its key means, in a few sentences."""
    first = first_instant(settings)
    lengths = {
        Cadence.HOURLY: ("an hour", "that hour"),
        Cadence.DAILY: ("a day", "that day"),
        Cadence.WEEKLY: (f"a week from {first:%A} on", "its first day"),
        Cadence.MONTHLY: ("a month", "its first day"),
    }
    length, named = lengths[settings.sync_window]
    key = first.strftime(_format(settings.sync_window))
    return (
        f"A partition is {length} (UTC), its key is {named}: in it are the records whose last change in "
        f"Lever is of that time. The first, `{key}`, also has what is older; the last is still open."
    )


def window_holding(keys: Sequence[str], settings: Settings, at: datetime | None) -> str:
    """Return which of all windows, given by their keys, an instant is in; None is in the first.

    The first is open downwards and the last upwards.
    """
    if at is None:
        return keys[0]
    key = at.strftime(_format(settings.sync_window))  # keys are in the order of time
    return keys[max(bisect_right(keys, key) - 1, 0)]


def windows_of(context: dg.AssetExecutionContext, settings: Settings) -> Windows:
    """Return the windows of a run: those that it is over, else all of the account's."""
    if _has_windows(context):
        return Windows(context.partition_keys, chosen=True)
    return Windows(sync_windows(settings).get_partition_keys(), chosen=False)


def is_over_chosen_windows(context: dg.AssetExecutionContext) -> bool:
    """Tell whether a run is to read the windows that it is over, some or all: a delta marks its own alone."""
    return _has_windows(context) and context.run.tags.get(REFRESH_TAG) not in {DELTA, RECONCILE}


def _has_windows(context: dg.AssetExecutionContext) -> bool:
    return bool(context.has_partition_key or context.has_partition_key_range)


def window_range(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run over the windows from `first` to `last`, as Dagster's backfills have them."""
    return {_RANGE_START: first, _RANGE_END: last}


def scope_of(context: dg.AssetExecutionContext, settings: Settings) -> Scope:
    """Return what the run is to cover; raises Failure if it has no window and no tag that says so."""
    refresh = context.run.tags.get(REFRESH_TAG)
    if refresh == DELTA:
        return Scope(delta=True)
    if refresh == RECONCILE:
        return Scope(reconcile=True)
    chosen = _has_windows(context)
    if refresh == FULL and not chosen:
        return Scope()
    if not chosen:
        raise dg.Failure(
            "This run has no window: choose one or more, or launch "
            f"{full_sync_job_name(settings.connection)}, which reads the whole account.",
            allow_retries=False,
        )
    window = context.partition_time_window
    bounds = covering(
        window.start.astimezone(UTC),
        window.end.astimezone(UTC),
        first=first_instant(settings),
        now=_began(context),
    )
    return Scope(bounds)


def _began(context: dg.AssetExecutionContext) -> datetime:
    """Return when the run was made: all its steps cover the same, whichever windows end meanwhile."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return now() if record is None else record.create_timestamp.astimezone(UTC)
