"""How much of Lever's allowance a sync makes use of."""

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.figures import figure, heading
from benchmarks.syncing import run_sync

_RATE, _BURST = 10, 20
_LATENCY_MS = 200


def run(opportunities: int) -> None:
    """Print the seconds that a sync takes against those that the allowance alone would need."""
    heading(f"{opportunities:,} opportunities at {_RATE} requests/s, {_LATENCY_MS} ms latency")
    with served(opportunities, rate=_RATE, latency_ms=_LATENCY_MS) as lever, database(Kind.SQLITE) as into:
        done = run_sync(lever, into, rate=_RATE).result
        asked = lever.requests()
        needed = needed_seconds(asked["total"], _RATE)
        figure("requests", asked["total"])
        figure("rejected with 429", asked["by_status"].get("429", 0))
        figure("seconds of reading", done.reading)
        figure("seconds that the allowance needs", needed, f"({_BURST} at once, then {_RATE} a second)")
        figure("share of the allowance used", f"{needed / done.reading:.1%}")
        figure("seconds of the whole sync", done.seconds, "(mapping included)")


def needed_seconds(requests: int, rate: float) -> float:
    """Return how long Lever's allowance alone holds up so many requests."""
    return (requests - _BURST) / rate
