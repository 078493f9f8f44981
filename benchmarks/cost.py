"""What a full sync costs the machine when nothing holds it back."""

from statistics import median

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.measuring import Measured
from benchmarks.syncing import Outcome, run_sync


def run(opportunities: int, kind: Kind, runs: int) -> None:
    """Print the costs of some runs, each into a new database, and their medians."""
    heading(f"Full sync of {opportunities:,} opportunities, no rate limit, {kind}")
    found: list[tuple[Measured[Outcome], float]] = []
    with served(opportunities) as lever:
        for number in range(1, runs + 1):
            with database(kind) as into:
                before = into.server_cpu()
                once = run_sync(lever, into)
                server, size = into.server_cpu() - before, into.size()
            found.append((once, server))
            print(
                f"  run {number}: {once.cpu:.1f} s CPU ({once.user:.1f} user, {once.system:.1f} system),"
                f" {once.wall:.1f} s wall, {megabytes(once.memory):.0f} MB",
                flush=True,
            )
    last = found[-1][0].result
    figure("requests", last.requests)
    figure("unified rows", last.rows)
    figure("seconds of CPU, median", median(once.cpu for once, _ in found))
    if kind is Kind.POSTGRESQL:
        figure("seconds of CPU in the server", median(server for _, server in found), "(beside these)")
    figure("peak memory in MB, most", megabytes(max(once.memory for once, _ in found)))
    figure("database in MB", megabytes(size))
