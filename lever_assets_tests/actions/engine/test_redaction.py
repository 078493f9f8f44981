"""What the ledger keeps of an input, and what it must not."""

from typing import Any

import pytest

from lever_assets.actions.creation.creation_inputs import CreateApplication
from lever_assets.actions.engine.redaction import redacted
from lever_assets.sandbox import Fault
from lever_assets.store import ledger
from lever_assets_tests.actions.newcomers import answer, creation, document, newcomer, open_job, somebody
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.writes import WRITES

SECRET = "declines to say"


@pytest.mark.parametrize(
    "given",
    [
        {"screening_question_answers": [{"question_id": "remote:eeo:race", "answer": SECRET}]},
        {"screening_question_answers": [{"question_id": "1" * 24, "answer": [SECRET]}]},
        {"remote_fields": {"lever": {"candidate": {"eeoResponses": {"race": SECRET}}}}},
        {"remote_fields": {"lever": {"candidate": {"resumeFile": SECRET}}, "other": {"gender": SECRET}}},
    ],
)
def test_no_answer_and_no_field_of_lever_s_own_is_kept(given: dict[str, Any]) -> None:
    asked = CreateApplication.model_validate(creation("job", newcomer(gender="OTHER"), **given))
    kept = redacted(asked)
    assert SECRET not in str(kept)
    assert "OTHER" not in str(kept)
    assert kept["candidate"]["email_address"] == asked.candidate.email_address  # type: ignore[index,call-overload]  # JSON


def test_of_a_form_s_file_and_choice_nothing_is_in_the_row(account: Recruiting) -> None:
    job = open_job(account, "file", "text", eeo=True)
    paper = document("essay.pdf", type=None)
    given = creation(
        job,
        screening_question_answers=[
            answer("file", paper),
            answer("text", SECRET),
            {"question_id": "remote:eeo:gender", "answer": "Female"},
        ],
    )
    found = account.run("create_application", given, settings={"perform_as": somebody(account)})
    assert found.succeeded, found.error
    with account.session() as session, session.reading() as tx:
        row = ledger.get(tx, str(found.action_id))
    assert row is not None
    assert not [each for each in (SECRET, "Female", paper["data"], "essay.pdf") if each in str(row.request)]
    assert not [each for each in ("Female", paper["data"]) if each in str(row)]
    assert row.addresses


def test_a_step_keeps_what_happened_without_what_lever_said(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    account.sandbox.set_faults(Fault(name="500", endpoint=trial.endpoint, rate=1))
    failed = account.run("add_application_note", trial.given)
    with account.session() as session, session.reading() as tx:
        row = ledger.get(tx, str(failed.action_id))
    assert row is not None
    assert "status 500" in str(row.steps[0]["error"])
    assert '"' not in str(row.steps[0]["error"])
