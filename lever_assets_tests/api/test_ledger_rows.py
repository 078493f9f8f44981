"""Errors of actions lead to their rows in the ledger, which tell how they stand and nothing of anybody."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from kombo.errors import KomboAtsError

from lever_assets.api import acting as acting_module
from lever_assets.api.routes.ledger import LedgerRow
from lever_assets.api.shapes.envelope import Success
from lever_assets.store import ledger
from lever_assets_tests.actions.newcomers import newcomer, open_job, somebody
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.served import Served, served

UI = "https://dagster.example.com"
NOTES = "POST /opportunities/:id/notes"


@pytest.fixture
def shown(acting: Served) -> Iterator[Served]:
    """The account served where the address of Dagster's UI is known."""
    with served(acting.account, ui_url=UI, perform_as=somebody(acting.account)) as here:
        yield here


def _row(api: Served, path: str) -> dict[str, Any]:
    answer = api.ask("GET", path)
    assert answer.status_code == 200, answer.text
    Success[LedgerRow].model_validate_json(answer.content)
    row: dict[str, Any] = answer.json()["data"]
    return row


def _noted(api: Served) -> tuple[str, dict[str, str]]:
    person = api.account.person()
    given = {"content": fresh("A word on Ada Byron"), "content_type": "PLAIN_TEXT"}
    return f"/v1/ats/applications/{person.application}/notes", given


def test_an_error_leads_to_the_row(shown: Served) -> None:
    path, given = _noted(shown)
    shown.account.sandbox.set_faults(f"403=1,endpoint={NOTES}")
    error = shown.error("POST", path, 403, json=given)

    assert error["code"] == "INTEGRATION.PERMISSION_MISSING"
    assert error["log_url"].startswith(f"{shown.url}/v1/actions/")
    row = _row(shown, urlsplit(error["log_url"]).path)
    assert (row["action"], row["state"], row["attempts"]) == ("add_application_note", "failed", 1)
    assert row["error"] == {"code": error["code"], "title": error["title"]}
    (step,) = row["steps"]
    assert (step["name"], step["state"], step["ids"]) == ("add_note", "failed", {})
    assert step["sent_at"].endswith("Z")

    shown.account.sandbox.set_faults()
    shown.data("POST", path, json=given)
    row = _row(shown, urlsplit(error["log_url"]).path)
    assert (row["state"], row["error"]) == ("succeeded", None)
    assert row["steps"][0]["ids"]["id"]
    assert "Byron" not in str(row)


def test_so_does_one_that_nobody_waited_for(shown: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    path, given = _noted(shown)
    shown.account.sandbox.set_faults(f"slow=9,endpoint={NOTES}")
    with monkeypatch.context() as hasty:
        hasty.setattr(acting_module, "ANSWERED_AT_LAST", 5.0)
        error = shown.error("POST", path, 504, json=given)
    assert _row(shown, urlsplit(error["log_url"]).path)["state"] == "sending"
    shown.account.sandbox.set_faults()
    shown.data("POST", path, json=given)


def test_of_a_creation_the_row_has_levers_ids_and_nothing_of_the_person(shown: Served) -> None:
    given = {"candidate": newcomer()}
    path = f"/v1/ats/jobs/remote:{open_job(shown.account)}/applications"
    made = shown.data("POST", path, json=given)
    with shown.account.session() as session, session.reading() as tx:
        last = ledger.recent(tx, limit=1)[0]

    row = _row(shown, f"/v1/actions/{last.id}")
    assert (row["action"], row["state"]) == ("create_application", "succeeded")
    ids = {name: each for step in row["steps"] for name, each in step["ids"].items()}
    assert ids["application"] == made["remote_id"]
    for value in (given["candidate"][name] for name in ("first_name", "last_name", "email_address")):
        assert value not in str(row)


def test_the_address_is_the_public_one(acting: Served) -> None:
    acting.account.sandbox.set_faults(f"403=1,endpoint={NOTES}")
    with served(acting.account, ui_url=UI, api_url="https://ats.example.com/v1/") as here:
        path, given = _noted(here)
        with here.client() as kombo, pytest.raises(KomboAtsError) as raised:
            kombo.ats.add_application_note(application_id=path.split("/")[4], **given)
    assert str(raised.value.data.error.log_url).startswith("https://ats.example.com/v1/actions/")


def test_without_a_ui_or_a_row_there_is_none(acting: Served, shown: Served) -> None:
    path, given = _noted(acting)
    assert shown.error("POST", path, 400, json={})["log_url"] is None
    acting.account.sandbox.set_faults(f"403=1,endpoint={NOTES}")
    assert acting.error("POST", path, 403, json=given)["log_url"] is None


def test_an_unknown_one_is_told_so(shared: Served) -> None:
    error = shared.error("GET", "/v1/actions/nothing", 404)
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert shared.error("GET", "/v1/actions/nothing", 400, integration=None)["code"]
    assert shared.error("GET", "/v1/actions/nothing", 404, integration="lever:nobody")["code"] == (
        "PLATFORM.INTEGRATION_NOT_FOUND"
    )
    assert shared.error("GET", "/v1/actions/nothing", 401, key=None)["code"] == (
        "PLATFORM.AUTHENTICATION_INVALID"
    )
