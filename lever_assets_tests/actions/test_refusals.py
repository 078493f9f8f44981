"""Why an action can't be done is told apart, before anything is sent where that is possible."""

import socket
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.actions.running import run_action
from lever_assets.sandbox import Fault
from lever_assets_tests.actions.recruiting import Person, Recruiting

NOBODY = "1" * 24


def _writes(account: Recruiting) -> int:
    counts = account.sandbox.requests()
    return sum(number for name, number in counts.by_endpoint.items() if not name.startswith("GET"))


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unknown application": ("add_application_note", "Unknown application", {"application_id": NOBODY}),
    "application that Lever alone may know": (
        "add_application_note",
        "Unknown application",
        {"application_id": "remote:11111111-1111-1111-1111-111111111111"},
    ),
    "unknown candidate": ("add_candidate_tag", "Unknown candidate", {"candidate_id": NOBODY}),
    "candidate that Lever does not have": (
        "add_candidate_tag",
        "Unknown candidate",
        {"candidate_id": "remote:11111111-1111-1111-1111-111111111111"},
    ),
    "unknown stage": ("move_application_to_stage", "Unknown stage", {"stage_id": NOBODY}),
    "stage that Lever does not have": (
        "move_application_to_stage",
        "Unknown stage",
        {"stage_id": "remote:no-such-stage"},
    ),
    "unknown reason": ("reject_application", "Unknown rejection reason", {"rejection_reason_id": NOBODY}),
    "reason that Lever does not have": (
        "reject_application",
        "Unknown rejection reason",
        {"rejection_reason_id": "remote:none"},
    ),
    "unknown user": (
        "add_application_note",
        "Unknown user",
        {"remote_fields": {"lever": {"perform_as": "11111111-1111-1111-1111-111111111111"}}},
    ),
}


def _given(account: Recruiting, name: str, person: Person) -> dict[str, Any]:
    whole: dict[str, dict[str, Any]] = {
        "add_application_note": {"application_id": person.application, "content": "x"},
        "add_candidate_tag": {"candidate_id": person.candidate, "tag": {"name": "x"}},
        "move_application_to_stage": {
            "application_id": person.application,
            "stage_id": account.live_ids("application_stages")[0][0],
        },
        "reject_application": {
            "application_id": person.application,
            "rejection_reason_id": account.live_ids("rejection_reasons")[0][0],
        },
    }
    return whole[name]


@pytest.mark.parametrize(("name", "title", "changes"), CASES.values(), ids=CASES.keys())
def test_what_is_not_known_is_named_and_nothing_is_sent(
    account: Recruiting, name: str, title: str, changes: dict[str, Any]
) -> None:
    account.sandbox.reset_requests()
    answer = account.run(name, {**_given(account, name, account.person()), **changes})

    assert answer.error is not None
    assert (answer.error["code"], answer.error["title"]) == ("PLATFORM.INPUT_INVALID", title)
    assert _writes(account) == 0


def test_an_archived_application_can_not_be_moved_or_rejected_for_another_reason(account: Recruiting) -> None:
    person = account.person()
    first, second = account.live_ids("rejection_reasons")[:2]
    reject = {"application_id": person.application, "rejection_reason_id": first[0]}
    assert account.run("reject_application", reject).succeeded

    moved = account.run("move_application_to_stage", _given(account, "move_application_to_stage", person))
    again = account.run("reject_application", {**reject, "rejection_reason_id": second[0]})

    for answer in (moved, again):
        assert answer.error is not None
        assert answer.error["title"] == "The application is archived"
    assert account.read(f"/opportunities/{person.opportunity}")["archived"]["reason"] == first[1]


def test_an_application_that_was_archived_since_the_last_sync_is_refused_too(account: Recruiting) -> None:
    person = account.person()
    reason = account.live_ids("rejection_reasons")[0][1]
    account.sandbox.edit(
        "opportunities", person.opportunity, {"archived": {"reason": reason, "archivedAt": 1_700_000_000_000}}
    )
    answer = account.run("move_application_to_stage", _given(account, "move_application_to_stage", person))

    assert answer.error is not None
    assert answer.error["title"] == "The application is archived"


def test_a_reason_that_means_a_hire_is_refused(account: Recruiting) -> None:
    person = account.person()
    hired = account.read("/archive_reasons", type="hired")[0]["id"]
    answer = account.run(
        "reject_application",
        {"application_id": person.application, "rejection_reason_id": f"remote:{hired}"},
    )

    assert answer.error is not None
    assert answer.error["title"] == "Not a rejection reason"
    assert account.read(f"/opportunities/{person.opportunity}")["archived"] is None


def test_a_wrong_key_is_told_without_showing_it(account: Recruiting) -> None:
    given = _given(account, "add_candidate_tag", account.person())
    answer = account.run("add_candidate_tag", given, settings={"api_key": SecretStr("wr0ng-key")})

    assert answer.error is not None
    assert answer.error["code"] == "INTEGRATION.AUTHENTICATION_INVALID"
    assert "wr0ng-key" not in str(answer)


def test_without_a_connection_it_says_how_to_connect(account: Recruiting) -> None:
    given = _given(account, "add_candidate_tag", account.person())
    with account.session(api_key=None) as session:
        answer = run_action(session, "add_candidate_tag", given)

    assert answer.error is not None
    assert answer.error["code"] == "INTEGRATION.SETUP_INCOMPLETE"
    assert "LEVER_API_KEY" in str(answer.error["message"])


def test_too_many_requests_are_told(account: Recruiting) -> None:
    given = _given(account, "add_candidate_tag", account.person())
    account.sandbox.set_faults(Fault(name="429-storm", rate=1))
    answer = account.run("add_candidate_tag", given)

    assert answer.error is not None
    assert answer.error["code"] == "REMOTE.RATE_LIMIT_EXCEEDED"


def test_a_lever_that_is_not_there_is_told(account: Recruiting) -> None:
    given = _given(account, "add_candidate_tag", account.person())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = account.run("add_candidate_tag", given, settings={"base_url": f"http://127.0.0.1:{port}/v1"})

    assert answer.error is not None
    assert answer.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"


def test_an_unknown_action_is_told(account: Recruiting) -> None:
    answer = account.run("hire_everybody", {})

    assert answer.error is not None
    assert "add_candidate_tag" in str(answer.error["message"])


def test_the_error_leads_to_the_run(account: Recruiting) -> None:
    answer = account.run("add_candidate_tag", {}, log_url="http://localhost:3000/runs/1")

    assert answer.envelope()["error"]["log_url"] == "http://localhost:3000/runs/1"  # type: ignore[index,call-overload]  # it is an object
