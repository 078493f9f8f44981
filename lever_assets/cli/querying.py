"""`sql`: the tables are asked in SQL, with no other program."""

import csv
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer

from lever_assets.cli import output
from lever_assets.cli.lazy import command_app
from lever_assets.connect.known import has_database
from lever_assets.settings import Settings
from lever_assets.store import QuestionError, Store
from lever_assets.store.querying import Answer, answering
from lever_assets.store.transaction import NOBODY

app = command_app()

_SHOWN = 100
"""Rows of a table on the terminal."""
_AT_ONCE = 1000
_WIDEST = 80
"""Characters of a table's cell."""
_STREAM = "-"

Rows = Iterator[Sequence[Any]]


class Format(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command()
def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT; - is standard input.")],
    *,
    format: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TABLE,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Rows to write. [default: {_SHOWN} of a table, else all]"),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds until it is given up; 0: never.")] = 60,
) -> None:
    """Ask the tables in SQL.

    Of all connections; docs/tables.md has tables and columns. Nothing can be written: neither by SQL nor
    otherwise. What is stored of secrets is not shown.
    """
    settings = Settings.load()
    if not has_database(settings):
        raise QuestionError(f"there is no database {settings.tables_url}", "run `lever-assets sync` first")
    asked = sys.stdin.read() if query == _STREAM else query
    store = Store.open_to_read(settings.tables_url)
    try:
        with store.reading(NOBODY) as tx, answering(tx, asked, timeout or None) as answer:
            _WRITE[format](answer, limit)
    finally:
        store.close()


def _taken(answer: Answer, limit: int | None) -> Rows:
    """Yield the rows up to the limit, and say how many there are beyond."""
    left = limit
    while left is None or left:
        size = _AT_ONCE if left is None else min(left, _AT_ONCE)
        rows = answer.take(size)
        yield from rows
        left = None if left is None else left - len(rows)
        if len(rows) < size:
            return
    more = answer.rest()
    if more:
        shown = "1 row is" if limit == 1 else f"{limit:,} rows are"
        sys.stderr.write(f"{shown} shown, {more:,} more {'is' if more == 1 else 'are'} not: see --limit\n")


def _as_table(answer: Answer, limit: int | None) -> None:
    rows = list(_taken(answer, limit or _SHOWN))
    output.table("", answer.columns, [[_cell(each) for each in row] for row in rows])


def _cell(value: Any) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    text = _text(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _as_csv(answer: Answer, limit: int | None) -> None:
    writer = csv.writer(_Out(), lineterminator="\n")
    writer.writerow(answer.columns)
    for row in _taken(answer, limit):
        writer.writerow(["" if each is None else _text(each) for each in row])


def _as_json(answer: Answer, limit: int | None) -> None:
    names, out = _distinct(answer.columns), _Out()
    before = "[\n"
    for row in _taken(answer, limit):
        line = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        out.write(f"{before}{json.dumps(line, ensure_ascii=False, default=_text)}")
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


class _Out:
    """Standard output; where that is a terminal, without what would be a command of the terminal's own."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def write(self, text: str) -> None:
        sys.stdout.write(_harmless(text) if self._is_terminal else text)


def _harmless(text: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else " " for each in text)


def _distinct(columns: Sequence[str]) -> list[str]:
    """Return the names, those that come again with a number."""
    names: list[str] = []
    for each in columns:
        count = 1
        name = each
        while name in names:
            count += 1
            name = f"{each}_{count}"
        names.append(name)
    return names


def _plain(value: Any) -> object:
    """Return a value as JSON has it; a decimal is a number, and what JSON has no number for a text."""
    match value:
        case Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
        case Decimal():
            return str(value)
        case float() if not math.isfinite(value):
            return str(Decimal(value))
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [*map(_plain, value)]
    return value


def _text(value: Any) -> str:
    """Return a value as text; what the database has as JSON is JSON."""
    match value:
        case bool():
            return "true" if value else "false"
        case bytes():
            return value.decode(errors="replace")
        case dict() | list():
            return json.dumps(_plain(value), ensure_ascii=False, default=_text)
        case Decimal():
            return format(value, "f")
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


_WRITE: dict[Format, Callable[[Answer, int | None], None]] = {
    Format.TABLE: _as_table,
    Format.CSV: _as_csv,
    Format.JSON: _as_json,
}
