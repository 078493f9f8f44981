"""Candidates and applications as our tables have them, in the shapes that the unified API gives them out."""

from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, RowMapping, select

from lever_assets.lever import JsonObject
from lever_assets.mapping.rules.dates import as_text
from lever_assets.store.tables import UNIFIED, business_fields
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import BY_NAME

_LEFT_OUT = frozenset({"connection", "remote_data"})
_OF_ALL = ("id", "remote_id", "changed_at", "remote_deleted_at")
_OF_APPLICATION = (
    "id",
    "remote_id",
    "outcome",
    "rejection_reason_name",
    "rejected_at",
    "remote_url",
    "changed_at",
    "remote_created_at",
    "remote_updated_at",
)
_NAMED = ("id", "name", "remote_id")


def candidate(tx: Transaction, row_id: str) -> JsonObject | None:
    """Return a candidate with its applications and tags; None when the tables have none."""
    row = _row(tx.sql, "candidates", row_id)
    if row is None:
        return None
    c = UNIFIED["applications"].c
    query = select(c.id).where(c.candidate_id == row_id, c.remote_deleted_at.is_(None)).order_by(c.id)
    applications = [_row(tx.sql, "applications", each) for each in tx.sql.execute(query).scalars()]
    return {
        **_shown("candidates", row),
        "applications": [
            {name: _plain(each[name]) for name in _OF_APPLICATION} | _place(tx.sql, each)
            for each in applications
            if each is not None
        ],
        "tags": _tags(tx.sql, row_id),
    }


def application(tx: Transaction, row_id: str) -> JsonObject | None:
    """Return an application with its candidate, stage and job; None when the tables have none."""
    row = _row(tx.sql, "applications", row_id)
    if row is None:
        return None
    person = _row(tx.sql, "candidates", row["candidate_id"])
    return {
        **_shown("applications", row),
        "candidate": None
        if person is None
        else {**_shown("candidates", person), "tags": _tags(tx.sql, person["id"])},
        **_place(tx.sql, row),
    }


def _place(conn: Connection, row: dict[str, Any]) -> JsonObject:
    """Return where an application stands: its stage, with the place in the job's pipeline, and its job."""
    stage = _row(conn, "application_stages", row["current_stage_id"])
    job = _row(conn, "jobs", row["job_id"])
    return {
        "current_stage": None if stage is None else {**_named(stage), "index": _index(conn, row)},
        "job": None if job is None else _named(job),
    }


def _index(conn: Connection, row: dict[str, Any]) -> int | None:
    c = UNIFIED["job_application_stages"].c
    query = select(c.index).where(c.job_id == row["job_id"], c.stage_id == row["current_stage_id"])
    return conn.execute(query).scalars().first()


def _tags(conn: Connection, candidate_id: str) -> list[JsonValue]:
    joined, tags = UNIFIED["candidate_tags"].c, UNIFIED["tags"].c
    query = (
        select(tags.id, tags.name, tags.remote_id)
        .join_from(UNIFIED["candidate_tags"], UNIFIED["tags"], joined.tag_id == tags.id)
        .where(joined.candidate_id == candidate_id, joined.remote_deleted_at.is_(None))
        .order_by(tags.name)
    )
    return [_named(row) for row in conn.execute(query).mappings()]


def _row(conn: Connection, model: str, row_id: str | None) -> dict[str, Any] | None:
    table = UNIFIED[model]
    is_it: ColumnElement[bool] = table.c.id == row_id
    found = conn.execute(select(table).where(is_it)).mappings().first()
    return None if found is None else dict(found)


def _shown(model: str, row: dict[str, Any]) -> JsonObject:
    names = (*_OF_ALL, *(name for name in business_fields(BY_NAME[model].row) if name not in _LEFT_OUT))
    return {name: _plain(row[name]) for name in names}


def _named(row: dict[str, Any] | RowMapping) -> JsonObject:
    return {name: row[name] for name in _NAMED}


def _plain(value: Any) -> JsonValue:
    if isinstance(value, datetime):
        return as_text(value)
    plain: JsonValue = value
    return plain
