"""A small account in the sandbox."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An account of 40 opportunities and an empty folder, shared by the tests of a module in their order."""
    with running_sandbox(SandboxConfig(opportunities=40, rate=0)) as sandbox:
        yield Place(sandbox, tmp_path_factory.mktemp("place"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


SMALL = SandboxConfig(opportunities=20, rate=0)


@pytest.fixture(scope="module")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which a small account was read whole, as it is before a test touches it."""
    folder = tmp_path_factory.mktemp("synced")
    with (
        running_sandbox(SMALL) as untouched,
        Session.open(Place(untouched, folder).settings()) as session,
    ):
        sync(session, Scope())
    return folder


@pytest.fixture
def synced(synced_once: Path, tmp_path: Path) -> Iterator[Place]:
    """A small account that was read whole, of the test's own."""
    shutil.copytree(synced_once, tmp_path, dirs_exist_ok=True)
    with running_sandbox(SMALL) as sandbox:
        yield Place(sandbox, tmp_path)
