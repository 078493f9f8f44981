"""What the UI tells of an asset: description and columns, and what a materialization reports.

The first is there before anything ran ("definition metadata" in Dagster's words), the other after each run.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, assert_never

import dagster as dg
from sqlalchemy import BigInteger, Boolean, Double, Integer, Table
from sqlalchemy.types import TypeEngine

from lever_assets.lever.resources import (
    Child,
    Embedded,
    Long,
    Resource,
    Snapshot,
    Windowed,
    embedded_in,
)
from lever_assets.mapping.stated import SOURCES
from lever_assets.orchestration.code_links import code_of_mart, code_of_model, code_of_resource
from lever_assets.orchestration.failures import for_events
from lever_assets.orchestration.lineage import told_sources
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store.field_definitions import FieldDefinition
from lever_assets.store.marts import Replaced
from lever_assets.store.reads import Preview
from lever_assets.store.tables import MART_TABLES, RAW, UNIFIED
from lever_assets.store.values import Json, Money, UtcDateTime
from lever_assets.store.windowed import Hour
from lever_assets.sync.reports import DeriveReport, LandReport
from lever_assets.unified.catalogue import Model
from lever_assets.unified.marts import EEO, Mart

_TYPES: dict[type[TypeEngine[Any]], str] = {
    Boolean: "boolean",
    Integer: "integer",
    Double: "double",
    BigInteger: "integer",
    Money: "decimal",
    UtcDateTime: "timestamp (UTC)",
    Json: "json",
}
_DOCUMENTATION = "https://hire.lever.co/developer/documentation"

_CELL = 60
"""Characters of a table's cell."""
_MOST_FIELDS = 100

_MOSTLY_NOTHING = frozenset(
    {
        "left_out",
        "without_id",
        "unread",
        "requests_rejected",
        "seconds_waited_for_rate_limit",
        "seconds_waited_to_try_again",
        "unmappable",
        "in_part",
    }
)

Metadata = Mapping[str, dg.MetadataValue | str | int | float]


def raw_description(of: Resource, exclusion: Exclusion, windows: str) -> str:
    """Return what a raw asset is, in Markdown; `windows` says what a window is."""
    embedded, inside = embedded_in(of.name), ""
    if embedded is not None and exclusion.needs(embedded.name):
        told = f"{embedded.description}: they land here too, in `{embedded.table}`"
        inside = f"\n\n{told}, at no request of their own."
    return f"{of.description}, as Lever gives them, in `{of.table}`.\n\n{_how_read(of)}{inside}\n\n{windows}"


def _how_read(of: Resource) -> str:
    match of:
        case Snapshot():
            return "Lever has no time filter here: whichever windows are chosen, the whole list is read."
        case Windowed():
            return "Reads the records whose last change lies in the chosen windows."
        case Long():
            return "Lever has no filter by change here: whichever windows are chosen, the whole list is read."
        case Child():
            return "Reads below each of its parents that changed: one request for each."
        case Embedded():
            raise ValueError(f"{of.name} lands with {of.parent}")
        case _:
            assert_never(of)


def model_description(of: Model, exclusion: Exclusion, windows: str) -> str:
    """Return what a model asset is, in Markdown; `windows` says what a window is."""
    fields = ", ".join(f"`{name}`" for name in exclusion.fields(of.name))
    left_out = f"\n\nLEVER_EXCLUDE leaves out {fields}: always null." if fields else ""
    return (
        f"{of.description}\n\nThe table `{of.name}`. It is mapped from the raw tables, no request is made; "
        f"only what changed there since the last time is mapped again.{left_out}\n\n{windows}"
    )


@cache
def raw_definition(of: Resource) -> dict[str, Any]:
    """Return the definition metadata of a raw asset."""
    return {
        "dagster/table_name": of.table,
        "dagster/column_schema": _schema(RAW[of.name]),
        "endpoint": f"GET {of.path}",
        "lever_documentation": dg.MetadataValue.url(_DOCUMENTATION),
        **code_of_resource(of.name),
    }


@cache
def model_definition(of: Model) -> dict[str, Any]:
    """Return the definition metadata of a model asset, as far as it is the same for each account."""
    return {
        "dagster/table_name": of.name,
        "dagster/column_schema": _schema(
            UNIFIED[of.name],
            dict(of.references()),
            {column: told_sources(of.name, column) for column in SOURCES[of.name]},
        ),
        **code_of_model(of.name),
    }


def mart_description(of: Mart, windows: str) -> str:
    """Return what a mart asset is, in Markdown; `windows` says what a window is."""
    if of is EEO:
        return (
            f"{of.description}\n\nThe table `{of.table}`. A run over all windows reads Lever's anonymous "
            "answers and counts them; none of them is kept, and no earlier counts are."
        )
    return (
        f"{of.description}\n\nThe table `{of.table}`, made of the tables here: no request is made. Whichever "
        f"windows are chosen, the months are made anew in which something changed.\n\n{windows}"
    )


@cache
def mart_definition(of: Mart) -> dict[str, Any]:
    """Return the definition metadata of a mart asset, which is the same for each account."""
    return {
        "dagster/table_name": of.table,
        "dagster/column_schema": _schema(MART_TABLES[of.name]),
        **code_of_mart(of.name),
    }


def mart_materialization(
    done: Replaced, rows: int, shown: tuple[Preview, str] | None, database: str
) -> Metadata:
    """Return what keeping a mart up reports; `shown` are some of its rows and, in Markdown, its picture."""
    told: dict[str, dg.MetadataValue | str | int | float] = {
        "dagster/row_count": rows,
        "written": done.written,
        "removed": done.removed,
        "database": database,
    }
    if shown is not None:
        preview, picture = shown
        told["preview"] = dg.MetadataValue.md(_preview(preview))
        if picture:
            told["plot"] = dg.MetadataValue.md(picture)
    return told


