"""What docs/dataframes.md shows works as it is written down: commands, and Python."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from lever_assets.frames.frame import TYPES
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.sync.tables import Account

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "dataframes.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
IN_DAGSTER = """
made = dg.DagsterInstance.ephemeral()
last = windows.get_last_partition_key()
for asset, key in ((outcomes, None), (newcomers, last)):
    job = defs.resolve_implicit_job_def_def_for_assets([asset.key])
    assert job.execute_in_process(
        instance=made, partition_key=key, asset_selection=[asset.key]
    ).success
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of somebody who has synced an account."""
    folder = tmp_path_factory.mktemp("place")
    with running_sandbox(SandboxConfig(opportunities=25, rate=0)) as sandbox:
        Account(sandbox, folder, f"sqlite:///{folder / 'data' / 'lever.db'}").sync()
    return folder


def environment(place: Path) -> Mapping[str, str]:
    ours = ("LEVER_", "DAGSTER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "LEVER_DATA_DIR": str(place / "data"), "PYTHONPATH": str(ROOT)}


def run(place: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_command_of_the_page_works(place: Path) -> None:
    commands = [line for block in blocks("console") for line in block.splitlines()]
    commands += [line for line in README.splitlines() if "lever-assets sql" in line]
    assert len(commands) >= 7
    for line in commands:
        dollar, program, *arguments = shlex.split(line)
        assert (dollar, program.rpartition("/")[2]) == ("$", "lever-assets")
        assert run(place, "-m", "lever_assets", *arguments).strip(), line
    assert {each.name for each in (place / "leaving").iterdir()} == {
        "applications.csv",
        "applications.jsonl",
        "candidates.jsonl",
    }


def test_the_python_of_the_page_runs_and_its_assets_are_made(place: Path) -> None:
    told = run(
        place, "-c", "\n".join([*blocks("python"), IN_DAGSTER, "print(len(candidates), len(open_jobs))"])
    )
    many, some = map(int, told.split())
    assert many == 25
    assert some > 0


def test_the_page_has_the_types_that_columns_have() -> None:
    for each in TYPES.values():
        assert f"| `{each}`" in PAGE or each == "Float64"  # which no unified table has
