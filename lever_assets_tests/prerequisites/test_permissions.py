"""Each permission by Lever's name, once: asked with one small request, or told from a token's scopes."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from lever_assets.policy.exclusion import EXTRA, NOTHING_EXCLUDED, Exclusion
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Group, Report, Verdict
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.unified.catalogue import MODELS
from lever_assets_tests.connect.connecting import connected, settings_of
from lever_assets_tests.prerequisites.found import PERMISSIONS, one, subjects
from lever_assets_tests.sync.tables import Account

DOCUMENTED = Path(__file__).parents[2] / "docs" / "permissions.md"
READING, WRITING = (Group.READING,), (Group.WRITING,)
TOLD = ((Verdict.FINE, Group.READING), (Verdict.CANT_TELL, Group.WRITING))
"""What is told where nothing is missing."""


def every_read(report: Report) -> set[str]:
    """Return the permissions to read that something needs."""
    needed = {each.subject for each in report.of(Group.READING)}
    return needed - subjects(report, Verdict.NOT_NEEDED, READING)


def test_every_documented_permission_is_told_once_by_levers_name(account: Account) -> None:
    report = examine(account.settings(extra_models=EXTRA, eeo=True))

    told = [each.subject for group in (Group.READING, Group.WRITING) for each in report.of(group)]
    documented = set(re.findall(r"`([a-z_]+:(?:read|write):admin)`", DOCUMENTED.read_text("utf-8")))
    assert len(told) == len(set(told))
    assert set(told) == documented | {"webhooks:read:admin", "webhooks:write:admin"}


def test_what_extra_models_need_is_asked_for_with_them_alone(account: Account) -> None:
    own = {"notes:read:admin", "feedback:read:admin"}
    assert not every_read(examine(account.settings())) & own
    assert every_read(examine(account.settings(extra_models=EXTRA))) >= own
    asked = {name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True)}
    more = {name for name, _ in to_grant(Exclusion(extra=EXTRA), read_only=True)} - asked
    assert more == {*own, "files:read:admin", "resumes:read:admin"}


def test_a_permission_that_extra_models_need_is_missing(account: Account) -> None:
    account.sandbox.set_quirks("denied=feedback")
    report = examine(account.settings(extra_models=("scorecards",)))

    [found] = [each for each in report.of(Group.READING) if each.subject == "feedback:read:admin"]
    assert (found.verdict, found.required) == (Verdict.MISSING, True)


def test_reads_are_asked_for_with_one_small_request_each_and_writes_not_at_all(
    account: Account, sandbox: Sandbox
) -> None:
    report = examine(account.settings())

    reads, writes = (subjects(report, each, (group,)) for each, group in TOLD)
    assert {"users:read:admin", "offers:read:admin", "files:read:admin"} < reads
    assert {"notes:write:admin", "uploads:write:admin"} < writes
    assert subjects(report, Verdict.NOT_NEEDED) == {"webhooks:read:admin", "webhooks:write:admin"}
    assert len(reads | writes) + 2 == sum(each.group in PERMISSIONS for each in report.findings)
    assert report.missing == ()
    counted = sandbox.requests()
    assert report.requests == counted.total == len(reads) + 1  # one for confidential records
    assert all(each.startswith("GET ") and "limit=1" in each for each in counted.recent)


def test_what_is_denied_is_missing_and_the_rest_is_asked_all_the_same(
    account: Account, sandbox: Sandbox
) -> None:
    sandbox.set_quirks("denied=offers", "denied=requisitions", "denied=files")
    report = examine(account.settings())

    assert subjects(report, Verdict.MISSING) == {
        "offers:read:admin",
        "requisitions:read:admin",
        "files:read:admin",
    }
    assert subjects(report, Verdict.FINE) == every_read(report) - subjects(report, Verdict.MISSING)
    offers, files = one(report, "offers:read:admin"), one(report, "files:read:admin")
    assert offers.why == "For the sync of offers."
    assert "status 403" in offers.detail
    assert "LEVER_EXCLUDE" in offers.remedy
    assert (offers.blocks, files.blocks) == (True, False)
    assert report.missing == ("requisitions:read:admin", "offers:read:admin")  # files: for actions alone


def test_with_assessments_what_they_write_is_required_by_the_settings(account: Account) -> None:
    before, report = examine(account.settings()), examine(account.settings(assessment_stage="Offer"))

    for name in ("opportunities:write:admin", "notes:write:admin", "files:write:admin"):
        assert not one(before, name).required
        assert one(report, name).required
        assert "the assessments" in one(report, name).why
    assert "the assessments" in one(report, "stages:read:admin").why


def test_with_feedback_forms_of_results_what_these_need_is_named(account: Account, sandbox: Sandbox) -> None:
    own = ("feedback_templates:read:admin", "feedback:write:admin")
    without = examine(account.settings(assessment_stage="Offer"))
    sandbox.set_quirks("denied=feedback_templates")
    given = {"assessment_stage": "Offer", "assessment_feedback_template": "Assessment"}
    report = examine(account.settings(**given))

    for name in own:
        assert "the assessments" in one(report, name).why
    assert not {*own} & {
        each.subject for group in (Group.READING, Group.WRITING) for each in without.of(group)
    }
    assert one(report, own[0]).verdict is Verdict.MISSING
    assert {*own} < {name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=False, feedback=True)}


def test_what_is_left_out_is_not_needed_and_not_asked_for(account: Account, sandbox: Sandbox) -> None:
    sandbox.set_quirks("denied=offers")
    report = examine(account.settings(exclude=("offers",)))

    assert one(report, "offers:read:admin").verdict is Verdict.NOT_NEEDED
    assert report.missing == ()
    assert not [each for each in sandbox.requests().by_endpoint if "offers" in each]


def test_a_list_that_the_account_does_not_have_says_nothing_of_the_permission(
    account: Account, sandbox: Sandbox
) -> None:
    sandbox.set_quirks("absent=requisitions")
    found = one(examine(account.settings()), "requisitions:read:admin")

    assert found.verdict is Verdict.CANT_TELL
    assert found.detail.startswith("This account has no such list: ")


def test_without_any_opportunity_nothing_below_one_can_be_told(tmp_path: Path, sqlite_database: str) -> None:
    with running_sandbox(SandboxConfig(opportunities=0, rate=0)) as empty:
        report = examine(Account(empty, tmp_path, sqlite_database).settings())

    assert subjects(report, Verdict.CANT_TELL, READING) == {
        f"{name}:read:admin" for name in ("applications", "interviews", "offers", "files", "resumes")
    }
    assert "no opportunity" in one(report, "offers:read:admin").detail


def test_a_stored_opportunity_is_asked_below_where_lever_lists_none(
    sandbox: Sandbox, tmp_path: Path, database_url: str
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    account.sync(exclude=tuple(each.name for each in MODELS if each.name != "candidates"))
    sandbox.set_quirks("denied=opportunities", "denied=resumes")
    report = examine(account.settings())

    assert subjects(report, Verdict.MISSING) == {"opportunities:read:admin", "resumes:read:admin"}
    assert one(report, "interviews:read:admin").verdict is Verdict.FINE


def test_the_scopes_of_a_token_tell_what_it_may_write_and_what_need_not_be_asked(
    account: Account, sandbox: Sandbox, tmp_path: Path
) -> None:
    scopes = {each.subject for each in examine(account.settings()).of(Group.READING)}
    granted = sorted(scopes - {"offers:read:admin"} | {"notes:write:admin"})
    settings = settings_of(sandbox, tmp_path / "oauth", account.database)
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme", granted)
    sandbox.reset_requests()
    report = examine(settings.of("acme"))

    assert subjects(report, Verdict.MISSING, READING) == {"offers:read:admin"}
    assert subjects(report, Verdict.FINE, WRITING) == {"notes:write:admin"}
    assert "opportunities:write:admin" in subjects(report, Verdict.MISSING, WRITING)
    assert report.missing == ("offers:read:admin",)  # a token to read alone lacks nothing that a sync needs
    assert one(report, "OAuth token").verdict is Verdict.FINE
    confidential = one(report, "confidential:access:admin")
    assert confidential.verdict is Verdict.MISSING
    assert "`lever-assets connect acme`" in confidential.remedy
    assert not [each for each in sandbox.requests().by_endpoint if "offers" in each]


def test_what_was_left_out_on_purpose_is_one_finding(
    account: Account, sandbox: Sandbox, tmp_path: Path
) -> None:
    asked = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True) if name != "offers:read:admin"]
    settings = settings_of(sandbox, tmp_path / "oauth", account.database)
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme", asked)
    report = examine(settings.of("acme"))

    left_out = one(report, "for actions")
    assert (left_out.verdict, left_out.blocks) == (Verdict.NOT_NEEDED, False)
    assert "files:read:admin" in left_out.detail
    assert "notes:write:admin" in left_out.detail
    assert "without `--read-only`: `lever-assets connect acme`" in left_out.remedy
    assert subjects(report, Verdict.MISSING) == {"offers:read:admin"}
    assert "`lever-assets connect acme --read-only`" in one(report, "offers:read:admin").remedy


def test_webhooks_need_a_connection_that_is_not_read_only(
    account: Account, sandbox: Sandbox, tmp_path: Path
) -> None:
    asked = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True)]
    settings = settings_of(
        sandbox, tmp_path / "oauth", account.database, webhook_url="https://example.com/lever"
    )
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme", asked)
    report = examine(settings.of("acme"))

    assert {"webhooks:read:admin", "webhooks:write:admin"} < set(report.missing)
    for each in ("webhooks:read:admin", "webhooks:write:admin"):
        assert "without `--read-only`: `lever-assets connect acme`" in one(report, each).remedy
    assert "`lever-assets webhooks setup --connection acme`" in str(report.as_json())


@pytest.mark.parametrize("fault", ["503", "html", "reset"])
def test_an_answer_that_fails_says_nothing_of_its_permission_and_stops_no_other(
    account: Account, sandbox: Sandbox, fault: str
) -> None:
    sandbox.set_faults(f"{fault}=1,endpoint=GET /stages")
    report = examine(account.settings())

    found = one(report, "stages:read:admin")
    assert found.verdict is Verdict.CANT_TELL
    assert "GET /stages" in found.detail
    assert subjects(report, Verdict.FINE) == every_read(report) - {"stages:read:admin"}