def _schema(
    table: Table, references: Mapping[str, str] | None = None, sources: Mapping[str, str] | None = None
) -> dg.TableSchema:
    """Return a table's columns, each with what it is, or else what it refers to, and where it comes from."""
    references, sources = references or {}, sources or {}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                str(column.name),  # SQLAlchemy's is a text of a kind of its own, which YAML can't be made of
                _TYPES.get(type(column.type), "text"),
                _described(
                    column.comment or _reference(references.get(column.name)), sources.get(column.name)
                ),
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )


def _described(what: str | None, source: str | None) -> str | None:
    return ". ".join(filter(None, (what, source))) or None


def _reference(referenced: str | None) -> str | None:
    return None if referenced is None else f"Id of a row of {referenced}"


def raw_materialization(report: LandReport, live: int, database: str) -> Metadata:
    """Return what landing a resource reports; `live` is the number of rows in its table now."""
    counts, traffic = report.counts, report.traffic
    told: dict[str, dg.MetadataValue | str | int | float] = {
        "dagster/row_count": live,
        "covers": report.scope,
        "seen": counts.seen,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "left_out": counts.left_out,
        "without_id": report.set_aside,
        "unread": report.unread.count,
        "requests": traffic.requests,
        "requests_rejected": traffic.rejected,
        "seconds_waited_for_rate_limit": round(traffic.seconds_waited, 2),
        "seconds_waited_to_try_again": round(traffic.seconds_held, 2),
        "seconds": round(report.seconds, 2),
        "database": database,
    }
    if report.embedded is not None:
        inside = report.embedded
        told["applications"] = (
            f"{inside.seen:,} seen, {inside.inserted:,} inserted, {inside.updated:,} updated, "
            f"{inside.unchanged:,} unchanged, {inside.deleted:,} deleted"
        )
    if report.left is not None:
        told["history_left"] = report.left.parents
        if report.left.until is not None:
            told["history_read_until"] = dg.MetadataValue.timestamp(report.left.until)
    if report.drift is not None:
        told["drift"] = ", ".join(f"{count:,} {kind}" for kind, count in report.drift.items()) or "none"
    if report.skipped:
        told["skipped"] = for_events(report.skipped)
    if report.lacking:
        told["permission_missing"] = report.lacking
    if report.unread.next_at is not None:
        told["unread_tried_again_at"] = dg.MetadataValue.timestamp(report.unread.next_at)
    if report.warnings:
        told["warnings"] = "\n".join(map(for_events, report.warnings))
    return told


def model_materialization(
    report: DeriveReport, preview: Preview | None, fields: Sequence[FieldDefinition], database: str
) -> Metadata:
    """Return what deriving a model reports; `fields` are those that its rows have beyond the columns.

    A run that does not look at the whole table has neither them nor a preview.
    """
    counts = report.counts
    told: dict[str, dg.MetadataValue | str | int | float] = {
        "dagster/row_count": report.rows,
        "seen": counts.seen,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "left_out": counts.left_out,
        "unmappable": report.unmappable,
        "in_part": report.in_part,
        "seconds": round(report.seconds, 2),
        "database": database,
    }
    if preview is not None:
        told["preview"] = dg.MetadataValue.md(_preview(preview))
    if fields:
        told["fields"] = dg.MetadataValue.md(_fields(fields))
    return told


def window_counts(
    hours: Iterable[Hour], window_of: Callable[[datetime | None], str], *, with_changes: bool
) -> Callable[[str], Metadata]:
    """Return what tells of a window by its key: its rows and, `with_changes`, those that the run wrote.

    `hours` have the rows of a table, and `window_of` says which window an instant is in.
    """
    rows: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for hour in hours:
        window = window_of(hour.at)
        rows[window] += hour.rows
        changed[window] += hour.changed

    def told(window: str) -> Metadata:
        own = {"dagster/partition_row_count": rows[window]}
        return {**own, "partition_rows_changed": changed[window]} if with_changes else own

    return told


def brief(told: Metadata) -> Metadata:
    """Return what a delta reports: without the database, and what is mostly nothing and is so here."""
    return {
        name: value
        for name, value in told.items()
        if name != "database" and (value or name not in _MOSTLY_NOTHING)
    }


def _preview(preview: Preview) -> str:
    """Return the preview as a Markdown table, without lists and objects."""
    if not preview.rows:
        return "No rows yet."
    plain = [
        place
        for place in range(len(preview.columns))
        if not any(isinstance(row[place], list | dict) for row in preview.rows)
    ]
    rows = ([row[place] for place in plain] for row in preview.rows)
    return _table([preview.columns[place] for place in plain], rows)


def _fields(fields: Sequence[FieldDefinition]) -> str:
    """Return the fields as a Markdown table. Each event of Dagster's keeps it: very many are cut short."""
    rows = (
        (
            each.key,
            each.label,
            each.type,
            each.origin,
            f"{each.filled:,} of {each.seen:,}",
            ", ".join(each.examples),
        )
        for each in fields[:_MOST_FIELDS]
    )
    table = _table(("field", "label", "type", "from", "filled", "examples"), rows)
    more = len(fields) - _MOST_FIELDS
    return f"{table}\n\nand {more:,} more: `lever-assets fields`" if more > 0 else table


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; long cells are cut."""
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    """Return a value as the text of a Markdown cell: one line, no bars, no HTML."""
    text = "" if value is None else " ".join(str(value).split())
    cut = text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
    return cut.replace("|", "\\|").replace("<", "&lt;")
