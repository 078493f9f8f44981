"""`sync`, `plan` and `replay`: reading the account, what it will cost, and mapping again."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from lever_assets.assessment.ordering import begin as begin_assessments
from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.collecting import fewer_collections
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.cli.telling import tell
from lever_assets.cli.telling_dagster import tell_dagster
from lever_assets.connect.known import has_database, settings_of
from lever_assets.insight.finishing import Finished, bring_up_marts, finish_sync, marts_all_the_same
from lever_assets.lever.instants import duration
from lever_assets.lever.wording import counted
from lever_assets.notices.finishing import telling_the_end
from lever_assets.orchestration.room import dagster_size
from lever_assets.orchestration.telling import home_to_tell
from lever_assets.orchestration.untold import Noting, note_marts
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.marts import Replaced
from lever_assets.store.transaction import now
from lever_assets.sync.planning import Plan
from lever_assets.sync.planning import plan as make_plan
from lever_assets.sync.progress import announcing
from lever_assets.sync.removed import see_to_removed
from lever_assets.sync.reports import DeriveReport
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.room import note_room
from lever_assets.sync.run import SyncReport, stopped_midway
from lever_assets.sync.run import replay as run_replay
from lever_assets.sync.run import sync as run_sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import status
from lever_assets.sync.windows import covering
from lever_assets.unified.catalogue import BY_NAME
from lever_assets.unified.marts import BY_NAME as BY_MART

app = command_app()

Json = Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")]


@app.command()
def sync(
    *,
    full: Annotated[bool, typer.Option("--full", help="Read the whole account.")] = False,
    delta: Annotated[
        bool, typer.Option("--delta", help="Read only what changed since the last sync.")
    ] = False,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], metavar="DATE", help="Read what changed on this day or later."
        ),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], metavar="DATE", help="Read what changed up to and on this day."
        ),
    ] = None,
    accept_deletions: Annotated[
        bool,
        typer.Option("--accept-deletions", help="Mark what Lever does not list as gone, however much it is."),
    ] = False,
    connection: Connection = None,
    as_json: Json = False,
) -> None:
    """Bring the database up to Lever.

    The first time the whole account is read, after that what changed. A sync that was stopped is continued.
    """
    chosen = sum((full, delta, start is not None or end is not None))
    if chosen > 1:
        raise typer.BadParameter("give one of --full, --delta and --from/--to")
    if start is not None and end is not None and start > end:
        raise typer.BadParameter("--from lies after --to")

    own = Settings.load()
    _see_to_removed(own)
    settings = settings_of(own, connection)
    with (
        fewer_collections(),
        output.following() as say,
        Session.open(settings, listener=say, accept_deletions=accept_deletions) as session,
    ):
        begin_assessments(session)  # who arrives while it reads is to have one
        scope = _scope(session, full=full, delta=delta, days=(start, end))
        reading = f"Reading {scope} of the account {session.name!r} into {session.store.name}"
        announce = partial(output.remark, reading)
        heard = session if as_json else replace(session, listener=announcing(say, announce))
        noting = Noting.of_sync(session, home_to_tell(settings), scope)
        try:
            with telling_the_end(session.store, session.settings), noting, marts_all_the_same(session):
                report = run_sync(heard, scope, on_report=noting)
        except Exception:
            tell(session.store, session.settings)  # perhaps the key is refused
            tell_dagster(settings, anything=noting.anything)  # perhaps it fails for long, of one list alone
            raise
        erased = erase_due(session)
        finished = finish_sync(session, scope)
        marts = note_marts(session, scope, finished.replaced)
        note_room(session.store, session.name, partial(dagster_size, settings))
        tell(session.store, session.settings)
    for warning in (*report.warnings, *finished.warnings):
        output.warn(warning)
    if as_json:
        output.as_json({**_summary(report, str(scope), finished), "erased": dict(erased.rows)})
    else:
        _show(report, finished, erased.rows)
    tell_dagster(settings, anything=noting.anything or marts)


def _see_to_removed(settings: Settings) -> None:
    """See to what is due of removed connections, before the sync: that may fail, or have no key."""
    if not has_database(settings):
        return
    with closing(Store.open(settings.tables_url)) as store:
        for doubt in see_to_removed(store, settings):
            output.warn(doubt)


def _scope(
    session: Session,
    *,
    full: bool,
    delta: bool,
    days: tuple[datetime | None, datetime | None],
) -> Scope:
    start, end = days
    if start is not None or end is not None:
        first = session.settings.sync_start_at
        lower = first if start is None else start.replace(tzinfo=UTC)
        upper = now() + timedelta(days=1) if end is None else end.replace(tzinfo=UTC) + timedelta(days=1)
        return Scope(covering(lower, upper, first=first, now=now()))
    if full or delta:
        return Scope(delta=delta)
    whole = status(session.store, session.name, session.exclusion).complete and not stopped_midway(session)
    return Scope(delta=whole)


def _summary(report: SyncReport, scope: str, finished: Finished) -> dict[str, object]:
    return {
        "covers": scope,
        "requests": report.requests + finished.requests,
        "rejected": report.rejected,
        "seconds": round(report.seconds, 3),
        "warnings": [*report.warnings, *finished.warnings],
        "resources": {
            each.resource: {
                **vars(each.counts),
                "without_id": each.set_aside,
                "unread": each.unread.count,
                "requests": each.traffic.requests,
                "skipped": each.skipped,
            }
            for each in report.landed
        },
        "models": {each.model: _counts(each) for each in report.derived},
        "marts": {BY_MART[name].table: vars(each) for name, each in finished.replaced.items()},
    }


def _counts(report: DeriveReport) -> dict[str, object]:
    return {
        "rows": report.rows,
        **vars(report.counts),
        "unmappable": report.unmappable,
        "in_part": report.in_part,
    }


_COLUMNS = ("table", "rows", "new", "changed", "unchanged", "gone", "left out", "set aside")


def _row(report: DeriveReport) -> tuple[object, ...]:
    counts = report.counts
    changes = (counts.inserted, counts.updated, counts.unchanged, counts.deleted, counts.left_out)
    return (report.model, report.rows, *changes, report.unmappable)


def _show(report: SyncReport, finished: Finished, erased: Mapping[str, int]) -> None:
    changed = [each for each in finished.replaced.values() if each.changed]
    if any(each.counts.changed for each in report.derived):
        output.table("", _COLUMNS, (_row(each) for each in report.derived))
    elif not changed:
        # What a setting took out, or the database lacked, was told before.
        typer.echo(f"Nothing {'else ' * bool(report.restored)}has changed in the tables.")
    if changed:
        done = sum(changed, start=Replaced())
        typer.echo(
            f"\n{counted(len(changed), 'mart')} changed: {counted(done.written, 'row')} written, "
            f"{done.removed:,} taken out."
        )
    if erased:
        listed = ", ".join(f"{count:,} {model}" for model, count in erased.items())
        typer.echo(f"\nPersonal data was erased for good, as LEVER_RETENTION_DAYS says: {listed}.")
    rejected = f", {report.rejected:,} of them rejected" if report.rejected else ""
    requests = counted(report.requests + finished.requests, "request")
    typer.echo(f"\n{requests}{rejected}, {report.seconds:.1f} seconds.")


@app.command()
def plan(connection: Connection = None, as_json: Json = False) -> None:
    """Say what a full sync will cost.

    How many requests, and how long they take at the allowance. Writes nothing.
    """
    settings = settings_for(connection)
    with output.following() as say, Session.open(settings, listener=say, to_read=True) as session:
        made = make_plan(session)
    for warning in made.warnings:
        output.warn(warning)
    if as_json:
        output.as_json({**vars(made), "total": made.total})
    else:
        _show_plan(made)


def _show_plan(made: Plan) -> None:
    output.table("", ("resource", "requests"), made.requests.items())
    time = "" if made.seconds is None else f", about {duration(made.seconds)} at the allowance"
    account = " and ".join(
        (counted(made.opportunities, "opportunity", "opportunities"), counted(made.postings, "posting"))
    )
    typer.echo(f"\n{account}: {counted(made.total, 'request')}{time}. (Finding out took {made.asked:,}.)")


@app.command()
def replay(
    models: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Only these models.")
    ] = None,
    connection: Connection = None,
    as_json: Json = False,
) -> None:
    """Map again what was read before.

    Asks Lever nothing.
    """
    unknown = sorted(set(models or ()) - set(BY_NAME))
    if unknown:
        raise typer.BadParameter(f"no such model: {', '.join(unknown)}; there are {', '.join(BY_NAME)}")

    settings = settings_for(connection)
    with (
        fewer_collections(),
        output.following() as say,
        Session.open(settings, listener=say) as session,
    ):
        with session.reading() as tx:
            if not tx.current_version():
                sync_first = session.account.command("sync")
                raise CommandError(f"nothing was read from Lever yet: run {sync_first} first")
        noting = Noting(session, "replay", home_to_tell(session.settings))
        with noting:
            reports = run_replay(session, models or None, on_report=noting)
        marts = bring_up_marts(session, rebuild=not models)
        changed = note_marts(session, Scope(delta=True), marts, "replay")
    if as_json:
        output.as_json({"models": {each.model: _counts(each) for each in reports}})
    else:
        output.table("", _COLUMNS, (_row(each) for each in reports))
    tell_dagster(settings, anything=noting.anything or changed)
