"""`status`: what is in the tables, how fresh it is, and what is wrong with it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from lever_assets.assessment.troubles import troubles as troubles_of_assessments
from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.lazy import command_app
from lever_assets.connect.account import Account
from lever_assets.connect.known import account_of
from lever_assets.connect.states import IssueKind, Standing
from lever_assets.insight.status import MartStatus, marts_status
from lever_assets.lever.wording import counted
from lever_assets.orchestration.room import dagster_size
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.findings import as_sentence
from lever_assets.store import Store
from lever_assets.store.sizes import Growth
from lever_assets.store.transaction import now
from lever_assets.sync.custom_fields import doubts_on_fields
from lever_assets.sync.health import (
    all_problems,
    failed_reads,
    held_back,
    is_read_whole,
    not_read_whole,
    under_way,
)
from lever_assets.sync.in_force import InForce, in_force
from lever_assets.sync.room import Room, room
from lever_assets.sync.standing import standing_of
from lever_assets.sync.status import Status, history_left
from lever_assets.sync.status import status as read_status
from lever_assets.sync.undelivered import troubles

app = command_app()

_AFTER_THAT = "Then `lever-assets doctor` says whether anything is missing, and `lever-assets sync` reads it."
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _age(given: str) -> timedelta:
    """Return the span of a text such as 90m, 26h or 2d."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", given.strip().lower())
    if found is None:
        raise typer.BadParameter("write minutes, hours or days, such as 90m, 26h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@app.command()
def status(
    *,
    connection: Connection = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Say only what needs somebody, one thing a line; exit with 1 if anything does."
        ),
    ] = False,
    max_age: Annotated[
        timedelta | None,
        typer.Option(
            parser=_age, metavar="AGE", help="How old the tables may be: 90m, 26h (as by default), 2d."
        ),
    ] = None,
) -> None:
    """Show what is in the database.

    Also how fresh and how large it is, which settings are in force, and what is wrong. Asks Lever nothing.
    """
    settings = settings_for(connection)
    Exclusion.of(settings)
    store = Store.open_to_read(settings.tables_url)
    try:
        account, settings = account_of(store, settings)
        found = read_status(store, settings.connection, Exclusion.of(settings))
        standing = standing_of(store, account, settings)
        notices = troubles(store, settings)
        assessments = troubles_of_assessments(store, settings)
        # Dagster's storage may be a database that is away, which a monitor is not to wait for.
        taken = room(store, settings.connection, None if check else dagster_size(settings))
        history = history_left(store, settings)
        with store.reading(settings.connection) as tx:
            marts = marts_status(tx, settings)
        doubts = (*settings.doubts, *doubts_on_fields(store, settings))
    finally:
        store.close()
    wrong = [*all_problems(account, standing, found, now=now(), max_age=max_age), *assessments]
    shown = in_force(settings, now())
    if as_json:
        told = {
            "state": standing.state.value,
            "permissions_missing": standing.lacking,
            "settings": [*map(asdict, shown)],
            "notices": [*map(asdict, notices)],
            "assessments": assessments,
            "storage": asdict(taken),
            "history_left": [*map(asdict, history)],
            "marts": [*map(asdict, marts)],
        }
        output.as_json({**asdict(found), **told, "doubts": doubts, "problems": wrong})
    elif check:
        for each in wrong:
            typer.echo(each)
    elif account.credential is None and not _holds_anything(found):
        typer.echo(f"{as_sentence(not_read_whole(account, standing, found))}\n{_AFTER_THAT}")
        for doubt in doubts:
            output.warn(doubt)
    else:
        typer.echo(f"The account {found.connection!r} in {store.name}: {standing.state.value}\n")
        if standing.lacking:
            typer.echo(f"Permissions that Lever refuses: {', '.join(standing.lacking)}\n")
        if found.under_way:
            typer.echo(f"{as_sentence(under_way(found))}\n")
        for unread in history:
            typer.echo(f"Of the history {unread if found.under_way else unread.at_rest}.\n")
        _show(account, standing, found, marts, shown)
        typer.echo(f"\n{_told(taken)}")
        denied = " ".join(filter(None, (each.denied for each in found.resources)))
        access = (
            told
            for issue, told in zip(standing.issues, standing.problems, strict=True)
            # These are told with their resource, or with the notices.
            if not (issue.permission and issue.permission in denied)
            and issue.kind is not IssueKind.NOTICES_GIVEN_UP
        )
        _warn(
            account,
            found,
            [*access, *filter(None, [failed_reads(found)]), *doubts, *map(str, notices), *assessments],
        )
    if check and wrong:
        raise typer.Exit(1)


