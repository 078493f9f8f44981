"""The demo's home: apart from the user's, one demo at a time, ready again after anything."""

import os
import shlex
import socket
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from lever_assets.cli.demo_home import DemoHome, occupied, only
from lever_assets.cli.demo_report import Hints, TableCount, news
from lever_assets.cli.errors import CommandError
from lever_assets.cli.typed import typed
from lever_assets.settings import Settings
from lever_assets.ui.home import INSTANCE
from lever_assets_tests.cli.conftest import Command

OPENED = datetime(2025, 11, 28, 9, tzinfo=UTC)
CHECKOUT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who has an account, and a setting that can't be used."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVER_API_KEY", "real")
    monkeypatch.setenv("LEVER_SYNC_WINDOW", "fortnightly")
    monkeypatch.delenv("LEVER_DATA_DIR", raising=False)


def filled(home: DemoHome) -> None:
    """Leave what a demo leaves, and a file of the user's."""
    for name in ("lever.db", "lever.db-wal", "sandbox.db", "report.html", "mine.sql"):
        (home.folder / name).touch()
    (home.dagster / "history").mkdir()


def left(home: DemoHome) -> set[str]:
    """Return the names of the files, the lock's aside."""
    return {each.name for each in home.folder.iterdir()} - {"demo.lock"}


def test_the_same_account_is_found_again(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LEVER_DATA_DIR=kept\n")
    with occupied(10, 1) as home:
        filled(home)
        home.account_is_made(OPENED)
    assert home.folder == tmp_path / "kept" / "demo"
    before = left(home)
    with occupied(10, 1) as again:
        assert again.opened == OPENED
        assert left(home) == before
        assert (home.dagster / "history").exists()


@pytest.mark.parametrize("whole", [True, False])
def test_another_or_half_made_account_goes_and_files_of_the_user_stay(
    monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", "kept")
    with occupied(10, 1) as home:
        filled(home)
        if whole:
            home.account_is_made(OPENED)
    with occupied(20 if whole else 10, 1):
        assert left(home) == {"dagster", "mine.sql"}
        assert not (home.dagster / "history").exists()


def test_one_demo_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", "kept")
    with occupied(10, 1), pytest.raises(CommandError, match="a demo is under way"), occupied(20, 1):
        pass


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", "/dev/null")
    with (
        pytest.raises(CommandError, match=r"/dev/null/demo can't be written.*LEVER_DATA_DIR"),
        occupied(10, 1),
    ):
        pass


def test_the_settings_of_the_user_are_hidden_and_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", "kept")
    (tmp_path / ".env").write_text("LEVER_CONNECTION=theirs\nLEVER_DATABASE_URL=postgresql://theirs\n")
    before = dict(os.environ)
    with occupied(10, 1) as home:
        environment = home.environment("http://127.0.0.1:1/v1", "made-up", date(2027, 1, 31))
        with only(environment) as settings:
            assert settings.api_key is not None
            assert settings.api_key.get_secret_value() == "made-up"
            assert settings.connection == "lever"
            assert settings.tables_url == f"sqlite:///{home.database}"
            assert settings.sync_start == date(2026, 10, 1)
            assert os.environ["DAGSTER_HOME"] == str(home.dagster)
    assert dict(os.environ) == before
    assert Path.cwd() == tmp_path


def test_the_demos_dagster_is_set_up_as_the_checkouts_is_but_for_where_it_stores() -> None:
    whole = yaml.safe_load((CHECKOUT / "dagster.yaml").read_text(encoding="utf-8"))
    stores = {"storage", "local_artifact_storage", "compute_logs"}
    assert yaml.safe_load(INSTANCE) == {name: each for name, each in whole.items() if name not in stores}


def test_a_taken_port_is_told_before_anything_starts(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = command("demo", "--ui", "--port", port)
    assert told.code == 1
    assert told.err.startswith(f"error: port {port} can't be used (Address already in use)")
    assert not (tmp_path / "data").exists()


def test_hints_are_typed_as_they_are_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEVER_SYNC_WINDOW")
    own = Path(sys.executable).with_name("lever-assets")
    monkeypatch.setenv("PATH", str(own.parent))
    assert Hints.here().command == "lever-assets"
    other = tmp_path / "lever-assets"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Hints.here().command == str(own)
    assert "make" not in Hints.here().see_it
    monkeypatch.chdir(own.parent.parent)
    assert Hints.here().command == "bin/lever-assets"
    monkeypatch.chdir(CHECKOUT)
    told = Hints.here().next_steps(Settings())
    assert "demo --ui (or: make demo-ui)" in told
    opened = Hints.here().next_steps(Settings(), opens_ui=True)
    assert "demo --ui" not in opened
    assert "see it" not in opened
    assert opened.splitlines()[2:] == told.splitlines()[3:]
    assert "docs/configuration.md; all tables: docs/tables.md" in told


def test_a_hint_with_a_path_that_has_a_space_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "my tools" / "python"
    python.parent.mkdir()
    monkeypatch.setattr(sys, "executable", str(python))
    assert shlex.split(typed()) == [str(python), "-m", "lever_assets"]
    python.with_name("lever-assets").touch()
    monkeypatch.chdir(tmp_path)
    assert shlex.split(typed()) == ["my tools/lever-assets"]


def test_an_installation_without_a_checkout_is_told_of_no_file_that_it_does_not_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LEVER_SYNC_WINDOW")
    monkeypatch.setattr("lever_assets.settings._CHECKOUT", tmp_path / "site-packages")
    told = Hints.here().next_steps(Settings())
    assert "make" not in told
    assert "docs/" not in told
    assert "--help" in told


@pytest.mark.parametrize(
    ("landed", "says"),
    [
        ((TableCount("users", 3, 3, 0, 0), TableCount("jobs", 2, 2, 0, 0)), "All 5 rows are new."),
        (
            (TableCount("users", 3, 0, 0, 0),),
            "Nothing is new since the last demo: all 3 rows stood there already.",
        ),
        (
            (TableCount("users", 9, 1, 2, 3),),
            "Since the last demo 1 rows are new, 2 changed and 3 are gone.",
        ),
    ],
)
def test_what_is_new_is_said_in_a_sentence(landed: tuple[TableCount, ...], says: str) -> None:
    assert news(landed) == says
