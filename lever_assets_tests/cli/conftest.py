"""A sandbox and an environment that leads the command to it."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lever_assets.cli import main
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sync.tables import Account


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


Command = Callable[..., Outcome]


LEVER = SandboxConfig(opportunities=25, rate=0)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account."""
    with running_sandbox(LEVER) as running:
        yield running


@pytest.fixture(scope="module")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of somebody who has synced the account as it is before a test touches it."""
    folder = tmp_path_factory.mktemp("synced")
    with running_sandbox(LEVER) as untouched:
        Account(untouched, folder, f"sqlite:///{folder / 'lever.db'}").sync()
    return folder


@pytest.fixture
def synced(environment: None, synced_once: Path, tmp_path: Path) -> None:
    """Let the command find a database that was synced."""
    shutil.copytree(synced_once, tmp_path / "data")


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of somebody who uses the sandbox, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
    monkeypatch.setenv("LEVER_BASE_URL", sandbox.url)
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LEVER_RATE_LIMIT", "0")


@pytest.fixture
def command(environment: None, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in this process and return what it left."""

    def run(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        written = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, written.out, written.err)

    return run
