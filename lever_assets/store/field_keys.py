"""Which fields the rows of a model have: the keys in its lists of fields, and those that are filled."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, case, column, func, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from lever_assets.store.tables import UNIFIED


def field_keys(conn: Connection, connection: str, model: str, name: str) -> set[str]:
    """Return the keys of the fields in a column that holds a list of `{"key": …}`, over all live rows."""
    c = UNIFIED[model].c
    listed: Any = c[name]
    if conn.dialect.name == "postgresql":
        array = case((func.jsonb_typeof(listed) == "array", listed), else_=text("'[]'::jsonb"))
        fields = func.jsonb_array_elements(array).table_valued(column("value", JSONB)).lateral()
        key = func.jsonb_extract_path_text(fields.c.value, "key")
    else:
        fields = func.json_each(listed).table_valued("value")
        key = func.json_extract(fields.c.value, "$.key")
    query = (
        select(key)
        .select_from(UNIFIED[model].join(fields, true()))
        .where(c.connection == connection, c.remote_deleted_at.is_(None), listed.is_not(None))
        .distinct()
    )
    return {each for each in conn.execute(query).scalars() if isinstance(each, str)}


def is_filled(conn: Connection, connection: str, model: str, name: str, key: str) -> bool:
    """Tell whether a live row has a value under `key` of the JSON object in a column."""
    c = UNIFIED[model].c
    value: ColumnElement[Any]
    if conn.dialect.name == "postgresql":
        value = func.jsonb_extract_path_text(c[name], key)
    else:
        each = func.json_each(c[name]).table_valued("key", "value", "type")
        value = select(each.c.key).where(each.c.key == key, each.c.type != "null").limit(1).scalar_subquery()
    there = (c.connection == connection, c.remote_deleted_at.is_(None), value.is_not(None))
    return conn.execute(select(c.id).where(*there).limit(1)).first() is not None
