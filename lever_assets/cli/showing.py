"""`status`: what is in the tables, how fresh it is, and what is wrong with it."""

from typing import TYPE_CHECKING, Annotated

import typer

from lever_assets.cli import output

if TYPE_CHECKING:
    from lever_assets.sync.status import Status


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """Show what is in the database.

    Also how fresh it is, and what is wrong with it. Asks Lever nothing.
    """
    from lever_assets.settings import Settings  # noqa: PLC0415 - a command imports what it needs
    from lever_assets.store import Store  # noqa: PLC0415
    from lever_assets.sync.exclusion import Exclusion  # noqa: PLC0415
    from lever_assets.sync.status import status as read_status  # noqa: PLC0415

    settings = Settings.load()
    exclusion = Exclusion.of(settings)
    store = Store.open_to_read(settings.tables_url)
    try:
        found = read_status(store, settings.connection, exclusion)
    finally:
        store.close()
    if as_json:
        output.as_json(found)
    else:
        typer.echo(f"The account {found.connection!r} in {store.name}\n")
        _show(found)


def _show(found: "Status") -> None:
    output.table(
        "Read from Lever",
        ("resource", "records", "gone", "read at (UTC)", "changes up to (UTC)"),
        ((each.resource, each.live, each.deleted, each.read_at, each.watermark) for each in found.resources),
    )
    typer.echo()
    output.table(
        "Unified tables",
        ("table", "rows", "gone", "set aside", "in part", "mapped at (UTC)"),
        (
            (each.model, each.live, each.deleted, each.unmappable, each.in_part, each.mapped_at)
            for each in found.models
        ),
    )
    for resource in found.resources:
        if resource.denied:
            output.warn(resource.denied)
        if resource.unread.count:
            output.warn(
                f"{resource.unread.count:,} reads of {resource.resource} failed and are tried again from "
                f"{resource.unread.next_at:%Y-%m-%d %H:%M} UTC on; the table mapping_errors says why"
            )
    set_aside = sum(each.unmappable for each in found.models)
    if set_aside:
        output.warn(f"{set_aside:,} records can't be mapped; the table mapping_errors says why")
    in_part = sum(each.in_part for each in found.models)
    if in_part:
        output.warn(
            f"{in_part:,} records were mapped without a field that could not be read; "
            "the table mapping_errors says which"
        )
    if found.unfinished:
        names = ", ".join(dict.fromkeys(each.resource for each in found.unfinished))
        output.warn(f"a sync was not finished ({names}); the next one goes on from there")
    if not found.complete:
        typer.echo("\nThe account was not read whole yet: run `lever-assets sync`.")
