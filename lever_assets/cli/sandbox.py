"""`sandbox serve`: a local Lever to try things on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from typer.core import TyperCommand

from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.cli.options import taking
from lever_assets.sandbox import OAuthConfig, SandboxConfig, parse_faults
from lever_assets.sandbox import serve as run
from lever_assets.sandbox.config import DEFAULT_NOW
from lever_assets.sandbox.endpoints.places import check_places
from lever_assets.sandbox.faults import KINDS
from lever_assets.sandbox.oauth import Environment, Rotation
from lever_assets.sandbox.quirks import QUIRKS, check_quirks

app = command_app()

_OAUTH = OAuthConfig()


class _Serve(TyperCommand):
    """The command, whose help ends with what the sandbox can be told to do: that is its own to say."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (typer calls it so)
        """Write the quirks and the faults."""
        for title, told in (("Quirks", QUIRKS), ("Faults", KINDS)):
            with formatter.section(title):
                formatter.write_dl([(name, each.meaning.replace("`", "")) for name, each in told.items()])


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What the sandbox can be started with; `config` is what that makes of it."""

    opportunities: Annotated[int, typer.Option(min=0, help="Size of the made-up account.")] = 200
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="When people last worked on it.  [default: 2026-11-20; now with --simulate]",
        ),
    ] = None
    simulate: Annotated[
        int,
        typer.Option(
            min=0, max=3_650, metavar="DAYS", help="Let the company recruit for so many days before."
        ),
    ] = 0
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Serve this folder of recorded JSON instead.")
    ] = None
    db: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the account in this file, for a later start.")
    ] = None
    key: Annotated[str, typer.Option(help="The API key that it accepts.")] = "sandbox-key"
    confidential: Annotated[bool, typer.Option(help="Whether the key may read confidential records.")] = True
    deny: Annotated[
        list[str] | None,
        typer.Option(metavar="RESOURCE", help="A resource that the key may not read, or `notes:write`."),
    ] = None
    absent: Annotated[
        list[str] | None,
        typer.Option(metavar="RESOURCE", help="A resource, or a path, that the account does not have (404)."),
    ] = None
    environment: Annotated[
        Environment,
        typer.Option(help="Which of Lever's two it plays: tokens of one are refused by the other."),
    ] = "production"
    oauth_client_id: Annotated[str, typer.Option(help="The OAuth application that is registered.")] = (
        _OAUTH.client_id
    )
    oauth_client_secret: Annotated[str, typer.Option(help="Its secret.")] = _OAUTH.client_secret
    oauth_client_name: Annotated[str, typer.Option(help="What the consent page calls it.")] = (
        _OAUTH.client_name
    )
    oauth_redirect_uri: Annotated[
        str, typer.Option(metavar="URL", help="Where it may be answered, besides any loopback address.")
    ] = _OAUTH.redirect_uri
    rotation: Annotated[
        Rotation,
        typer.Option(
            help="When a renewed refresh token ends: at the first use of the new one, at once, or never."
        ),
    ] = _OAUTH.rotation
    code_seconds: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long a code is good.")
    ] = _OAUTH.code_seconds
    access_seconds: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long an access token is good.")
    ] = _OAUTH.access_seconds
    refresh_seconds: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long a refresh token is good.")
    ] = _OAUTH.refresh_seconds
    invalid_grant_status: Annotated[
        Literal["403", "400"], typer.Option(help="Status for a code or refresh token that is no good.")
    ] = "403"
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8420
    rate: Annotated[float, typer.Option(min=0, help="Requests a second; 0 lifts the limit.")] = 10.0
    burst: Annotated[int, typer.Option(min=0, help="Requests that may come at once.")] = 20
    apply_rate: Annotated[
        float | None,
        typer.Option(min=0, help="Applications through postings a second; 2 unless --rate is 0."),
    ] = None
    webhook_retry_delay: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait before a failed webhook is sent again.")
    ] = 5.0
    webhook_timeout: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long a webhook may take.")
    ] = 10.0
    latency: Annotated[float, typer.Option(min=0, metavar="MS", help="Delay of every answer.")] = 0.0
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=RATE][,…]",
            help="Misbehave, such as 500=0.1 or reset,method=POST,times=1: see below and docs/sandbox.md.",
        ),
    ] = None
    quirk: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A habit that some accounts have, see below; `all` for every one."),
    ] = None
    fault_seed: Annotated[int, typer.Option(help="The same seed gives the same faults.")] = 1

    def _last_worked_on(self) -> datetime:
        if self.now is not None:
            return self.now.replace(tzinfo=UTC)
        return datetime.now(UTC).replace(microsecond=0) if self.simulate else DEFAULT_NOW

    def config(self) -> SandboxConfig:
        """Return the sandbox's configuration; a value that it doesn't know is a mistake of usage."""
        quirks = (*(self.quirk or ()), *(f"absent={name}" for name in self.absent or ()))
        if self.simulate and (self.data or self.db):
            raise typer.BadParameter("--simulate begins with a new account: give neither --data nor --db")
        with _usage("--fault"):
            faults = parse_faults(self.fault or ())
        with _usage("--deny"):
            check_places(self.deny or ())
        with _usage("--oauth-client-id or --oauth-client-secret"):
            oauth = OAuthConfig.model_validate(
                {
                    "client_id": self.oauth_client_id,
                    "client_secret": self.oauth_client_secret,
                    "client_name": self.oauth_client_name,
                    "redirect_uri": self.oauth_redirect_uri,
                    "rotation": self.rotation,
                    "code_seconds": self.code_seconds,
                    "access_seconds": self.access_seconds,
                    "refresh_seconds": self.refresh_seconds,
                    "invalid_grant_status": int(self.invalid_grant_status),
                }
            )
        with _usage("--absent" if self.absent else "--quirk"):
            check_quirks(quirks)
        return SandboxConfig(
            opportunities=self.opportunities,
            seed=self.seed,
            now=self._last_worked_on(),
            simulated_days=self.simulate,
            data=self.data,
            db=self.db,
            key=self.key,
            confidential_access=self.confidential,
            denied=frozenset(self.deny or ()),
            environment=self.environment,
            oauth=oauth,
            host=self.host,
            port=self.port,
            rate=self.rate,
            burst=self.burst,
            apply_rate=self.apply_rate,
            webhook_retry_delay=self.webhook_retry_delay,
            webhook_timeout=self.webhook_timeout,
            latency_ms=self.latency,
            faults=faults,
            fault_seed=self.fault_seed,
            quirks=quirks,
        )


@app.command(cls=_Serve)
@taking(_Options)
def serve(options: _Options) -> None:
    """Serve a local Lever until Ctrl-C, and print what to set to use it."""
    config = options.config()
    try:
        run(config)
    except sqlite3.Error as error:
        raise CommandError(f"the file {config.db} can't be used ({error}): give another --db") from None
    except OSError as error:
        where = error.filename or f"the address {config.host}:{config.port}"
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
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    where = "" if first["loc"] == ("name",) else ".".join(str(part) for part in first["loc"]) + ": "
    return f"{where}{first['msg'].removeprefix('Value error, ')}"
