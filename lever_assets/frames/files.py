"""Rows as files: CSV, JSON lines, Parquet. Each writes what it is given, and keeps none of it for long."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO

import orjson

from lever_assets.store import QuestionError
from lever_assets.store.selecting import Field, Kind
from lever_assets.store.values import encoded, exact

Rows = Sequence[tuple[Any, ...]]
Write = Callable[[Rows], None]

_GROUP = 32_000_000
"""Bytes of a row group: readers of Parquet skip groups, and too small ones cost them more than they spare."""
_DIGITS, _FRACTION = 38, 18
"""The longest decimals that all readers of Parquet know."""


class Format(StrEnum):
    """The kinds of files."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def writing(
    format: Format, file: BinaryIO, table: str, fields: Sequence[Field]
) -> AbstractContextManager[Write]:
    """Return a function that writes rows of these columns to a file, which is whole at the block's end.

    Raises QuestionError for Parquet where pyarrow is not installed, and for a number that it can't hold.
    """
    make = {Format.PARQUET: _parquet, Format.CSV: _csv, Format.JSONL: _json_lines}
    return make[format](file, table, fields)


@contextmanager
def _csv(file: BinaryIO, _table: str, fields: Sequence[Field]) -> Iterator[Write]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields])
    forms = [_AS_TEXT.get(field.kind) for field in fields]

    def write(rows: Rows) -> None:
        writer.writerows(
            [
                value if value is None or form is None else form(value)
                for value, form in zip(row, forms, strict=True)
            ]
            for row in rows
        )

    try:
        yield write
    finally:
        text.detach()  # which writes what is left, and leaves the file open


def _instant(value: datetime) -> str:
    return value.isoformat()


def _boolean(value: bool) -> str:
    return "true" if value else "false"


_AS_TEXT: dict[Kind, Callable[[Any], str]] = {
    Kind.INSTANT: _instant,
    Kind.BOOLEAN: _boolean,
    Kind.DECIMAL: exact,
    Kind.JSON: encoded,
}


@contextmanager
def _json_lines(file: BinaryIO, _table: str, fields: Sequence[Field]) -> Iterator[Write]:
    names = [field.name for field in fields]

    def write(rows: Rows) -> None:
        for row in rows:
            line = dict(zip(names, row, strict=True))
            file.write(orjson.dumps(line, default=_exact, option=orjson.OPT_APPEND_NEWLINE))

    yield write


def _exact(value: object) -> str:
    if isinstance(value, Decimal):
        return exact(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@contextmanager
def _parquet(file: BinaryIO, table: str, fields: Sequence[Field]) -> Iterator[Write]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - it need not be installed
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise QuestionError(
            "Parquet needs pyarrow, which is not installed",
            "install it with `pip install 'lever-assets[parquet]'`, or ask for csv or jsonl",
        ) from None
    types = {
        Kind.INSTANT: pa.timestamp("us", "UTC"),
        Kind.BOOLEAN: pa.bool_(),
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.DECIMAL: pa.decimal128(_DIGITS, _FRACTION),
    }
    schema = pa.schema([(field.name, types.get(field.kind, pa.string())) for field in fields])
    waiting: list[Any] = []

    def column(field: Field, values: Sequence[Any]) -> Any:
        if field.kind is Kind.JSON:
            values = [None if each is None else encoded(each) for each in values]
        try:
            return pa.array(values, schema.field(field.name).type)
        except pa.ArrowInvalid:
            raise QuestionError(
                f"{table}.{field.name} has a number with more digits than Parquet can hold",
                "ask for csv or jsonl, or for other columns",
            ) from None

    with pq.ParquetWriter(file, schema) as writer:

        def write(rows: Rows) -> None:
            values = zip(*rows, strict=True)
            arrays = [column(field, each) for field, each in zip(fields, values, strict=True)]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sum(each.nbytes for each in waiting) >= _GROUP:
                let_go()

        def let_go() -> None:
            writer.write_table(pa.Table.from_batches(waiting, schema))
            waiting.clear()

        yield write
        if waiting:
            let_go()
