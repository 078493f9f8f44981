"""An account whose assessments are ordered, behind the API, in either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.actions.recruiting import synced_account
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.assessment.vendor import PACKAGES, Inbox, receiving


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def api(database_url: str, tmp_path: Path, inbox: Inbox) -> Iterator[Served]:
    """Two packages are offered; a tag `Acme: …` names one."""
    with running_sandbox(SandboxConfig(opportunities=20, seed=3, rate=0)) as sandbox:
        account = synced_account(sandbox, tmp_path, database_url)
        stage = account.read("/stages")[-1]["text"]
        with served(
            account,
            assessment_stage=stage,
            assessment_tag_prefix="Acme:",
            notice_urls=inbox.url,
            notice_types="assessment:order-received",
        ) as here:
            here.data("PUT", "/v1/assessment/packages", json={"packages": PACKAGES})
            yield here
