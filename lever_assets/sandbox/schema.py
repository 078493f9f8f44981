"""The tables behind the account, and which fields of a record are columns that filters can use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One resource: its name, the columns taken out of each record (column -> dotted path) and its indexes.

    Every table also has id, parent (the opportunity of a sub-resource), sort (what orders pages, largest
    first) and body (the record's JSON).
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()
    key: str = "id"
    ordered_by: str | None = "createdAt"

    @cached_property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the columns, split."""
        return tuple(tuple(path.split(".")) for path in self.columns.values())

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        """All columns in the order in which rows are written."""
        return ("id", "parent", "sort", *self.columns, "body")

    def values(self, record: Record) -> list[Any]:
        """The extra columns of a record."""
        return [_dig(record, path) for path in self.paths]

    def ddl(self) -> list[str]:
        """The statements that make the table."""
        columns = ", ".join(f"{name}" for name in self.columns)
        extra = f", {columns}" if columns else ""
        # With the filtered instant inside, a page filtered by it is found in this index alone.
        newest = "sort, id, updated" if "updated" in self.columns else "sort, id"
        statements = [
            f"CREATE TABLE {self.name}"
            f" (id TEXT PRIMARY KEY, parent TEXT, sort INTEGER NOT NULL{extra}, body TEXT NOT NULL)",
            f"CREATE INDEX {self.name}_newest ON {self.name} ({newest})",
        ]
        statements += [
            f"CREATE INDEX {self.name}_{column} ON {self.name} ({column}, sort, id)"
            for column in self.indexes
        ]
        return statements


def _dig(record: Record, path: tuple[str, ...]) -> Any:
    value: Any = record
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value if value is None or isinstance(value, str | int | float) else str(value)


SUB_RESOURCES = ("applications", "interviews", "panels", "offers", "notes", "feedback", "files", "resumes")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "opportunities",
            {
                "updated": "updatedAt",
                "archived_at": "archived.archivedAt",
                "archive_reason": "archived.reason",
                "advanced": "lastAdvancedAt",
                "snoozed": "snoozedUntil",
                "stage": "stage",
                "contact": "contact",
                "origin": "origin",
                "location": "location",
                "confidentiality": "confidentiality",
            },
            ("updated", "contact"),
        ),
        Table(
            "applications",
            {"posting": "posting", "archived_at": "archived.archivedAt"},
            ("parent", "posting"),
        ),
        Table("interviews", indexes=("parent",)),
        Table("panels", indexes=("parent",)),
        Table("offers", indexes=("parent",)),
        Table("notes", indexes=("parent",)),
        Table("feedback", indexes=("parent",)),
        Table("files", indexes=("parent",), ordered_by="uploadedAt"),
        Table("resumes", indexes=("parent",)),
        Table("contacts", ordered_by=None),
        Table(
            "postings",
            {
                "updated": "updatedAt",
                "state": "state",
                "team": "categories.team",
                "department": "categories.department",
                "location": "categories.location",
                "commitment": "categories.commitment",
                "level": "categories.level",
                "confidentiality": "confidentiality",
            },
            ("updated",),
        ),
        Table("posting_forms", ordered_by=None),
        Table(
            "requisitions",
            {
                "updated": "updatedAt",
                "status": "status",
                "code": "requisitionCode",
                "confidentiality": "confidentiality",
            },
            ("updated",),
        ),
        Table("requisition_fields", ordered_by=None),
        Table("feedback_templates", ordered_by=None),
        Table("users", {"email": "email", "role": "accessRole", "deactivated": "deactivatedAt"}),
        Table("stages", ordered_by=None),
        Table("archive_reasons", {"type": "type"}, ordered_by=None),
        Table("tags", key="text", ordered_by=None),
        Table("sources", key="text", ordered_by=None),
        Table("disposition_stages", ordered_by=None),
        Table("eeo_responses", ordered_by="appliedAt"),
        Table("eeo_responses_pii", ordered_by="appliedAt"),
        Table("uploads", {"expires": "expiresAt"}, ordered_by=None),
        Table("webhooks"),
    )
}