def _holds_anything(found: Status) -> bool:
    read = any(each.live or each.deleted for each in found.resources)
    return read or any(each.live or each.deleted for each in found.models)


def _show(
    account: Account,
    standing: Standing,
    found: Status,
    marts: Sequence[MartStatus],
    settings: Iterable[InForce],
) -> None:
    output.table(
        "Read from Lever",
        ("resource", "records", "gone", "left out", "read at (UTC)", "changes up to (UTC)"),
        (
            (each.resource, each.live, each.deleted, each.left_out, each.read_at, each.watermark)
            for each in found.resources
        ),
    )
    typer.echo()
    output.table(
        "Unified tables",
        ("table", "rows", "gone", "left out", "set aside", "in part", "mapped at (UTC)"),
        (
            (
                each.model,
                each.live,
                each.deleted,
                each.left_out,
                each.unmappable,
                each.in_part,
                each.mapped_at,
            )
            for each in found.models
        ),
    )
    typer.echo()
    if marts:
        output.table(
            "Marts",
            ("table", "rows", "made at (UTC)", ""),
            ((each.mart, each.rows, each.made_at, each.doubt or "") for each in marts),
        )
        typer.echo()
    output.table(
        "Settings in force",
        ("variable", "value", ""),
        ((each.name, each.value, "default" if each.by_default else "") for each in settings),
    )
    if not (is_read_whole(found) or found.under_way):  # it was told above
        typer.echo(f"\n{as_sentence(not_read_whole(account, standing, found))}")


def _told(taken: Room) -> str:
    """Return a sentence on how large the database and Dagster's storage are, and how they grow."""
    dagster = "" if taken.dagster is None else f", Dagster's storage {_size(taken.dagster)}"
    return f"The database takes {_size(taken.database)}{dagster}."


def _size(found: Growth) -> str:
    told = _megabytes(found.bytes)
    if found.a_day is None:
        return told
    more = "more" if found.a_day >= 0 else "less"
    return f"{told} ({_megabytes(abs(found.a_day))} {more} each day, over {counted(found.days or 0, 'day')})"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _warn(account: Account, found: Status, sentences: Iterable[str]) -> None:
    for resource in found.resources:
        if resource.held_back:
            output.warn(held_back(account, resource))
        if resource.denied:
            output.warn(resource.denied)
        if resource.unread.count:
            output.warn(
                f"{counted(resource.unread.count, 'read')} of {resource.resource} failed, tried again from "
                f"{resource.unread.next_at:%Y-%m-%d %H:%M} UTC on; the table mapping_errors says why"
            )
    set_aside = sum(each.unmappable for each in found.models)
    if set_aside:
        output.warn(f"{counted(set_aside, 'record')} can't be mapped; the table mapping_errors says why")
    in_part = sum(each.in_part for each in found.models)
    if in_part:
        output.warn(
            f"in {counted(in_part, 'record')} a field could not be read; the table mapping_errors says which"
        )
    if found.unfinished and not found.under_way:
        names = ", ".join(dict.fromkeys(each.resource for each in found.unfinished))
        output.warn(f"a sync was not finished ({names}); the next one goes on from there")
    for sentence in sentences:
        output.warn(sentence)
