"""Where Dagster keeps what it knows, and which definitions it shows."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget, WorkspaceLoadTarget

from lever_assets import private
from lever_assets.orchestration.home import (
    CONFIGURATION,
    MADE_BY_DAGSTER,
    default_home,
    follow,
    given_home,
    storage_line,
)
from lever_assets.settings import Settings

# As in the checkout's dagster.yaml, which an installed package does not have, but with storage in the home.
INSTANCE = """\
# The Dagster instance of lever_assets.
concurrency:
  pools:
    granularity: run
    default_limit: 1
  runs:
    max_concurrent_runs: 10
    tag_concurrency_limits:
      - {key: lever/refresh, value: full, limit: 5}
      - {key: lever/refresh, value: reconcile, limit: 3}
sensors:
  use_threads: true
  num_workers: 4
  num_submit_workers: 4
schedules:
  use_threads: true
  num_workers: 2
  num_submit_workers: 4
retention:
  schedule:
    purge_after_days: {skipped: 7, failure: 90, success: 30}
  sensor:
    purge_after_days: {skipped: 1, failure: 30, success: 30}
python_logs:
  python_log_level: INFO
run_monitoring:
  enabled: true
telemetry:
  enabled: false
nux:
  enabled: false
"""
# The events of all runs in one file, as in the checkout, in the folders that Dagster's own storage has.
_STORAGE = """\
storage:
  custom:
    module: lever_assets.orchestration.event_log
    class: Storage
"""
_WORKSPACE = "workspace.yaml"


def dagster_home(settings: Settings) -> Path:
    """Return Dagster's home: DAGSTER_HOME, else a working directory with a dagster.yaml.

    Else it is `dagster` in the data folder, made with a configuration of ours. Where such a one was moved,
    its storage is where it is now.
    """
    given = given_home()
    if given is not None:
        follow(given)
        return given
    home = default_home(settings)
    private.make_folder(home)
    if not (home / CONFIGURATION).exists():
        private.write(home / CONFIGURATION, configuration(home))
    follow(home)
    return home


def configuration(home: Path) -> str:
    """Return the dagster.yaml of a home that is made."""
    return f"{INSTANCE}{_STORAGE}{storage_line(home)}\n"


def shown() -> WorkspaceLoadTarget:
    """Return what Dagster loads: the working directory's workspace.yaml, else our definitions."""
    if Path(_WORKSPACE).exists():
        return WorkspaceFileTarget([_WORKSPACE])
    return ModuleTarget("lever_assets.definitions", None, str(Path.cwd()), "lever_assets")


def folders_of(instance: dg.DagsterInstance, home: Path) -> Iterator[Path]:
    """Yield the folders of an instance that nothing but Dagster writes."""
    root = Path(instance.root_directory).absolute()
    yield from (root / name for name in MADE_BY_DAGSTER)
    yield from (home / name for name in MADE_BY_DAGSTER)
    yield Path(instance.storage_directory()).absolute()
