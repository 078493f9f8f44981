"""The key and the address: what is wrong with them is said once, and nothing else is asked then."""

import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from lever_assets.connect.connections import enable
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Group, Verdict
from lever_assets.sandbox import Sandbox
from lever_assets.store import Store
from lever_assets_tests.connect.connecting import connected, settings_of
from lever_assets_tests.prerequisites.found import one, subjects
from lever_assets_tests.sync.tables import Account

ASKED = (Group.READING, Group.LEVER)


def test_a_wrong_key_is_told_once_and_nothing_more_is_asked(account: Account, sandbox: Sandbox) -> None:
    report = examine(account.settings(api_key=SecretStr("not-the-key"), perform_as="somebody"))

    assert report.missing == ("API key",)
    assert "status 401" in one(report, "API key").detail
    assert one(report, "base URL").verdict is Verdict.FINE
    assert subjects(report, Verdict.FINE, ASKED) == set()
    assert sandbox.requests().total == report.requests == 1
    assert sum("401" in each.detail for each in report.findings) == 1
    assert "not-the-key" not in str(report.as_json())


def test_without_a_key_nothing_is_asked_and_the_rest_is_told(account: Account, sandbox: Sandbox) -> None:
    report = examine(account.settings(api_key=None))

    assert report.missing == ("API key",)
    assert subjects(report, Verdict.FINE, ASKED) == set()
    assert subjects(report, Verdict.FINE, (Group.DATABASE,)) == {"database", "tables", "free space"}
    assert sandbox.requests().total == report.requests == 0


def test_where_nobody_listens_nothing_is_told_of_the_account_but_why(account: Account) -> None:
    with socket.socket() as bound:  # and nobody listens at it
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        report = examine(account.settings(base_url=url), seconds=2)

    address = one(report, "base URL")
    assert address.verdict is Verdict.CANT_TELL
    assert "can't be reached" in address.detail
    assert subjects(report, Verdict.CANT_TELL, (Group.ACCOUNT,)) == {"API key", "base URL"}
    assert subjects(report, Verdict.FINE, ASKED) == set()
    assert report.missing == ()
    assert report.unanswered == ("base URL",)
    assert report.fails
    assert report.summary.startswith("Required, and nobody answered: base URL (of ")
    assert report.as_json()["unanswered"] == ["base URL"]


def test_a_connection_that_is_switched_off_is_one_finding_beside_what_can_be_told(
    account: Account, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(sandbox, tmp_path / "oauth", account.database)
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme")
        enable(store, "acme", enabled=False)
    sandbox.reset_requests()
    report = examine(settings.of("acme"))

    off = one(report, "switched on")
    assert report.missing == ("switched on",)
    assert "`lever-assets connections enable acme`" in off.remedy
    assert {each.group for each in report.findings} == {Group.ACCOUNT, Group.MACHINE, Group.DATABASE}
    assert not [each for each in report.findings if each.verdict is Verdict.CANT_TELL]
    assert sandbox.requests().total == report.requests == 0


def test_a_lever_that_does_not_answer_in_time_holds_the_report_up_once(
    account: Account, sandbox: Sandbox
) -> None:
    sandbox.set_faults("slow=30")
    began = time.monotonic()
    report = examine(account.settings(), seconds=0.5)

    assert time.monotonic() - began < 5
    assert one(report, "base URL").verdict is Verdict.CANT_TELL
    assert "did not answer within 0.45 seconds" in one(report, "base URL").detail
    assert subjects(report, Verdict.FINE, (Group.DATABASE,)) == {"database", "tables", "free space"}


def test_one_slow_list_is_not_told_and_the_others_are(account: Account, sandbox: Sandbox) -> None:
    sandbox.set_faults("slow=30,endpoint=GET /tags")
    report = examine(account.settings(), seconds=8)  # which the others take a tenth of, on a quiet machine

    assert subjects(report, Verdict.CANT_TELL, (Group.READING,)) == {"tags:read:admin"}
    assert "did not answer" in one(report, "tags:read:admin").detail
    assert report.unanswered == ("tags:read:admin",)


def test_what_only_actions_need_is_not_required_where_nobody_answers(
    account: Account, sandbox: Sandbox
) -> None:
    sandbox.set_faults("503=1,endpoint=GET /opportunities/:id/files")
    report = examine(account.settings())

    assert one(report, "files:read:admin").verdict is Verdict.CANT_TELL
    assert not report.fails


@pytest.mark.parametrize(("path", "status"), [("/elsewhere", "404"), ("", "html")])
def test_an_address_that_is_not_levers_is_missing(
    account: Account, sandbox: Sandbox, path: str, status: str
) -> None:
    if status == "html":
        sandbox.set_faults("html=1")
    report = examine(account.settings(base_url=f"{sandbox.url}{path}"))

    assert "base URL" in report.missing
    assert "LEVER_BASE_URL" in one(report, "base URL").remedy
    assert one(report, "API key").verdict is Verdict.CANT_TELL
