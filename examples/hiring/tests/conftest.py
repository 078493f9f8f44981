"""Two local Levers, and everything of this project read from them into a folder of the test."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

PROGRAM = Path(sys.executable).with_name("lever-assets")


def sandbox(key: str, seed: int, people: int) -> tuple["subprocess.Popen[str]", str]:
    """Start a local Lever, and return it with its address."""
    words = ["--key", key, "--seed", str(seed), "--opportunities", str(people), "--port", "0", "--rate", "0"]
    serving = subprocess.Popen([PROGRAM, "sandbox", "serve", *words], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    found = re.search(r"http://\S+", serving.stdout.readline())
    assert found, "the sandbox did not start"
    return serving, found[0]


@pytest.fixture(scope="session", autouse=True)
def levers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The variables of .env, for two local Levers and a database of the test's own; yields its folder."""
    folder = tmp_path_factory.mktemp("hiring")
    acme, acme_url = sandbox("acme-key", seed=7, people=30)
    umbrella, umbrella_url = sandbox("umbrella-key", seed=8, people=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACME_LEVER_API_KEY", "acme-key")
        patch.setenv("ACME_LEVER_URL", acme_url)
        patch.setenv("UMBRELLA_LEVER_API_KEY", "umbrella-key")
        patch.setenv("UMBRELLA_LEVER_URL", umbrella_url)
        patch.setenv("LEVER_DATABASE_URL", f"sqlite:///{folder / 'lever.db'}")
        patch.setenv("HIRING_DUCKDB", str(folder / "hiring.duckdb"))
        yield folder
    for each in (acme, umbrella):
        each.terminate()
        each.wait()


@pytest.fixture(scope="session")
def defs(levers: Path) -> dg.Definitions:
    """The project, as Dagster loads it."""
    from hiring.definitions import defs

    return defs()


@pytest.fixture(scope="session")
def synced(defs: dg.Definitions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Both accounts, read whole by their jobs in an instance of Dagster."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("home"))) as instance:
        for job in ("acme_full_sync", "umbrella_full_sync"):
            assert defs.resolve_job_def(job).execute_in_process(instance=instance).success
        yield instance
