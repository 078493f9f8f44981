"""Texts inside JSON columns, in SQL that either database takes."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func


def text_at(conn: Connection, value: ColumnElement[Any], *path: str) -> ColumnElement[Any]:
    """Return the text at a path of a JSON object; null where there is none."""
    if conn.dialect.name == "postgresql":
        return func.jsonb_extract_path_text(value, *path)
    return func.json_extract(value, "$." + ".".join(f'"{key}"' for key in path))
