"""Where Dagster keeps what it knows; told without Dagster, whose import takes seconds."""

import os
from pathlib import Path

from lever_assets.settings import Settings

CONFIGURATION = "dagster.yaml"
MADE_BY_DAGSTER = ("storage", "history", "schedules", "logs", ".logs_queue", ".telemetry", ".nux")
"""The folders in a home that nothing but Dagster writes."""


def default_home(settings: Settings) -> Path:
    """Return the home that is made where none is given."""
    return settings.data_dir.absolute() / "dagster"


def given_home() -> Path | None:
    """Return DAGSTER_HOME, else a working directory with a dagster.yaml; None: neither."""
    given = os.environ.get("DAGSTER_HOME", "").strip()
    if given:
        return Path(given).expanduser().absolute()
    return Path.cwd() if Path(CONFIGURATION).exists() else None


def found_home(settings: Settings) -> Path | None:
    """Return Dagster's home if there is one; nothing is made."""
    given = given_home()
    if given is not None:
        return given
    home = default_home(settings)
    return home if (home / CONFIGURATION).exists() else None
