"""`ui`: what it refuses before anything starts, and where Dagster's home is."""

import re
import socket
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget

from lever_assets.settings import Settings
from lever_assets.ui.home import configuration, dagster_home, shown
from lever_assets_tests.cli.conftest import Command


def test_others_do_not_reach_it_without_a_password(command: Command, tmp_path: Path) -> None:
    told = command("ui", "--host", "0.0.0.0")
    assert told.code == 1
    assert told.err == (
        "error: others reach 0.0.0.0, and whoever opens the UI may do what Lever's key may: set "
        "LEVER_UI_PASSWORD first, or serve it on 127.0.0.1\n"
    )
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_told_before_anything_starts(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = command("ui", "--port", port)
    assert told.code == 1
    assert told.err.startswith(f"error: http://127.0.0.1:{port} can't be used (Address already in use)")
    assert not (tmp_path / "data").exists()


def test_a_setting_that_cannot_be_used_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_UI_HOSTS", "https://dagster.example.com")
    told = command("ui")
    assert told.code == 1
    assert told.err.startswith("error: LEVER_UI_HOSTS can't be used: write names of hosts such as")


def test_dagsters_home_is_the_one_that_is_named_else_here_else_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    settings = Settings(data_dir=Path("kept"))
    made = dagster_home(settings)
    assert made == tmp_path / "kept" / "dagster"
    assert (made / "dagster.yaml").read_text() == configuration(made)
    (made / "dagster.yaml").write_text("mine")
    assert (dagster_home(settings) / "dagster.yaml").read_text() == "mine"
    (tmp_path / "dagster.yaml").touch()
    assert dagster_home(settings) == tmp_path
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    assert dagster_home(settings) == tmp_path / "elsewhere"


def test_a_home_that_was_moved_has_its_storage_where_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    old = dagster_home(Settings(data_dir=tmp_path / "old"))
    (old / "dagster.yaml").write_text(f"# mine\n{configuration(old)}")
    with DagsterInstance.from_config(str(old)) as instance:
        instance.add_dynamic_partitions("kept", ["yes"])
    (tmp_path / "old").rename(tmp_path / "moved")
    home = dagster_home(Settings(data_dir=tmp_path / "moved"))
    assert (home / "dagster.yaml").read_text() == f"# mine\n{configuration(home)}"
    with DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_dynamic_partitions("kept") == ["yes"]
    assert not (tmp_path / "old").exists()
    (tmp_path / "moved").rename(tmp_path / "again")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "again" / "dagster"))
    assert (dagster_home(Settings()) / "dagster.yaml").read_text().count("again/dagster") == 1


def test_a_storage_that_somebody_named_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = dagster_home(Settings(data_dir=tmp_path))
    theirs = re.sub(r"base_dir: .*", "base_dir: /disk/dagster}", configuration(home))
    (home / "dagster.yaml").write_text(theirs)
    dagster_home(Settings(data_dir=tmp_path))
    assert (home / "dagster.yaml").read_text() == theirs


def test_a_workspace_that_is_here_is_shown_else_our_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = shown()
    assert isinstance(ours, ModuleTarget)
    assert (ours.module_name, ours.location_name) == ("lever_assets.definitions", "lever_assets")
    (tmp_path / "workspace.yaml").touch()
    assert shown() == WorkspaceFileTarget(["workspace.yaml"])
