"""The command `python -m benchmarks NAME`."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import (
    accounts,
    allowance,
    change,
    cost,
    fair,
    fleet,
    insight,
    journeys,
    large,
    made,
    making,
    orchestrated,
    pages,
    peer,
    quiet,
    requests,
    room,
    second_run,
    tick,
    written,
)
from benchmarks.databases import Kind

app = typer.Typer(help="Measure what a sync costs.", no_args_is_help=True, add_completion=False)

Size = Annotated[int, typer.Option("--opportunities", min=1, help="Size of the account")]
Sizes = Annotated[tuple[int, int, int], typer.Option("--connections", help="How many to load")]
Accounts = Annotated[tuple[int, int], typer.Option("--opportunities", help="Sizes of the accounts")]
Into = Annotated[Kind, typer.Option("--database", help="Where to sync to")]


@app.command("requests")
def _requests(opportunities: Size = 10_000) -> None:
    """Requests of a full sync against the fewest possible."""
    requests.run(opportunities)


@app.command("allowance")
def _allowance(opportunities: Size = 300) -> None:
    """How much of Lever's allowance is used, at 10 requests a second and 200 ms latency."""
    allowance.run(opportunities)


@app.command("fair")
def _fair(opportunities: Size = 600, actions: int = 15, database: Into = Kind.SQLITE) -> None:
    """An action alone and beside a full sync, and three accounts synced at once."""
    fair.run(opportunities, actions, database)


@app.command("cost")
def _cost(opportunities: Size = 10_000, database: Into = Kind.SQLITE, runs: int = 3) -> None:
    """CPU and memory of a full sync that nothing holds back."""
    cost.run(opportunities, database, runs)


@app.command("insight")
def _insight(opportunities: Size = 10_000, database: Into = Kind.SQLITE, runs: int = 3) -> None:
    """What the insight models and the marts add to the CPU of a full sync."""
    insight.run(opportunities, database, runs)


@app.command("second-run")
def _second_run(opportunities: Size = 10_000, database: Into = Kind.SQLITE) -> None:
    """The next full sync and the next delta, after 1 % of the opportunities changed."""
    second_run.run(opportunities, database)


@app.command("quiet")
def _quiet(opportunities: Size = 400, database: Into = Kind.SQLITE) -> None:
    """CPU of a delta in which nothing changed."""
    quiet.run(opportunities, database)


@app.command("change")
def _change(sizes: Accounts = (1_000, 10_000), database: Into = Kind.SQLITE) -> None:
    """Deltas of nothing, of a few changes and of 1 %, and replays, in accounts of two sizes."""
    change.run(sizes, database)


@app.command("large")
def _large(opportunities: Size = 100_000, database: Into = Kind.SQLITE) -> None:
    """A large account from end to end as it grows, then deltas of nothing, 100 and 1 %, and a replay."""
    large.run(opportunities, database)


@app.command("pages")
def _pages(opportunities: Size = 100_000, database: Into = Kind.SQLITE) -> None:
    """Pages of the HTTP API's lists, and walks over all of them."""
    pages.run(opportunities, database)


@app.command("readers")
def _readers(
    opportunities: Size = 300,
    database: Into = Kind.SQLITE,
    clients: Annotated[int, typer.Option(min=1, help="How many read at once")] = 50,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the API")] = 2,
) -> None:
    """Clients who read the HTTP API's lists while a full sync runs."""
    pages.beside(opportunities, database, clients, workers)


@app.command("peer")
def _peer(
    *,
    opportunities: Size = 1_000,
    runs: Annotated[int, typer.Option(min=1, help="Pairs of full syncs")] = 3,
    deltas: Annotated[int, typer.Option(min=1, help="Pairs of deltas of each kind, after each of these")] = 3,
    database: Into = Kind.SQLITE,
    file: Annotated[
        peer.File, typer.Option("--peer-file", help="What dlt loads into, where that is not PostgreSQL")
    ] = peer.File.DUCKDB,
    folder: Annotated[
        Path | None, typer.Option(help="Where dlt is installed; without it, a cache of yours")
    ] = None,
) -> None:
    """Ours and dlt in one run, in pairs: a full sync, a delta of nothing, a delta of 1 %."""
    beside = peer.Beside(database, file, folder)
    peer.run(beside, opportunities, runs, deltas)


@app.command("room")
def _room(opportunities: Size = 5_000, database: Into = Kind.SQLITE) -> None:
    """Where the bytes of a database go, by table."""
    room.run(opportunities, database)


@app.command("journeys")
def _journeys(names: Annotated[bool, typer.Option("--names", help="Name the files, too")] = False) -> None:
    """How many files, functions and hand-overs a reader meets, and what a quiet delta asks its database."""
    journeys.run(names=names)


@app.command("accounts")
def _accounts(sizes: Sizes = (1, 50, 200), ticking: int = 50) -> None:
    """Loading the definitions of many connections, and a tick in which nothing has changed."""
    accounts.run(sizes, ticking)


@app.command("tick")
def _tick(
    connections: Annotated[int, typer.Option("--connections", min=1)] = 50,
    sizes: Annotated[tuple[int, int, int], typer.Option("--opportunities")] = (1_000, 10_000, 100_000),
) -> None:
    """CPU of a tick in which nothing has changed, and what it asks of accounts of several sizes."""
    tick.run(connections, sizes)


@app.command("dagster")
def _dagster(opportunities: Size = 1_000, deltas: int = 3) -> None:
    """A sync through Dagster beside the command line's: its CPU, and what it leaves in Dagster's storage."""
    orchestrated.run(opportunities, deltas)


@app.command("fleet")
def _fleet(
    *,
    how_many: Annotated[int, typer.Option("--accounts", min=1)] = fleet.Fleet.accounts,
    opportunities: Annotated[int, typer.Option(min=1, help="In each account")] = fleet.Fleet.opportunities,
    changes: Annotated[int, typer.Option(min=0, help="Changes a day in each account")] = fleet.Fleet.changes,
    look_minutes: Annotated[
        int, typer.Option(min=1, help="LEVER_DELTA_SECONDS / 60")
    ] = fleet.Fleet.look_minutes,
    snapshot_minutes: Annotated[
        int, typer.Option(min=1, help="LEVER_SNAPSHOT_MINUTES")
    ] = fleet.Fleet.snapshot_minutes,
    in_a_location: Annotated[
        int, typer.Option(min=1, help="Accounts in a code location")
    ] = fleet.Fleet.in_a_location,
    keep_days: Annotated[int, typer.Option(min=1, help="LEVER_RUN_RETENTION_DAYS")] = fleet.Fleet.keep_days,
    read_at_once: Annotated[
        int, typer.Option(min=1, help="Accounts read whole at once")
    ] = fleet.Fleet.read_at_once,
) -> None:
    """What a fleet of accounts would ask of each part, computed from what was measured."""
    size = (how_many, opportunities, changes)
    fleet.run(fleet.Fleet(*size, look_minutes, snapshot_minutes, in_a_location, keep_days, read_at_once))


@app.command("making")
def _making(how_many: Annotated[int, typer.Option("--accounts", min=1)] = 100) -> None:
    """What it costs Dagster's daemon to make runs, by real processes on PostgreSQL."""
    making.run(how_many)


@app.command("written")
def _written(opportunities: Size = 1_000) -> None:
    """What PostgreSQL writes for an opportunity that is read, and for one that changed."""
    written.run(opportunities)


@app.command("made")
def _made(opportunities: Size = 1_000_000) -> None:
    """What the sandbox itself needs to make and hold an account."""
    made.run(opportunities)


if __name__ == "__main__":
    app()
