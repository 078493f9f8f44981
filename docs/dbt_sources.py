"""Writes the sources of the dbt package in `dbt/`: what the catalogue knows of tables, and tests of it."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, get_args, get_origin

import yaml
from sqlalchemy import Column, Table

from lever_assets.store.tables import MART_TABLES, RAW, UNIFIED
from lever_assets.unified.catalogue import ALL_MODELS, Model
from lever_assets.unified.marts import EVERY_MART

_TOLD = "# Written by `make docs` from the catalogue of lever_assets: change nothing here.\n"
_RAW = ("archive_reasons", "feedback", "offers", "resumes")
"""The raw tables that the package's models read."""
_DATABASE = "{{ var('lever_assets_database', target.database) }}"
_SCHEMA = "{{ var('lever_assets_schema', 'public') }}"
_LOCATION = (
    "{{ var('lever_assets_location', env_var('DBT_PARQUET_FOLDER', '../lever-export') ~ '/{name}.parquet'"
    " if target.name == 'parquet' else"
    " \"sqlite_scan('\" ~ env_var('DBT_SQLITE_FILE', '../data/lever.db') ~ \"', '{name}')\") }}"
)
"""Of which DuckDB reads a table; dbt-postgres passes it over.

Not by ATTACH: dbt-duckdb lists the indexes of all that is attached, and DuckDB can't read those of ours that
have a condition.
"""
_Test = str | dict[str, Any]


def sources() -> str:
    """Return the text of `dbt/models/sources.yml`."""
    source = {
        "name": "lever_assets",
        "description": "The tables that lever_assets keeps.",
        "database": _DATABASE,
        "schema": _SCHEMA,
        "config": {"meta": {"external_location": _LOCATION}},
        "tables": [
            *(_table(UNIFIED[model.name], model) for model in ALL_MODELS),
            *(_table(MART_TABLES[mart.name]) for mart in EVERY_MART),
            *(_table(RAW[name]) for name in _RAW),
        ],
    }
    written = yaml.safe_dump(
        {"sources": [source]}, sort_keys=False, width=120, allow_unicode=True, default_flow_style=False
    )
    return _TOLD + written


def _table(table: Table, model: Model | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"name": str(table.name), "description": table.comment or ""}
    key = list(table.primary_key.columns)
    if len(key) > 1:
        told["data_tests"] = [_unique(each.name for each in key)]
    told["columns"] = [_column(each, model) for each in table.columns]
    return told


def _unique(names: Iterable[str]) -> _Test:
    """A key of several columns is tested as one text, so that dbt needs no other package for it."""
    return {"unique": {"arguments": {"column_name": " || '|' || ".join(names)}}}


def _column(column: Column[Any], model: Model | None) -> dict[str, Any]:
    told: dict[str, Any] = {"name": str(column.name), "description": column.comment or ""}
    tests = list(_tests(column, model))
    return {**told, "data_tests": tests} if tests else told


def _tests(column: Column[Any], model: Model | None) -> Iterator[_Test]:
    if column.primary_key and len(column.table.primary_key.columns) == 1:
        yield "unique"
    if not column.nullable:
        yield "not_null"
    if model is None:
        return
    # A row may come before the one that it refers to, and either may be excluded by a setting.
    for name, referenced in model.references():
        if name == column.name:
            arguments = {"to": f"source('lever_assets', '{referenced}')", "field": "id"}
            yield {"relationships": {"arguments": arguments, "config": {"severity": "warn"}}}
    if values := _closed_enum(model, column.name):
        yield {"accepted_values": {"arguments": {"values": values}}}


def _closed_enum(model: Model, column: str) -> list[str]:
    """Return the values of a column that has no others: in an open enum's any text is right."""
    field = model.row.model_fields.get(column)
    if field is None or get_origin(field.annotation) is list:
        return []
    kinds = get_args(field.annotation) or (field.annotation,)
    enums = [each for each in kinds if isinstance(each, type) and issubclass(each, Enum)]
    return [str(value.value) for each in enums for value in each] if str not in kinds else []
