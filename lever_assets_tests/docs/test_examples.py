"""The examples of the actions' pages work as they are written down."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.cli import main
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "docs" / "actions" / "examples"
USER = "1959b9ef-58d0-4674-b34d-e73d60c290d0"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The local Lever as `lever-assets sandbox serve --rate 0` starts it."""
    with running_sandbox(SandboxConfig(rate=0)) as running:
        yield running


def test_every_example_of_an_action_succeeds(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert f"LEVER_PERFORM_AS={USER}" in (ROOT / "docs/actions/README.md").read_text("utf-8")
    monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
    monkeypatch.setenv("LEVER_BASE_URL", sandbox.url)
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LEVER_RATE_LIMIT", "0")
    monkeypatch.setenv("LEVER_PERFORM_AS", USER)
    for arguments in (["sync"], *(_command(action.name) for action in ACTIONS)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        written = capsys.readouterr()
        assert ended.value.code == 0, written.err
        if arguments[0] == "action":
            assert json.loads(written.out)["status"] == "success"
            assert "not added" not in written.err


def _command(action: str) -> list[str]:
    return ["action", action, "--input", str(EXAMPLES / f"{action}.json")]


def test_every_action_has_an_example_and_no_other_has() -> None:
    assert {each.stem for each in EXAMPLES.glob("*.json")} == {action.name for action in ACTIONS}
