"""The example project as its README runs it: two local Levers, `dg dev`, both read, an asset made."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from docs.served import Dagster, served, unset
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox

EXAMPLE = Path(__file__).parent.parent / "examples" / "hiring"
_MADE = shutil.ignore_patterns(
    ".env", ".venv", "__pycache__", "*.egg-info", "data", "history", "logs", "storage"
)


@contextmanager
def hiring(folder: Path) -> Iterator[Dagster]:
    """Serve a copy of the example in a folder, with `open_applications` made from both accounts."""
    project = folder / "hiring"
    shutil.copytree(EXAMPLE, project, ignore=_MADE)
    with (project / "dagster.yaml").open("a") as told:
        told.write("nux:\n  enabled: false\ntelemetry:\n  enabled: false\n")
    bin_of_ours = Path(sys.executable).parent
    env = {
        "DAGSTER_HOME": str(project),
        "PYTHONPATH": str(project / "src"),  # in place of `pip install -e .`
        "PATH": f"{bin_of_ours}:{unset().get('PATH', '')}",
        "VIRTUAL_ENV": str(bin_of_ours.parent),
        "LEVER_DATABASE_URL": f"sqlite:///{project / 'data' / 'lever.db'}",
    }
    with _lever("acme", 7) as acme, _lever("umbrella", 8) as umbrella:
        for name, lever in (("ACME", acme), ("UMBRELLA", umbrella)):
            env |= {f"{name}_LEVER_URL": lever.url, f"{name}_LEVER_API_KEY": lever.key}
        with served([str(bin_of_ours / "dg"), "dev"], project, env, "hiring") as dagster:
            dagster.run("acme_full_sync")
            dagster.run("umbrella_full_sync")
            # What "Materialize" on the page of an asset launches.
            dagster.run("__ASSET_JOB", "open_applications")
            yield dagster


@contextmanager
def _lever(name: str, seed: int) -> Iterator[Sandbox]:
    config = SandboxConfig(opportunities=150, seed=seed, key=f"{name}-key", rate=0, now=datetime.now(UTC))
    with running_sandbox(config) as sandbox:
        yield sandbox
