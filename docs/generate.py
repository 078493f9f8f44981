"""Writes what the code knows of the documentation: tables, settings, commands, permissions, sandbox, actions.

Also the sources of dbt in the example and in `dbt/`, and the drawings of the lineage and of an installation,
by programs of their own.
Run `make docs` after changing any of them; a test fails while the files are out of date.
"""

import inspect
import re
import runpy
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import BigInteger, Boolean, Double, Integer, Table

from docs import dbt_sources, lineage, topology
from lever_assets.actions.catalogue import ACTIONS
from lever_assets.actions.engine.action import Action
from lever_assets.cli.app import program
from lever_assets.connect.own_settings import OWN
from lever_assets.insight.twins import sql_of
from lever_assets.lever.paths import scope
from lever_assets.lever.resources import BY_NAME as RESOURCE
from lever_assets.lever.resources import EEO_RESPONSES, RESOURCES, Resource
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.prerequisites.permissions import Permission, permissions, to_grant
from lever_assets.sandbox.faults import KINDS
from lever_assets.sandbox.quirks import QUIRKS
from lever_assets.settings import Settings
from lever_assets.store.tables import MART_TABLES, RAW, UNIFIED, metadata
from lever_assets.store.values import ForgettableJson, Json, Money, UtcDateTime
from lever_assets.unified import enums
from lever_assets.unified.catalogue import EXTRA_MODELS, INSIGHT_MODELS, MODELS, Model
from lever_assets.unified.marts import EEO, EVERY_MART, MARTS, Mart

FOLDER = Path(__file__).parent
_DBT = "../examples/hiring/dbt"
_TYPES: dict[type[Any], str] = {
    Boolean: "boolean",
    Integer: "integer",
    BigInteger: "integer",
    Double: "number",
    Money: "decimal",
    UtcDateTime: "timestamp (UTC)",
    Json: "JSON",
    ForgettableJson: "JSON",
}
_POINTERS = {
    "accounts": " Their keys and tokens are in [connections](#connections).",
    "connections": " Which connections there are stands in [accounts](#accounts).",
}
"""From a table to another that one may look for under its name."""


def pages() -> dict[str, str]:
    """Return the text of each generated page by its file name."""
    return {
        "tables.md": _page(_tables()),
        "configuration.md": _page(_configuration()),
        "marts.md": _page(_marts()),
        "cli.md": _page(_commands()),
        "permissions.md": _page(_permissions()),
        "connect.md": _page(_connect()),
        "sandbox.md": _page(_sandbox()),
        "actions/README.md": _page(_actions()),
        **{f"actions/{action.name}.md": _page(_action(action)) for action in ACTIONS},
        f"{_DBT}/models/sources.yml": _dbt_sources(),
        "../dbt/models/sources.yml": dbt_sources.sources(),
        **{f"images/{name}": text for each in (lineage, topology) for name, text in each.pictures().items()},
    }


def _dbt_sources() -> str:
    """Return dbt's sources of the example: they tell of each column, too."""
    program = runpy.run_path(str(FOLDER / _DBT / "write_sources.py"))
    text: str = program["sources"]("acme", "umbrella")
    return text


