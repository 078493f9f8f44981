"""The `lever-assets` command: a thin face over the same functions that Dagster runs."""

from lever_assets.cli.app import main

__all__ = ["main"]
