"""Gives dbt's sources to DuckDB as lever_assets has them, from SQLite or PostgreSQL: a plugin of dbt-duckdb.

With dbt-postgres on the database of the tables none of this is needed: there a source is the table itself.
"""

import json
import os

import pandas as pd
from dbt.adapters.duckdb.plugins import BasePlugin

import lever_assets


class Plugin(BasePlugin):
    def load(self, source_config) -> pd.DataFrame:
        """The source is called as the account, its table as the table."""
        rows = lever_assets.frame(
            source_config.identifier,
            connection=source_config.schema,
            database=os.environ["LEVER_DATABASE_URL"],
        )
        # DuckDB keeps a copy, which no erasure of personal data reaches: of Lever's own record there is none.
        rows = rows.drop(columns="remote_data")
        for name in rows.select_dtypes(object):
            rows[name] = rows[name].map(as_text)
        return rows


def as_text(value: object) -> object:
    """JSON as text, of which DuckDB need not guess a type; whatever else as it is."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value
