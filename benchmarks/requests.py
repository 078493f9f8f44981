"""Requests of a full sync against the fewest possible."""

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.fewest import fewest_requests
from benchmarks.figures import figure, heading
from benchmarks.syncing import run_sync


def run(opportunities: int) -> None:
    """Print the requests by resource, and their sum as the sandbox counted it."""
    heading(f"Requests of a full sync of {opportunities:,} opportunities")
    with served(opportunities) as lever, database(Kind.SQLITE) as into:
        fewest = fewest_requests(lever)
        done = run_sync(lever, into).result
        print(f"  {'':<34}{'requests':>12}{'fewest':>12}")
        for resource, least in fewest.items():
            print(f"  {resource:<34}{done.requests_of[resource]:>12,}{least:>12,}")
        print(f"  {'in all':<34}{lever.requests()['total']:>12,}{sum(fewest.values()):>12,}")
        figure("for each opportunity", f"{done.requests / opportunities:.3f}")
        figure("hours at 10 requests a second", f"{done.requests / 36_000:.2f}")