def _page(lines: Iterator[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _text(name: str) -> str:
    return (FOLDER / "parts" / name).read_text(encoding="utf-8").rstrip() + "\n"


def _tables() -> Iterator[str]:
    yield _text("tables.md")
    yield "## The 19 unified models\n"
    yield from _unified(MODELS)
    yield "## Extra models\n"
    yield "Empty unless `LEVER_EXTRA_MODELS` names them: [More models](scopes.md#more-models).\n"
    yield from _unified(EXTRA_MODELS)
    yield "## Insight models\n"
    yield (
        "What Lever's records tell beyond how things stand, at no request more: [Insight](insight.md). "
        "`LEVER_INSIGHT=false` empties them.\n"
    )
    yield from _unified(INSIGHT_MODELS)
    yield "## Raw tables\n"
    yield (
        "What Lever gave, as it came, one table for each resource; all have the same columns. "
        f"They are {', '.join(f'`raw_{name}`' for name in RAW)}.\n"
    )
    yield from _columns(next(iter(RAW.values())), {})
    yield "## Marts\n"
    yield (
        f"{', '.join(f'`{each.table}`' for each in EVERY_MART)}: what they count, and their columns, are in "
        "[What each mart counts](marts.md).\n"
    )
    yield "## Other tables\n"
    apart = {table.name for table in (*RAW.values(), *MART_TABLES.values())}
    others = {*metadata.tables} - {*UNIFIED} - apart
    for name in sorted(others):
        yield f"### {name}\n"
        yield f"{metadata.tables[name].comment}.{_POINTERS.get(name, '')}\n"
        yield from _columns(metadata.tables[name], {})
    yield "## Enums\n"
    yield "A column with an enum may also hold a text that Lever has and the unified API has not.\n"
    yield "| enum | values |\n| --- | --- |"
    for name, found in inspect.getmembers(enums, inspect.isclass):
        if issubclass(found, Enum) and found.__module__ == enums.__name__:
            yield f"| {name} | {', '.join(str(member.value) for member in found)} |"


def _unified(models: Iterable[Model]) -> Iterator[str]:
    for model in models:
        yield f"### {model.name}\n"
        yield f"{model.description}\n"
        yield from _columns(UNIFIED[model.name], dict(model.references()), model.ours)


def _columns(table: Table, references: dict[str, str], ours: Collection[str] = ()) -> Iterator[str]:
    yield "| column | type | meaning |\n| --- | --- | --- |"
    for column in table.columns:
        told = column.comment or (
            f"Id of a row of `{references[column.name]}`" if column.name in references else ""
        )
        told += " (ours: the HTTP API shows it when asked)" * (column.name in ours)
        yield f"| {column.name} | {_TYPES.get(type(column.type), 'text')} | {told} |"
    yield ""


def _marts() -> Iterator[str]:
    yield _text("marts.md")
    for mart in MARTS:
        yield from _mart(mart)
        for dialect, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
            yield f"<details><summary>The same in SQL, for {name}</summary>\n"
            yield f"```sql\n{sql_of(mart.name, dialect).strip()}\n```\n\n</details>\n"

    yield from _mart(EEO)


def _mart(mart: Mart) -> Iterator[str]:
    meaning = inspect.getdoc(import_module(f"lever_assets.insight.marts.{mart.name}")) or ""
    key = ", ".join(f"`{name}`" for name in ("connection", *mart.key))
    yield f"## {mart.table}\n"
    yield f"{mart.description}\n"
    yield f"{' '.join(meaning.partition(chr(10) * 2)[2].split())}\n"
    reads = f" It reads {', '.join(f'`{name}`' for name in mart.reads)}." if mart.reads else ""
    yield f"A row for each {key}.{reads}\n"
    yield from _columns(MART_TABLES[mart.name], {})


def _configuration() -> Iterator[str]:
    yield _text("configuration.md")
    yield "| variable | meaning | default |\n| --- | --- | --- |"
    for name, field in Settings.model_fields.items():
        yield f"| `LEVER_{name.upper()}` | {field.description} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "`data` in the checkout, or in the working directory"
    if not value and not isinstance(value, bool | int | float):
        return "none"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{shown}`"


def _commands() -> Iterator[str]:
    yield _text("cli.md")
    yield from _help(program(), "lever-assets")


def _help(command: Any, path: str) -> Iterator[str]:
    context: Any = command.make_context(path, [], resilient_parsing=True)
    context.terminal_width = context.max_content_width = 100
    yield f"## {path}\n\n```text\n{_stripped(context.command.get_help(context))}\n```\n"
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _help(command.get_command(context, name), f"{path} {name}")


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines())


def _permissions() -> Iterator[str]:
    yield _text("permissions.md")
    yield "| to keep | Lever is asked for | permission of the key |\n| --- | --- | --- |"
    usual = NOTHING_EXCLUDED.resources
    yield from _asked_for(each for each in RESOURCES if each.name in usual)
    yield "\n## For extra models\n"
    yield "With `LEVER_EXTRA_MODELS`, for those that it names:\n"
    yield "| to keep | Lever is asked for | permission of the key |\n| --- | --- | --- |"
    yield from _asked_for(each for each in RESOURCES if each.name not in usual)
    yield "\n## For EEO answers\n"
    yield "With `LEVER_EEO=true`: [EEO answers](insight.md#eeo-answers).\n"
    yield "| to keep | Lever is asked for | permission of the key |\n| --- | --- | --- |"
    yield from _asked_for([EEO_RESPONSES])
    yield "\n## To write back\n"
    yield "| action | permissions of the key |\n| --- | --- |"
    for action in ACTIONS:
        needed = ", ".join(f"`{each}`" for each in action.scopes)
        yield f"| [{action.name}](actions/{action.name}.md) | {needed} |"


def _asked_for(resources: Iterable[Resource]) -> Iterator[str]:
    for resource in resources:
        path = resource.path.format(parent=":id")
        yield f"| {resource.description} | `GET {path}` | `{scope('GET', path)}` |"


def _connect() -> Iterator[str]:
    reading = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True)]
    every = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=False)]
    writing = [name for name in every if name not in reading]
    places = {
        "{reading}": _needed(reading),
        "{writing}": _needed(writing),
        "{picture}": "![The page that asks for consent](images/consent.png)",
        "{own}": "\n".join(
            [
                "| setting | what a change does |",
                "| --- | --- |",
                *(f"| `{n}` | {does} |" for n, does in OWN.items()),
            ]
        ),
    }
    text = _text("connect.md")
    for place, told in places.items():
        text = text.replace(place, told)
    yield text


def _needed(names: Iterable[str]) -> str:
    """Return a table of permissions with what they are for, in the words of an administrator."""
    known = {each.name: each for each in permissions(NOTHING_EXCLUDED, webhooks=True)}
    rows = [f"| `{name}` | {_reason(known.get(name))} |" for name in names]
    return "\n".join(["| permission | what for |", "| --- | --- |", *rows])


def _reason(permission: Permission | None) -> str:
    if permission is None:
        return "Confidential postings, opportunities and requisitions, too"
    told = [RESOURCE[name].description for name in permission.kept]
    titles = [each.title for each in ACTIONS if each.name in permission.actions]
    told += [f"To write: {', '.join(titles)}" if permission.kept else ", ".join(titles)] if titles else []
    told += [
        "Subscribing to webhooks" if permission.writes else "Seeing which webhooks there are"
    ] * permission.webhooks
    return "; ".join(told)


def _sandbox() -> Iterator[str]:
    quirks = ["| quirk | what is so | seen |\n| --- | --- | --- |"]
    quirks += [f"| `{name}` | {each.meaning} | {each.source} |" for name, each in QUIRKS.items()]
    faults = ["| fault | what happens | takes | if nothing is said |\n| --- | --- | --- | --- |"]
    faults += [
        f"| `{name}` | {each.meaning} | {each.value or 'RATE'} | {each.usual or f'{each.rate:g}'} |"
        for name, each in KINDS.items()
    ]
    yield _text("sandbox.md").replace("{quirks}", "\n".join(quirks)).replace("{faults}", "\n".join(faults))


def _actions() -> Iterator[str]:
    yield _text("actions.md")
    yield "| action | what it does |\n| --- | --- |"
    for action in ACTIONS:
        yield f"| [{action.name}]({action.name}.md) | {action.description} |"


def _action(action: Action) -> Iterator[str]:
    yield f"# {action.title}\n"
    yield f"`{action.name}`: {action.description[0].lower()}{action.description[1:]}\n"
    yield _text(f"actions/{action.name}.md")
    yield "## Example\n"
    example = (FOLDER / "actions" / "examples" / f"{action.name}.json").read_text(encoding="utf-8")
    yield f"`docs/actions/examples/{action.name}.json`, against [the local Lever](README.md#try-them):\n"
    yield f"```json\n{_shortened(example)}```\n"
    command = f"lever-assets action {action.name} --input docs/actions/examples/{action.name}.json"
    yield f"```console\n$ {command}\n```\n"
    yield "## Input\n"
    yield "| field | type | meaning |\n| --- | --- | --- |"
    yield from _input_fields(action.input.model_json_schema())
    yield f"\nFields with * are required. Permissions: {', '.join(f'`{each}`' for each in action.scopes)}."


def _shortened(example: str) -> str:
    """Return an example with the content of its files cut short."""
    return re.sub(r'("data": ")([^"]{24})[^"]+"', r'\1\2…"', example)


def _input_fields(
    schema: dict[str, Any], path: str = "", whole: dict[str, Any] | None = None
) -> Iterator[str]:
    whole = whole or schema
    required = schema.get("required", [])
    for name, field in sorted(schema.get("properties", {}).items(), key=lambda each: each[0] not in required):
        kind, inner = _kind_of(field, whole)
        mark = "*" if name in required else ""
        yield f"| `{path}{name}`{mark} | {kind} | {field.get('description', '')} |"
        if inner is not None:
            yield from _input_fields(inner, f"{path}{name}{'[]' if kind.startswith('list') else ''}.", whole)


def _kind_of(field: dict[str, Any], whole: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Return the type of a field in words, and the schema of the object that it is or lists."""
    if "anyOf" in field:
        options = [each for each in field["anyOf"] if each.get("type") != "null"]
        several = len(options) > 1 and any("$ref" in each for each in options)
        return ("by the question", None) if several else _kind_of(options[0], whole)
    if "$ref" in field:
        target = whole["$defs"][field["$ref"].rpartition("/")[2]]
        return ("object", target) if "properties" in target else ("JSON", None)
    if "const" in field:
        return f"`{field['const']}`", None
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"]), None
    if field.get("type") == "array":
        kind, inner = _kind_of(field["items"], whole)
        return f"list of {kind}s", inner
    return str(field.get("format") or field.get("type") or "JSON").replace("string", "text"), None


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
