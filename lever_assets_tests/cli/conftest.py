"""A sandbox and an environment that leads the command to it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lever_assets.cli import main
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox


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


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account."""
    with running_sandbox(SandboxConfig(opportunities=25, rate=0)) as running:
        yield running


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
