"""A fleet of accounts, on paper: runs an hour, what they weigh on each part, and which part is full first.

Nothing is measured here. A working day of so many accounts is played through, minute by minute, by the rules
of the sensor `lever_delta`; what a run costs are figures with their sources, some of them assumed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.figures import figure

_DAY = 24 * 60
_OFFICE = (8 * 60, 18 * 60)
_IN_OFFICE_HOURS = 0.8
_HOUR = 3600

# docs/benchmarks.md, "Through Dagster" and "Many connections": seconds of CPU of a delta's process, and what
# is added to its start by each account of its code location (1.2 s with one, 3.2 s with 200).
_CHANGED_CPU = 2.7
_QUIET_CPU = 2.4
_CPU_OF_AN_ACCOUNT_THERE = 0.01
# The same, "tick": of an account in which nothing has changed, with a limit of requests.
_TICK_CPU = 0.012
_TICK_REQUESTS = 6
# The same, "cost" with PostgreSQL: 190 MB for 10,000 opportunities.
_KB_OF_AN_OPPORTUNITY = 19.0
# The same, "Through Dagster": the events of a delta, without what SQLite adds; of a quiet one an estimate.
_CHANGED_KB = 70.0
_QUIET_KB = 45.0
# The same, "written": what PostgreSQL writes into its log (WAL).
_WAL_KB_OF_A_CHANGE = 37.0
_WAL_KB_OF_A_QUIET_DELTA = 290.0
_WAL_KB_OF_AN_OPPORTUNITY = 27.0
# "What bounds a real account": two requests an opportunity, ten a second for each account.
_REQUESTS_OF_AN_OPPORTUNITY = 2.0
_REQUESTS_A_SECOND = 10.0
# docs/benchmarks.md, "A fleet, on paper", says which of these were seen, and which are assumed.
_MAKING_SECONDS = 0.5
# The same, "making": the daemon's CPU in a minute in which the sensors of one code location ask for nothing.
_TICKING_SECONDS = 2.6
_DELETING_SECONDS = 0.02
_RUN_SECONDS = 12.0
_RUN_MB = 250.0
_RUN_SESSIONS = 4
_SESSIONS_OF_A_LOCATION = 8
# The sensor `lever_purge`: 25 seconds in each ten minutes.
_PURGING = 25 / 600


@dataclass(frozen=True)
class Fleet:
    """So many accounts of so many opportunities, of which so many change on a working day, in each."""

    accounts: int = 10_000
    opportunities: int = 3_000
    changes: int = 40
    look_minutes: int = 1
    snapshot_minutes: int = 60
    in_a_location: int = 100
    keep_days: int = 30
    read_at_once: int = 5
    seed: int = 1


@dataclass
class Hour:
    """The deltas of an hour: those that found something, and those that looked after an hour of silence."""

    changed: int = 0
    quiet: int = 0

    @property
    def runs(self) -> int:
        """All of them."""
        return self.changed + self.quiet


def a_day(fleet: Fleet) -> list[Hour]:
    """Play a working day through, all accounts in one time zone, which is the worst; return its hours."""
    chance = random.Random(fleet.seed)
    hours = [Hour() for _ in range(24)]
    for _ in range(fleet.accounts):
        for minute, found in _deltas(_changes(chance, fleet.changes), fleet, chance):
            hour = hours[minute // 60]
            if found:
                hour.changed += 1
            else:
                hour.quiet += 1
    return hours


def _changes(chance: random.Random, expected: int) -> list[int]:
    """Return the minutes in which something changes, in their order: most of them in office hours."""
    number = round(chance.expovariate(1 / expected)) if expected else 0  # accounts differ
    return sorted(
        chance.randrange(*_OFFICE) if chance.random() < _IN_OFFICE_HOURS else chance.randrange(_DAY)
        for _ in range(number)
    )


def _deltas(changes: list[int], fleet: Fleet, chance: random.Random) -> Iterator[tuple[int, bool]]:
    """Yield when a delta is asked for, and whether it finds something: one at most each time it is looked."""
    last = -chance.randrange(fleet.snapshot_minutes)
    waiting = iter([*changes, _DAY * 2])
    change = next(waiting)
    while True:
        due = last + max(fleet.snapshot_minutes, fleet.look_minutes)
        minute = min(max(change, last + fleet.look_minutes), due)
        if minute >= _DAY:
            return
        found = change <= minute
        while change <= minute:
            change = next(waiting)
        yield max(minute, 0), found
        last = minute


def run(fleet: Fleet) -> None:
    """Print what the fleet asks of each part in its busiest hour, and which part is full first."""
    hours = a_day(fleet)
    busiest = max(hours, key=lambda each: each.runs)
    in_all = sum(each.runs for each in hours)
    print(f"{fleet.accounts:,} accounts of {fleet.opportunities:,} opportunities (computed, not measured)")
    figure("changes a day in each", fleet.changes)
    figure("minutes between looks", fleet.look_minutes, f"(all lists every {fleet.snapshot_minutes:,})")
    figure("runs a day", in_all)
    figure("runs in the busiest hour", busiest.runs, f"({busiest.quiet:,} of them found nothing)")
    figure("runs in the quietest hour", min(each.runs for each in hours))
    _first_reading(fleet)
    _workers(fleet, busiest)
    _storage(fleet, hours)
    _limits(fleet, busiest, in_all)


def _first_reading(fleet: Fleet) -> None:
    """Print how long it takes until all accounts were read whole, so many at once."""
    one = fleet.opportunities * _REQUESTS_OF_AN_OPPORTUNITY / _REQUESTS_A_SECOND
    written = fleet.opportunities * _WAL_KB_OF_AN_OPPORTUNITY * fleet.read_at_once / one
    figure("minutes to read an account whole", one / 60)
    figure(
        "days until all are read",
        one * fleet.accounts / fleet.read_at_once / _HOUR / 24,
        f"({fleet.read_at_once} at once)",
    )
    figure("kB a second of WAL meanwhile", written)


def _workers(fleet: Fleet, busiest: Hour) -> None:
    there = _CPU_OF_AN_ACCOUNT_THERE * fleet.in_a_location
    cpu = busiest.changed * (_CHANGED_CPU + there) + busiest.quiet * (_QUIET_CPU + there)
    at_once = busiest.runs * _RUN_SECONDS / _HOUR
    looks = fleet.look_minutes * 60
    figure("runs at once", at_once, f"({_RUN_SECONDS:g} s each)")
    figure("cores of workers", cpu / _HOUR)
    figure("GB of memory of workers", at_once * _RUN_MB / 1000)
    figure(
        "cores of code servers", fleet.accounts * _TICK_CPU / looks, f"({_locations(fleet)} code locations)"
    )
    figure("requests a second, looking", fleet.accounts * _TICK_REQUESTS / looks)
    figure(
        "connections to PostgreSQL",
        round(at_once * _RUN_SESSIONS + _locations(fleet) * _SESSIONS_OF_A_LOCATION),
    )


def _locations(fleet: Fleet) -> int:
    return -(-fleet.accounts // fleet.in_a_location)


def _storage(fleet: Fleet, hours: list[Hour]) -> None:
    tables = fleet.accounts * fleet.opportunities * _KB_OF_AN_OPPORTUNITY / 1e6
    written = [each.changed * _CHANGED_KB + each.quiet * _QUIET_KB for each in hours]
    changes = fleet.accounts * fleet.changes
    share = max(each.changed for each in hours) / max(1, sum(each.changed for each in hours))
    quiet = max(each.runs for each in hours) * _WAL_KB_OF_A_QUIET_DELTA
    figure("GB of tables", tables)
    figure("changes a day", changes)
    figure(
        "kB a second of WAL, tables",
        (changes * share * _WAL_KB_OF_A_CHANGE + quiet) / _HOUR,
        "(in the busiest hour)",
    )
    figure("kB a second into Dagster's", max(written) / _HOUR, "(in the busiest hour)")
    figure("GB a day into Dagster's", sum(written) / 1e6)
    figure("GB of Dagster's", sum(written) / 1e6 * fleet.keep_days, f"(kept for {fleet.keep_days} days)")


def _limits(fleet: Fleet, busiest: Hour, in_all: int) -> None:
    """Print how much of what can't be had twice in one Dagster is used, and which is used up first."""
    making, ticking = busiest.runs * _MAKING_SECONDS / _HOUR, _locations(fleet) * _TICKING_SECONDS / 60
    used = {
        "the daemon": making + ticking,
        "the purge of runs": in_all / 24 * _DELETING_SECONDS / (_HOUR * _PURGING),
    }
    figure("% of the daemon to make runs", making * 100)
    figure("% of the daemon for sensors", ticking * 100)
    for name, share in used.items():
        figure(f"{name}, % of all it can", share * 100)
    first = max(used, key=lambda each: used[each])
    many = -(-used[first] // 0.7)
    print(f"  full first: {first}; installations beside each other, each 70 % full at most: {many:.0f}")
