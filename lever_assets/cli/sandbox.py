"""`sandbox serve`: a local Lever to try things on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lever_assets.cli.errors import CommandError, in_words


class _Serve(TyperCommand):
    """The command, whose help ends with what the sandbox can be told to do: that is its own to say."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (typer calls it so)
        """Write the quirks and the faults."""
        from lever_assets.sandbox.faults import KINDS  # noqa: PLC0415 - a command imports what it needs
        from lever_assets.sandbox.quirks import QUIRKS  # noqa: PLC0415

        for title, told in (("Quirks", QUIRKS), ("Faults", KINDS)):
            with formatter.section(title):
                formatter.write_dl([(name, each.meaning.replace("`", "")) for name, each in told.items()])


def register(app: typer.Typer) -> None:
    """Add the family."""
    family = typer.Typer(no_args_is_help=True, help="A local Lever with made-up or recorded data.")
    family.callback()(_family)
    family.command(cls=_Serve)(serve)
    app.add_typer(family, name="sandbox")


def _family() -> None:
    """Try things on a local Lever with made-up or recorded data."""


def serve(
    *,
    opportunities: Annotated[int, typer.Option(min=0, help="Size of the made-up account.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="When people last worked on it.  [default: 2026-11-20]"
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Serve this folder of recorded JSON instead.")
    ] = None,
    db: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the account in this file, for a later start.")
    ] = None,
    key: Annotated[str, typer.Option(help="The API key that it accepts.")] = "sandbox-key",
    confidential: Annotated[bool, typer.Option(help="Whether the key may read confidential records.")] = True,
    deny: Annotated[
        list[str] | None,
        typer.Option(metavar="RESOURCE", help="A resource that the key may not read, or `notes:write`."),
    ] = None,
    absent: Annotated[
        list[str] | None,
        typer.Option(metavar="RESOURCE", help="A resource, or a path, that the account does not have (404)."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8420,
    rate: Annotated[float, typer.Option(min=0, help="Requests a second; 0 lifts the limit.")] = 10.0,
    burst: Annotated[int, typer.Option(min=0, help="Requests that may come at once.")] = 20,
    apply_rate: Annotated[
        float | None,
        typer.Option(min=0, help="Applications through postings a second; 2 unless --rate is 0."),
    ] = None,
    webhook_retry_delay: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait before a failed webhook is sent again.")
    ] = 5.0,
    webhook_timeout: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long a webhook may take.")
    ] = 10.0,
    latency: Annotated[float, typer.Option(min=0, metavar="MS", help="Delay of every answer.")] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=RATE][,…]",
            help="Misbehave, such as 500=0.1 or reset,method=POST,times=1: see below and docs/sandbox.md.",
        ),
    ] = None,
    quirk: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A habit that some accounts have, see below; `all` for every one."),
    ] = None,
    fault_seed: Annotated[int, typer.Option(help="The same seed gives the same faults.")] = 1,
) -> None:
    """Serve a local Lever until Ctrl-C, and print what to set to use it."""
    from lever_assets.sandbox import SandboxConfig, parse_faults  # noqa: PLC0415 - a command imports what it needs
    from lever_assets.sandbox import serve as run  # noqa: PLC0415
    from lever_assets.sandbox.config import DEFAULT_NOW  # noqa: PLC0415
    from lever_assets.sandbox.places import check_places  # noqa: PLC0415
    from lever_assets.sandbox.quirks import check_quirks  # noqa: PLC0415

    quirks = [*(quirk or ()), *(f"absent={name}" for name in absent or ())]
    with _usage("--fault"):
        faults = parse_faults(fault or ())
    with _usage("--deny"):
        check_places(deny or ())
    with _usage("--absent" if absent else "--quirk"):
        check_quirks(quirks)
    config = SandboxConfig(
        opportunities=opportunities,
        seed=seed,
        now=DEFAULT_NOW if now is None else now.replace(tzinfo=UTC),
        data=data,
        db=db,
        key=key,
        confidential_access=confidential,
        denied=frozenset(deny or ()),
        host=host,
        port=port,
        rate=rate,
        burst=burst,
        apply_rate=apply_rate,
        webhook_retry_delay=webhook_retry_delay,
        webhook_timeout=webhook_timeout,
        latency_ms=latency,
        faults=faults,
        fault_seed=fault_seed,
        quirks=tuple(quirks),
    )
    try:
        run(config)
    except sqlite3.Error as error:
        raise CommandError(f"the file {db} can't be used ({error}): give another --db") from None
    except OSError as error:
        where = error.filename or f"the address {host}:{port}"
        raise CommandError(f"{where} can't be used ({in_words(error)}): give another") from None
    except ValueError as error:
        raise CommandError(f"the sandbox can't start: {error}") from None


@contextmanager
def _usage(option: str) -> Iterator[None]:
    """Make a mistake in an option one of usage."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    """Return what is wrong in plain words, without what pydantic says around them."""
    from pydantic import ValidationError  # noqa: PLC0415

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    where = "" if first["loc"] == ("name",) else ".".join(str(part) for part in first["loc"]) + ": "
    return f"{where}{first['msg'].removeprefix('Value error, ')}"
