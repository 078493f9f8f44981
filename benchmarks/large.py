"""A large account from end to end."""

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.syncing import run_sync


def run(opportunities: int, kind: Kind) -> None:
    """Print each step as it ends, then time, memory and size."""
    heading(f"{opportunities:,} opportunities end to end, no rate limit, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        figure(
            "seconds to make the account", lever.seconds, f"({megabytes(lever.file.stat().st_size):,.0f} MB)"
        )
        done = run_sync(lever, into, progress=True)
        figure("requests", done.result.requests)
        figure("unified rows", done.result.rows)
        figure("seconds, wall", done.wall)
        figure("seconds of CPU", done.cpu)
        figure("seconds of CPU for each 10,000", done.cpu * 10_000 / opportunities)
        figure("peak memory in MB", megabytes(done.memory))
        figure("database in MB", megabytes(into.size()))
        figure("hours at 10 requests a second", f"{done.result.requests / 36_000:.1f}")
