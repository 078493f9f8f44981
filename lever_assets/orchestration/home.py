"""Where Dagster keeps what it knows; told without Dagster, whose import takes seconds."""

import json
import os
import re
from contextlib import suppress
from pathlib import Path

from lever_assets import private
from lever_assets.settings import Settings

CONFIGURATION = "dagster.yaml"
MADE_BY_DAGSTER = ("storage", "history", "schedules", "logs", ".logs_queue", ".telemetry", ".nux")
"""The folders in a home that nothing but Dagster writes."""

_FOLLOWS = "# follows this folder when it is moved; without this remark the line stays as it is"
_LINE = re.compile(rf"^    config: {{base_dir: .*}}  {re.escape(_FOLLOWS)}$", re.MULTILINE)


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


def storage_line(home: Path) -> str:
    """Return the line by which a home that is made names its own folder, as the one of its storage.

    The path is absolute: Dagster takes a relative one from where it runs.
    """
    return f"    config: {{base_dir: {json.dumps(str(home.absolute()))}}}  {_FOLLOWS}"


def follow(home: Path) -> None:
    """Let a configuration with such a line name the folder in which it is, also where that was moved.

    Else Dagster would make an empty storage where the old one was.
    """
    file = home / CONFIGURATION
    with suppress(FileNotFoundError, UnicodeDecodeError):  # Dagster itself says what is wrong with it
        before = file.read_text("utf-8")
        after = _LINE.sub(lambda _: storage_line(home), before)
        if after != before:
            private.replace(file, after.encode())
