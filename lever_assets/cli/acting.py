"""`action` and `passthrough`: writing back to Lever."""

import base64
import mimetypes
import sys
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlencode

import orjson
import typer

from lever_assets.actions.catalogue import ACTIONS, BY_NAME
from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.options import Options
from lever_assets.actions.passthrough import passthrough as send
from lever_assets.actions.running import run_action
from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.cli.telling_dagster import tell_dagster_of_action
from lever_assets.settings import Settings
from lever_assets.sync.session import Session, Written

app = command_app()


class _ListingActions(typer.core.TyperCommand):
    """A command whose help ends with the names of the actions."""

    def format_epilog(self, _context: Any, formatter: Any) -> None:
        """Write the names."""
        with formatter.section("Actions"):
            formatter.write_dl([(each.name, each.title) for each in ACTIONS])


Json = Annotated[bool, typer.Option("--json", hidden=True)]
"""Taken as by the other commands, and without effect: the answer is JSON in any case."""


@app.command(cls=_ListingActions)
def action(
    *,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The action; without any input: list them.")
    ] = "",
    given: Annotated[
        str, typer.Option("--input", metavar="FILE", help="The input as a JSON file; - reads standard input.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, say what would be sent, send nothing.")
    ] = False,
    key: Annotated[
        str,
        typer.Option(
            help="Idempotency key: the same one returns the first result. [default: from the input]"
        ),
    ] = "",
    perform_as: Annotated[
        str, typer.Option(help="User that the write is attributed to. [default: LEVER_PERFORM_AS]")
    ] = "",
    download: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Download the files that the action lists to this folder."),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Write the input's JSON Schema instead.")] = False,
    connection: Connection = None,
    as_json: Json = False,  # noqa: ARG001 - see Json
) -> None:
    """Write back to Lever: one of the 13 actions.

    The answer is one JSON object on standard output.
    """
    if not name:
        _list()
        return
    known = _known(name)
    if schema:
        output.as_json(known.input.model_json_schema())
        return
    asked = _input(given)
    options = Options(
        idempotency_key=key or None, dry_run=dry_run, perform_as=perform_as or None, download_to=download
    )
    settings, written = settings_for(connection), Written()
    with Session.open(settings) as session:
        answer = run_action(replace(session, on_refresh=written.update), name, asked, options)
    _tell_all(answer, settings, written, name)


@app.command()
def passthrough(
    *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Below the base address, such as /opportunities.")
    ],
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Query parameter; may be given again.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME:VALUE", help="Further header; may be given again.")
    ] = None,
    data: Annotated[
        str, typer.Option(metavar="FILE", help="Body as a JSON file; - reads standard input.")
    ] = "",
    form: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Field of a form, @FILE for a file; may be given again."),
    ] = None,
    in_base64: Annotated[bool, typer.Option("--base64", help="Give the answer's body in base64.")] = False,
    connection: Connection = None,
    as_json: Json = False,  # noqa: ARG001 - see Json
) -> None:
    """Send any request to the Data API.

    The key is added. The answer, whatever its status, is one JSON object on standard output.
    """
    asked: dict[str, Any] = {
        "method": method.upper(),
        "path": _with_params(path, [_pair(each, "=", "--param") for each in param or ()]),
        "headers": dict(_pair(each, ":", "--header") for each in header or ()),
        "response_as_base64": in_base64,
    }
    if data:
        asked["data"] = _json(_text(data, "--data"), "--data")
    if form:
        asked["multipart_form_data"] = [_form_field(each) for each in form]
    settings, written = settings_for(connection), Written()
    with Session.open(settings) as session:
        answer = send(replace(session, on_refresh=written.update), asked)
    _tell_all(answer, settings, written, "passthrough")


def _list() -> None:
    output.table("Actions", ("action", "what it does"), ((each.name, each.description) for each in ACTIONS))


def _known(name: str) -> Action:
    found = BY_NAME.get(name)
    if found is None:
        raise typer.BadParameter(f"there is no action {name!r}; `lever-assets action` lists them")
    return found


def _input(given: str) -> dict[str, Any]:
    if not given:
        raise typer.BadParameter("give the input with --input FILE, or --input - for standard input")
    found = _json(_text(given, "--input"), "--input")
    if not isinstance(found, dict):
        _refuse("--input is not a JSON object: write the input as {...}.")
    return found


def _text(file: str, option: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as error:
        _refuse(f"{option}: {file} can't be read: {in_words(error)}.")


def _json(text: bytes, option: str) -> Any:
    try:
        return orjson.loads(text.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        _refuse(f"{option} is not valid JSON ({where}): correct it and try again.")


def _pair(text: str, between: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(between)
    if not found or not name.strip():
        raise typer.BadParameter(f"write {option} as NAME{between}VALUE, not {text!r}")
    return name.strip(), value.strip() if between == ":" else value


def _with_params(path: str, params: list[tuple[str, str]]) -> str:
    """Return the path with the parameters in its query, in the order in which they were given."""
    between = "" if path.endswith(("?", "&")) else "&" if "?" in path else "?"
    return f"{path}{between}{urlencode(params)}" if params else path


def _form_field(text: str) -> dict[str, Any]:
    name, value = _pair(text, "=", "--form")
    if not value.startswith("@"):
        return {"name": name, "value": value}
    file = value[1:]
    return {
        "name": name,
        "value": {
            "name": Path(file).name,
            "content_type": mimetypes.guess_type(file)[0] or "application/octet-stream",
            "data": base64.b64encode(_text(file, "--form")).decode(),
        },
    }


def _refuse(why: str) -> NoReturn:
    """Answer that nothing was done, since what was given can't be read."""
    _tell(ActionAnswer.failed(invalid("Unreadable input", why)))
    raise AssertionError  # it was told as an error


def _tell_all(answer: ActionAnswer, settings: Settings, written: Written, action: str) -> None:
    """Write the answer, and then tell Dagster what is in the tables of it."""
    try:
        _tell(answer)
    finally:
        tell_dagster_of_action(settings, written, action)


def _tell(answer: ActionAnswer) -> None:
    """Write the answer; one that failed ends the command with its sentence."""
    output.as_json(answer.envelope())
    for warning in answer.warnings:
        output.warn(warning)
    if answer.error is not None:
        raise CommandError(str(answer.error["message"])) from answer.cause
