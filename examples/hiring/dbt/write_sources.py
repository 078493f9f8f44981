"""Writes dbt's sources as the assets of these accounts are: python dbt/write_sources.py acme umbrella

Names, descriptions and columns come from the assets themselves. Only unified models are written: raw tables
hold what Lever gave as JSON.
"""

import sys
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from lever_assets import LeverAccount, build_lever_definitions

TARGET = Path(__file__).parent / "models" / "sources.yml"


def sources(*accounts: str) -> str:
    """Return the text of `sources.yml`: a source for each account, a table for each model."""
    specs = build_lever_definitions(LeverAccount()).resolve_all_asset_specs()
    tables = [table(each) for each in specs if each.tags["lever/floor"] == "unified"]
    tables.sort(key=lambda each: each["name"])
    found = [{"name": each, "config": {"meta": {"plugin": "lever"}}, "tables": tables} for each in accounts]
    told = f"# Written by: python dbt/write_sources.py {' '.join(accounts)}\n"
    return told + yaml.safe_dump({"sources": found}, sort_keys=False, width=120, allow_unicode=True)


def table(spec: dg.AssetSpec) -> dict[str, Any]:
    """Return a table as dbt describes one."""
    schema: dg.TableSchema = spec.metadata["dagster/column_schema"]
    return {
        "name": spec.tags["lever/table"],
        "description": (spec.description or "").partition("\n")[0],
        "columns": [
            {"name": each.name, "description": each.description or ""}
            for each in schema.columns
            if each.name != "remote_data"  # which src/hiring/lever_in_dbt.py leaves out
        ],
    }


if __name__ == "__main__":
    TARGET.write_text(sources(*sys.argv[1:]), encoding="utf-8")
