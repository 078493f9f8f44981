"""The data folder is for its owner alone, whatever the umask, and whatever an earlier version left."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lever_assets import private
from lever_assets.cli import main
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import Place
from lever_assets_tests.walking import left_by_an_earlier_version, open_to_others


@pytest.fixture(autouse=True)
def open_handed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A process whose files would be everybody's, in a folder that everybody may read."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("existing", [False, True])
def test_what_a_sync_makes_or_finds_is_its_owners_alone(tmp_path: Path, existing: bool) -> None:
    data = tmp_path / "data"
    if existing:
        left_by_an_earlier_version(data)
        sqlite3.connect(data / "lever.db").close()
        assert mode(data / "lever.db") == 0o644
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as sandbox:
        settings = Place(sandbox, data).settings(rate_limit=1000)
        with Session.open(settings) as session, session.alone():
            with closing(sqlite3.connect(data / "lever.db")):
                assert {".db", ".db-wal", ".db-shm"} <= {each.name[5:] for each in data.glob("lever.db*")}
            assert open_to_others(data) == {}
        with Session.open(settings) as session:
            sync(session, Scope())
    assert list(data.rglob("*.pace"))
    assert open_to_others(data) == {}
    assert mode(data) == 0o700
    assert mode(data / "lever.db") == 0o600
    assert mode(tmp_path) == 0o755  # not ours


@pytest.mark.long
def test_so_does_the_command_also_for_what_others_make_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path / "data"))
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as sandbox:
        monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
        monkeypatch.setenv("LEVER_BASE_URL", sandbox.url)
        with pytest.raises(SystemExit, match="0"):
            main(["sync"])
        with pytest.raises(SystemExit, match="0"):
            main(["created", "export", "created.jsonl"])
    assert open_to_others(tmp_path / "data") == {}
    assert mode(tmp_path / "created.jsonl") == 0o600
    assert os.umask(0) == 0  # as it was


def test_folders_above_that_are_made_are_closed_and_others_stay(tmp_path: Path) -> None:
    private.make_folder(tmp_path / "a" / "b")
    assert open_to_others(tmp_path / "a") == {}
    (tmp_path / "mine").mkdir()
    private.make_folder(tmp_path / "mine" / "data")
    assert mode(tmp_path / "mine") == 0o777
    with pytest.raises(OSError, match="Not a directory"):
        private.make_folder(Path("/dev/null/data"))


def test_what_the_owner_may_stays_and_links_lead_nowhere(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    (data / "link").symlink_to(elsewhere / "file")
    (data / "folder").symlink_to(elsewhere)
    (data / "script").touch(mode=0o755)
    (data / "kept").touch(mode=0o444)
    private.close_to_others(data)
    assert (mode(data / "script"), mode(data / "kept")) == (0o700, 0o400)
    assert (mode(elsewhere), mode(elsewhere / "file")) == (0o777, 0o666)


@pytest.mark.parametrize("holds", [".git", "pyproject.toml", "workspace.yaml", "home", "sticky"])
def test_a_folder_that_is_not_ours_alone_is_left_as_it_is_and_doubted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "page.html").touch(mode=0o644)
    if holds == "home":
        monkeypatch.setenv("HOME", str(shared))
    elif holds == "sticky":
        shared.chmod(0o1777)
    else:
        (shared / holds).touch()
    private.close_to_others(shared)
    assert mode(shared / "page.html") == 0o644
    assert mode(shared) & 0o077
    (doubt,) = Settings(data_dir=shared).doubts
    assert doubt.startswith("LEVER_DATA_DIR holds more than the data")
    assert Settings(data_dir=tmp_path / "data").doubts == ()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    private.close_to_others(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_what_is_written_over_a_file_is_never_preceded_by_nothing(tmp_path: Path) -> None:
    file = tmp_path / "state"
    private.overwrite(file, b"before")
    assert stat.S_IMODE(file.stat().st_mode) == private.FILE

    private.overwrite(file, b"")  # as of who is killed before the first byte
    assert file.read_bytes() == b"before"
    private.overwrite(file, b"after.")
    assert file.read_bytes() == b"after."
