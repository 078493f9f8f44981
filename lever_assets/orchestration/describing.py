"""What the UI says of an asset before anything ran: description, kinds, owners, columns."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from sqlalchemy import BigInteger, Boolean, Integer, Table
from sqlalchemy.types import TypeEngine

from lever_assets.settings import Settings
from lever_assets.store.columns import Json, Money, UtcDateTime
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.sync.exclusion import Exclusion
from lever_assets.sync.resources import RESOURCES, Kind, Resource
from lever_assets.unified.catalogue import Model

_TYPES: dict[type[TypeEngine[Any]], str] = {
    Boolean: "boolean",
    Integer: "integer",
    BigInteger: "integer",
    Money: "decimal",
    UtcDateTime: "timestamp (UTC)",
    Json: "json",
}
OWNERS = ("team:recruiting-data",)
_DOCUMENTATION = "https://hire.lever.co/developer/documentation"

_HOW = {
    Kind.SNAPSHOT: "Lever has no time filter here: whichever windows are chosen, the whole list is read.",
    Kind.WINDOWED: "Reads the records whose last change lies in the chosen windows.",
    Kind.LONG: "Lever has no filter by change here: whichever windows are chosen, the whole list is read.",
    Kind.CHILD: "Reads below each of its parents that changed: one request for each.",
    Kind.EMBEDDED: "",
}


def resource(of: Resource, exclusion: Exclusion) -> str:
    """Describe a raw asset."""
    inside = "".join(
        f"\n\n{each.description}: they land here too, in `{each.table}`, at no request of their own."
        for each in RESOURCES
        if each.kind is Kind.EMBEDDED and each.parent == of.name and exclusion.needs(each.name)
    )
    return f"{of.description}, as Lever gives them, in `{of.table}`.\n\n{_HOW[of.kind]}{inside}"


def model(of: Model, exclusion: Exclusion) -> str:
    """Describe a model asset."""
    fields = ", ".join(f"`{name}`" for name in exclusion.fields(of.name))
    left_out = f"\n\nLEVER_EXCLUDE leaves out {fields}: always null." if fields else ""
    return (
        f"{of.description}\n\nThe table `{of.name}`. It is mapped from the raw tables, no request is made; "
        f"only what changed there since the last time is mapped again.{left_out}"
    )


def database_kind(settings: Settings) -> str:
    """Return the kind that shows the database's icon."""
    return "postgresql" if settings.tables_url.startswith("postgres") else "sqlite"


def raw_metadata(of: Resource) -> dict[str, Any]:
    """Return the static metadata of a raw asset."""
    return {
        "dagster/table_name": of.table,
        "dagster/column_schema": _schema(RAW[of.name]),
        "endpoint": f"GET {of.path}",
        "lever_documentation": dg.MetadataValue.url(_DOCUMENTATION),
    }


def model_metadata(of: Model) -> dict[str, Any]:
    """Return the static metadata of a model asset."""
    return {
        "dagster/table_name": of.name,
        "dagster/column_schema": _schema(UNIFIED[of.name], dict(of.references())),
    }


def _schema(table: Table, references: Mapping[str, str] | None = None) -> dg.TableSchema:
    """Return a table's columns; one without a description of its own says what it refers to."""
    references = references or {}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                _TYPES.get(type(column.type), "text"),
                column.comment or _reference(references.get(column.name)),
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )


def _reference(referenced: str | None) -> str | None:
    return None if referenced is None else f"Id of a row of {referenced}"
