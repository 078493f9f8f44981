"""`fields list`, `map`, `show` and `hide`: what an account has beyond the columns, and what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.settings import Settings
from lever_assets.store.transaction import Transaction
from lever_assets.sync.custom_fields import read_names
from lever_assets.sync.field_definitions import WITH_FIELDS, Field, explore, has_fields
from lever_assets.sync.kept_fields import (
    UNMAPPED,
    forget_name,
    keep_name,
    kept_names,
    shown_fields,
    switch_fields,
)
from lever_assets.sync.session import Session

app = command_app()

_COLUMNS = ("field", "label", "type", "from", "filled", "your key", "shown", "examples")
_WIDEST = 60
"""Characters of a table's cell."""
_MEANT = 3
"""So many names are offered in the place of one that is not there."""

_Model = Annotated[
    str | None, typer.Option("--model", help=f"{', '.join(WITH_FIELDS[:-1])} or {WITH_FIELDS[-1]}.")
]
_Fields = Annotated[
    list[str], typer.Argument(metavar="FIELD...", help="As `lever-assets fields` lists them.")
]


@app.command("list")
def list_(
    *,
    model: _Model = None,
    connection: Connection = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """List the fields that the account has.

    With how often they are filled, and examples that tell of nobody. Asks Lever nothing.
    """
    with Session.open(settings_for(connection), to_read=True) as session, session.reading() as tx:
        models = _models(session, model)
        _see_that_something_was_read(session, tx)
        found = {each: explore(tx, session.mapping, each) for each in models}
        names = session.mapping.custom_fields
        kept = kept_names(tx)
    if as_json:
        output.as_json({"fields": _plain(found), "custom_fields": _names(names, kept)})
    else:
        for each, fields in found.items():
            _show(each, fields)
        _warn(found, names)


def _plain(found: Mapping[str, Iterable[Field]]) -> list[dict[str, object]]:
    return [
        {**asdict(each.definition), "custom_fields": each.names, "shown": each.is_shown}
        for fields in found.values()
        for each in fields
    ]


def _names(
    names: Mapping[str, Mapping[str, str]], kept: Mapping[str, Mapping[str, str]]
) -> list[dict[str, object]]:
    return [
        {"model": model, "key": ours, "field": theirs, "kept": ours in kept.get(model, {})}
        for model, keys in names.items()
        for ours, theirs in keys.items()
    ]


def _show(model: str, fields: Iterable[Field]) -> None:
    rows = [
        (
            each.definition.key,
            each.definition.label,
            each.definition.type,
            each.definition.origin,
            f"{each.definition.filled:,} of {each.definition.seen:,}",
            ", ".join(each.names),
            "yes" if each.is_shown else "",
            _cut(", ".join(each.definition.examples)),
        )
        for each in fields
    ]
    output.table(model, _COLUMNS, rows)
    typer.echo()


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _warn(found: Mapping[str, Iterable[Field]], names: Mapping[str, Mapping[str, str]]) -> None:
    """Say which keys are mapped to fields that are not there."""
    for model, fields in found.items():
        there = {each.definition.key for each in fields}
        for ours, theirs in names.get(model, {}).items():
            if theirs != UNMAPPED and theirs not in there:
                output.warn(f"{model} has no field {theirs!r}, which {ours!r} is mapped to")


@app.command("map")
def map_(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Your key in the column custom_fields.")],
    field: Annotated[
        str | None, typer.Argument(metavar="[FIELD]", help="As `lever-assets fields` lists it.")
    ] = None,
    *,
    model: _Model = None,
    connection: Connection = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the key away instead.")] = False,
) -> None:
    """Fill a key of your own with a field.

    Kept with the connection; it adds to the file of LEVER_CUSTOM_FIELDS and wins over it. The next sync, or
    `lever-assets replay`, maps anew, without a request to Lever.
    """
    if not key.strip():
        raise typer.BadParameter("KEY is blank; give a name")
    if remove == (field is not None):
        raise typer.BadParameter("give a FIELD, or --remove")
    settings = settings_for(connection)
    with Session.open(settings) as session:
        _models(session, model)
        if field is None:
            _take_away(session, settings, key, model)
            return
        with session.reading() as tx:
            _see_that_something_was_read(session, tx)
            (of,) = _models_of(tx, session, [field], model)
        if "custom_fields" in session.exclusion.fields(of):
            setting = session.account.setting("exclude")
            raise CommandError(f"{setting} leaves out {of}.custom_fields: take it out there first.")
        with session.writing() as tx:
            keep_name(tx, of, key, field)
    typer.echo(f"{of}: {key} is filled by {field}. {_mapped_later(session)}")


def _take_away(session: Session, settings: Settings, key: str, model: str | None) -> None:
    in_file = read_names(settings.custom_fields)
    with session.writing() as tx:
        having = [each for each, keys in kept_names(tx).items() if key in keys and model in {None, each}]
        if not having:
            listed = any(key in keys for each, keys in in_file.items() if model in {None, each})
            remedy = (
                "it stands in the file of LEVER_CUSTOM_FIELDS, take it out there"
                if listed
                else f"{session.account.command('fields')} lists the keys that there are"
            )
            raise CommandError(f"No key {key!r} was made by `fields map`; {remedy}.")
        of = _only(having, key)
        forget_name(tx, of, key)
    again = in_file.get(of, {}).get(key)
    if again:
        now = f"is filled by {again}, as LEVER_CUSTOM_FIELDS says. {_mapped_later(session)}"
    else:
        at_once = session.account.command("replay")
        now = f"is no key any more. The next sync takes it out of the rows, or {at_once} at once."
    typer.echo(f"{of}: {key} {now}")


def _mapped_later(session: Session) -> str:
    return f"The next sync maps it, or {session.account.command('replay')} at once."


@app.command()
def show(fields: _Fields, *, model: _Model = None, connection: Connection = None) -> None:
    """Switch fields on.

    For the HTTP API, which is to show these and no others. The tables keep every field all the same.
    """
    _switch(settings_for(connection), fields, model, on=True)


@app.command()
def hide(fields: _Fields, *, model: _Model = None, connection: Connection = None) -> None:
    """Switch fields off.

    As they are until they are switched on.
    """
    _switch(settings_for(connection), fields, model, on=False)


def _switch(settings: Settings, fields: list[str], model: str | None, *, on: bool) -> None:
    with Session.open(settings) as session:
        _models(session, model)
        with session.reading() as tx:
            _see_that_something_was_read(session, tx)
            of = dict(zip(fields, _models_of(tx, session, fields, model), strict=True))
        with session.writing() as tx:
            for each in dict.fromkeys(of.values()):
                switch_fields(tx, each, [field for field, its in of.items() if its == each], on=on)
    for field, its in of.items():
        typer.echo(f"{its}: {field} is {'shown' if on else 'hidden'}")


def _see_that_something_was_read(session: Session, tx: Transaction) -> None:
    if not tx.current_version():
        raise CommandError(f"nothing was read from Lever yet: run {session.account.command('sync')} first")


def _models(session: Session, model: str | None) -> list[str]:
    """Return the models to look at; raises BadParameter for one that has no fields, or CommandError."""
    if model is not None and model not in WITH_FIELDS:
        raise typer.BadParameter(f"no such model: {model}; those with fields are {', '.join(WITH_FIELDS)}")
    wanted = WITH_FIELDS if model is None else [model]
    found = [each for each in wanted if has_fields(session.exclusion, each)]
    if not found:
        left_out = ", ".join(f"{each}.integration_fields" for each in wanted)
        setting = session.account.setting("exclude")
        raise CommandError(f"{setting} leaves out {left_out}: which fields there are is not known.")
    return found


def _models_of(tx: Transaction, session: Session, fields: list[str], model: str | None) -> list[str]:
    """Return, for each of these fields, the one model that has it; raises CommandError for none or several.

    One that is switched on counts though no row has it any more.
    """
    labels = {
        each: {one.definition.key: one.definition.label or "" for one in explore(tx, session.mapping, each)}
        for each in _models(session, model)
    }
    shown = shown_fields(tx)
    found = []
    for field in fields:
        having = [each for each, keys in labels.items() if field in keys or field in shown.get(each, ())]
        if not having:
            raise CommandError(_unknown(session, field, labels))
        found.append(_only(having, field))
    return found


def _only(models: list[str], name: str) -> str:
    if len(models) > 1:
        raise CommandError(f"{' and '.join(models)} have {name!r}: say which with --model.")
    return models[0]


def _unknown(session: Session, field: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """Return that a field is not there, and which may be meant, by its key or its label."""
    keys: dict[str, str] = {}
    for listed in labels.values():
        for key, label in listed.items():
            keys |= {key.lower(): key, label.lower(): key}
    near = [keys[each] for each in get_close_matches(field.lower(), keys, n=2 * _MEANT)]
    meant = list(dict.fromkeys(near))[:_MEANT]
    listing = session.account.command("fields")
    hint = f"did you mean {' or '.join(meant)}? " if meant else ""
    return f"no field {field!r} in {', '.join(labels)}; {hint}{listing} lists them."
