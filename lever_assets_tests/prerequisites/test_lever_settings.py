"""Confidential data and the acting user."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lever_assets.mapping.context import Context
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Finding, Verdict
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.unified.catalogue import MODELS
from lever_assets_tests.prerequisites.found import one
from lever_assets_tests.sync.tables import Account

CONFIDENTIAL = "confidential:access:admin"


@pytest.fixture(scope="module")
def without_access() -> Iterator[Sandbox]:
    """The same account, for a key without access to what is confidential in it."""
    config = SandboxConfig(opportunities=8, seed=7, rate=0, confidential_access=False)
    with running_sandbox(config) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def users(running: Sandbox) -> dict[str, str]:
    """Users of the account, by what is to be known of them."""
    known: dict[str, dict[str, Any]] = {
        "super": {"accessRole": "super admin", "deactivatedAt": None},
        "gone": {"accessRole": "admin", "deactivatedAt": 1_700_000_000_000},
        "interviewer": {"accessRole": "interviewer", "deactivatedAt": None},
        "custom": {"accessRole": "Head of Talent", "deactivatedAt": None},
    }
    for each, told in known.items():
        running.create("users", {"id": f"user-{each}", "name": each.title(), "createdAt": 1, **told})
    return {each.removeprefix("user-"): each for each in running.ids("users") if each.startswith("user-")}


def all_but(model: str) -> tuple[str, ...]:
    """Return what to exclude so that nothing but a model is kept: quickly synced."""
    return tuple(each.name for each in MODELS if each.name != model)


def test_a_key_that_is_shown_a_confidential_record_has_access(account: Account) -> None:
    assert one(examine(account.settings()), CONFIDENTIAL).verdict is Verdict.FINE


def test_a_key_that_is_shown_none_may_have_access_or_not(
    without_access: Sandbox, tmp_path: Path, sqlite_database: str
) -> None:
    found = one(examine(Account(without_access, tmp_path, sqlite_database).settings()), CONFIDENTIAL)

    assert found.verdict is Verdict.CANT_TELL
    assert "hidden from the key" in found.detail


def test_confidential_records_that_are_stored_and_no_longer_shown_tell_that_access_is_gone(
    running: Sandbox, without_access: Sandbox, tmp_path: Path, sqlite_database: str
) -> None:
    Account(running, tmp_path, sqlite_database).sync(exclude=all_but("jobs"))
    report = examine(Account(without_access, tmp_path, sqlite_database).settings())

    found = one(report, CONFIDENTIAL)
    assert found.verdict is Verdict.MISSING
    assert "stored" in found.detail
    assert not found.required
    assert report.missing == ()


def test_a_refusal_of_what_is_confidential_tells_it_unless_the_list_is_refused_as_well(
    account: Account, sandbox: Sandbox
) -> None:
    sandbox.set_quirks("confidentiality-refused")
    assert one(examine(account.settings()), CONFIDENTIAL).verdict is Verdict.MISSING

    sandbox.set_quirks("denied=postings")
    assert one(examine(account.settings()), CONFIDENTIAL).verdict is Verdict.CANT_TELL


def test_where_nothing_that_can_be_confidential_is_kept_access_is_not_needed(
    account: Account, sandbox: Sandbox
) -> None:
    report = examine(account.settings(exclude=all_but("rejection_reasons")))

    assert one(report, CONFIDENTIAL).verdict is Verdict.NOT_NEEDED
    assert not [each for each in sandbox.requests().recent if "confidentiality" in each]


def acting(account: Account, perform_as: str | None) -> Finding:
    return one(examine(account.settings(perform_as=perform_as)), "perform_as user")


@pytest.mark.parametrize(
    ("who", "verdict", "told"),
    [
        ("super", Verdict.FINE, "the role super admin"),
        ("gone", Verdict.MISSING, "deactivated"),
        ("interviewer", Verdict.MISSING, "the role interviewer"),
        ("custom", Verdict.CANT_TELL, "the role head of talent"),
    ],
)
def test_the_acting_user_exists_is_active_and_has_role_enough(
    account: Account, users: dict[str, str], who: str, verdict: Verdict, told: str
) -> None:
    found = acting(account, users[who])

    assert (found.verdict, found.required) == (verdict, True)
    assert told in found.detail
    assert who.title() not in f"{found.detail}{found.remedy}"  # nobody's name


def test_an_acting_user_whom_lever_does_not_have_is_missing(account: Account) -> None:
    found = acting(account, "nobody-at-all")

    assert found.blocks
    assert found.detail == "Lever has no such user."


def test_no_acting_user_is_nobodys_duty(account: Account) -> None:
    found = acting(account, None)

    assert (found.verdict, found.required) == (Verdict.MISSING, False)


def test_an_acting_user_may_be_named_by_our_id_too(account: Account, users: dict[str, str]) -> None:
    account.sync(exclude=all_but("users"))

    for named in (Context("lever").id("users", users["super"]), f"remote:{users['super']}"):
        assert acting(account, named).verdict is Verdict.FINE


def test_a_stage_for_assessments_that_is_not_there_is_missing(account: Account) -> None:
    settings = {"exclude": all_but("application_stages"), "assessment_result_stage": "No Such Stage"}
    stage = str((account.sandbox.get("stages", account.sandbox.ids("stages")[0]) or {})["text"])
    unread = one(examine(account.settings(assessment_stage=stage, **settings)), "assessment stage")
    assert unread.verdict is Verdict.CANT_TELL
    account.sync(exclude=all_but("application_stages"))

    found = examine(account.settings(assessment_stage=f" {stage.upper()}", **settings))
    assert one(found, "assessment stage").verdict is Verdict.FINE
    missing = one(found, "assessment result stage")
    assert (missing.verdict, missing.blocks) == (Verdict.MISSING, True)
    assert "'No Such Stage'" in missing.detail
    assert "LEVER_ASSESSMENT_RESULT_STAGE" in missing.remedy


def test_where_no_assessment_is_ordered_no_stage_is_looked_for(account: Account) -> None:
    found = examine(account.settings(assessment_result_stage="No Such Stage"))
    assert not any("assessment" in each.subject for each in found.findings)
