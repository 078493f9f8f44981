"""An account whose assessments are ordered, behind the API, in either database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.actions.recruiting import synced_account
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.assessment.vendor import PACKAGES, Inbox, receiving
from lever_assets_tests.either import database_url

__all__ = ["database_url"]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def api(database_url: str, tmp_path: Path, inbox: Inbox) -> Iterator[Served]:
    """Two packages are offered; a tag `Acme: …` names one."""
    with _assessed(tmp_path, database_url, inbox) as api:
        yield api


@pytest.fixture(scope="module")
def api_of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests of a module that ask nothing of the database."""
    folder = tmp_path_factory.mktemp("assessed")
    with receiving() as inbox, _assessed(folder, f"sqlite:///{folder / 'lever.db'}", inbox) as api:
        yield api


@contextmanager
def _assessed(folder: Path, database: str, inbox: Inbox) -> Iterator[Served]:
    with running_sandbox(SandboxConfig(opportunities=40, seed=3, rate=0)) as sandbox:
        account = synced_account(sandbox, folder, database)
        stage = account.read("/stages")[-1]["text"]
        user = next(each["id"] for each in account.read("/users") if not each["deactivatedAt"])
        with served(
            account,
            assessment_stage=stage,
            assessment_tag_prefix="Acme:",
            perform_as=user,
            notice_urls=inbox.url,
            notice_types="assessment:order-received",
        ) as here:
            here.data("PUT", "/v1/assessment/packages", json={"packages": PACKAGES})
            yield here
