"""Tables as pandas DataFrames, with real types."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from lever_assets.frames.reading import Instant, Window, tables
from lever_assets.settings import Settings
from lever_assets.store.selecting import Field, Kind, Where

TYPES: dict[Kind, Any] = {
    Kind.TEXT: "string",
    Kind.INSTANT: "datetime64[us, UTC]",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.DECIMAL: "object",
    Kind.JSON: "object",
}
"""pandas' type of what a column holds; each has a missing value. Decimals and JSON are Python's objects."""


def frame(
    table: str,
    *,
    columns: Sequence[str] | None = None,
    where: Where = None,
    deleted: bool = False,
    since: Instant | None = None,
    window: Window | None = None,
    connection: str | None = None,
    database: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return the rows of a table (`candidates`, `raw_opportunities`) as a DataFrame, by primary key.

    columns: some of them, in this order; None: all.
    where: a value, a list of values or None for each column by its name; or a condition of SQLAlchemy's, or
        one in SQL, which must not be made of what others have written.
    deleted: also what is gone in Lever or left out by a setting.
    since: only rows that changed here at that instant or later; a text is ISO 8601, without a zone UTC.
    window: only rows whose record in Lever last changed from the one instant on and before the other.
    connection: the name of the Lever account; None: the usual one, "*": all.
    database: SQLAlchemy URL; None: as the settings say. settings: None: those of the environment.

    Raises StoreError, one sentence with the remedy: QuestionError for what is not there or was not read yet.
    SettingsError and ConnectionNameError as the commands do.
    """
    with tables(connection, database=database, settings=settings) as opened:
        asked = opened.ask(table, columns=columns, where=where, deleted=deleted, since=since, window=window)
        return as_frame(*opened.read(asked))


def as_frame(fields: Sequence[Field], batches: Iterable[Sequence[tuple[Any, ...]]]) -> pd.DataFrame:
    """Return rows as one DataFrame."""
    pieces = [_piece(fields, rows) for rows in batches] or [_piece(fields, ())]
    return pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)


def _piece(fields: Sequence[Field], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    values = zip(*rows, strict=True) if rows else ((),) * len(fields)
    return pd.DataFrame(
        {
            field.name: pd.Series(list(each), dtype=TYPES[field.kind])
            for field, each in zip(fields, values, strict=True)
        }
    )
