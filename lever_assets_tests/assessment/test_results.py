"""What a vendor found is written to Lever, once, whatever happens on the way, and then forgotten here."""

import subprocess
import sys
import time
from typing import Any

import pytest

from lever_assets.actions.engine.options import Options
from lever_assets.assessment.results import Result, take
from lever_assets.assessment.telling import MOST_ATTEMPTS, tell_lever
from lever_assets.assessment.troubles import troubles
from lever_assets.sandbox import Fault
from lever_assets_tests.actions.recruiting import Person
from lever_assets_tests.api.served import Served
from lever_assets_tests.assessment import killed
from lever_assets_tests.assessment.vendor import PACKAGES, RESULT, arrive, notes, rows, see_to, stages, tags

NOTE = """\
Assessment Coding, completed: https://vendor.example/results/1
Score: 87.5 / 100
At: 2026-11-27 10:00 UTC
Level: Senior
  Algorithms: 40 / 50"""


def ordered(api: Served) -> tuple[Person, str]:
    """Return somebody for whom an assessment is open, and the order's id."""
    person = arrive(api, tags=["Acme: Coding"])
    see_to(api)
    return person, next(each["id"] for each in rows(api) if each["opportunity"] == person.opportunity)


def put(api: Served, order: str, **changes: Any) -> None:
    api.data("PUT", f"/v1/assessment/orders/{order}/result", json={**RESULT, **changes})


def is_written_once(api: Served, person: Person) -> None:
    assert notes(api, person) == [NOTE]
    assert api.account.files(person).count("report.pdf") == 1
    record = api.account.read(f"/opportunities/{person.opportunity}")
    assert record["links"].count("https://vendor.example/results/1") == 1
    assert tags(api, person) == {"Acme: Coding", "Acme: completed"}


def test_a_result_is_a_note_a_link_a_file_and_a_tag_in_lever_and_is_kept_no_longer(api: Served) -> None:
    person, order = ordered(api)

    answer = api.client().assessment.update_order_result(assessment_order_id=order, **RESULT)  # type: ignore[arg-type]

    assert answer.warnings == []
    is_written_once(api, person)
    [row] = rows(api)
    assert (row["status"], row["result"], row["todo"], row["due_at"]) == ("COMPLETED", None, [], None)
    [told] = api.data("GET", "/v1/assessment/orders", params={"statuses": "COMPLETED"})["results"]
    assert told["id"] == order


def test_the_same_result_again_changes_nothing_and_another_one_is_refused(api: Served) -> None:
    person, order = ordered(api)
    put(api, order)
    api.data("PUT", "/v1/assessment/packages", json={"packages": [{**PACKAGES[0], "name": "Renamed"}]})
    put(api, order)
    put(api, order, remote_fields={"other": {}}, completed_at="2026-11-27T11:00:00+01:00")
    is_written_once(api, person)
    others: list[dict[str, Any]] = [
        {"status": "CANCELLED"},
        {"status": "OPEN"},
        {"score": 88},
        {"attachments": []},
    ]
    for changed in others:
        error = api.error("PUT", f"/v1/assessment/orders/{order}/result", 400, json={**RESULT, **changed})
        assert error["code"] == "PLATFORM.INPUT_INVALID"
        assert "COMPLETED" in error["message"]
    is_written_once(api, person)


def test_a_package_that_is_renamed_meanwhile_keeps_no_result_from_lever(api: Served) -> None:
    person, order = ordered(api)
    with api.account.session(**_given(api)) as session:
        assert take(session, order, Result.model_validate(RESULT))
        api.account.sandbox.set_faults(Fault(name="403", method="POST", rate=1))
        assert tell_lever(session, options=Options(timing=killed.PATIENT)).failed == 1
        api.account.sandbox.set_faults()
    api.data("PUT", "/v1/assessment/packages", json={"packages": [{**PACKAGES[0], "name": "Renamed"}]})
    put(api, order)
    _wait_until(lambda: not rows(api)[0]["todo"])
    is_written_once(api, person)


def test_files_whose_links_are_signed_anew_are_the_same(api: Served) -> None:
    def linked(signature: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:9/report.pdf?signature={signature}"
        return {"attachments": [{"name": "report.pdf", "content_type": "application/pdf", "data_url": url}]}

    _, order = ordered(api)
    put(api, order, **linked("old"))
    put(api, order, **linked("new"))
    [row] = rows(api)
    assert row["result"]["files"][0]["data_url"].endswith("=new")
    assert [each for each in row["todo"] if each.startswith("file:")]  # nobody answers there


def test_progress_leaves_an_order_open_and_a_cancelled_one_has_no_tag(api: Served) -> None:
    person, order = ordered(api)
    put(api, order, status="OPEN", completed_at=None, score=None, attributes=None, attachments=None)
    assert rows(api)[0]["status"] == "OPEN"
    assert tags(api, person) == {"Acme: Coding", "Acme: sent"}
    put(api, order, status="CANCELLED", attributes=[], attachments=[])
    assert rows(api)[0]["status"] == "CANCELLED"
    assert tags(api, person) == {"Acme: Coding"}
    assert [each.splitlines()[0].partition(": ")[0] for each in notes(api, person)] == [
        "Assessment Coding, cancelled",
        "Assessment Coding, in progress",
    ]


def test_a_result_may_move_the_application(api: Served) -> None:
    person, order = ordered(api)
    to = stages(api)[1]
    with api.account.session(**_given(api), assessment_result_stage=to["text"]) as session:
        assert take(session, order, Result.model_validate(RESULT))
        tell_lever(session)
    assert api.account.read(f"/opportunities/{person.opportunity}")["stage"] == to["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"completed_at": None},
        {"completed_at": "yesterday"},
        {"status": "REJECTED"},
        {"result_url": "vendor.example"},
        {"score": "87"},
        {"attributes": [{"type": "TEXT", "label": "", "value": "x"}]},
        {"attributes": [{"type": "CHART", "label": "x"}]},
        {"attachments": [{"name": "a.pdf"}]},
        {"attachments": [{"name": "a.pdf", "data": "aGk="}]},
        {"attachments": [{"name": "a.pdf", "content_type": "text/plain", "data": "no base64!"}]},
        {"attachments": [{"name": "a.pdf", "data_url": "ftp://vendor.example/a"}]},
    ],
    ids=str,
)
def test_what_can_not_be_used_is_refused_and_nothing_is_kept(api_of_sqlite: Served, changes: Any) -> None:
    api = api_of_sqlite
    if not rows(api):
        ordered(api)
    order = rows(api)[0]["id"]
    error = api.error("PUT", f"/v1/assessment/orders/{order}/result", 400, json={**RESULT, **changes})
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert next(iter(changes)) in error["message"]
    assert rows(api)[0]["result"] is None


def test_an_order_of_nobody_is_told_so(api_of_sqlite: Served) -> None:
    error = api_of_sqlite.error("PUT", "/v1/assessment/orders/nobody/result", 400, json=RESULT)
    assert error["code"] == "PLATFORM.INPUT_INVALID"


@pytest.mark.long
def test_while_lever_is_down_a_result_is_taken_and_written_later_and_status_says_so(api: Served) -> None:
    person, order = ordered(api)
    api.account.sandbox.set_faults(Fault(name="500", method="POST", rate=1))
    answer = api.ask("PUT", f"/v1/assessment/orders/{order}/result", json=RESULT).json()
    assert "still to be written" in answer["warnings"][0]["message"]
    _wait_until(lambda: rows(api)[0]["error"] is not None)
    with api.account.session(**_given(api)) as session:
        assert "tried again" in troubles(session.store, session.settings)[0]

    api.account.sandbox.set_faults()
    with api.account.session(**_given(api)) as session:
        tell_lever(session)
        assert notes(api, person) == []  # it waits
        with session.writing() as tx:
            tx.sql.exec_driver_sql("UPDATE assessment_orders SET due_at = created_at")
        tell_lever(session, options=Options(timing=killed.PATIENT))
        assert troubles(session.store, session.settings) == []
    is_written_once(api, person)


@pytest.mark.long
def test_what_fails_for_ever_is_given_up_and_told(api: Served) -> None:
    _, order = ordered(api)
    with api.account.session(**_given(api)) as session:
        assert take(session, order, Result.model_validate(RESULT))
        with session.writing() as tx:
            tx.sql.exec_driver_sql(f"UPDATE assessment_orders SET attempts = {MOST_ATTEMPTS - 1}")
        api.account.sandbox.set_faults(Fault(name="500", method="POST", rate=1))
        told = tell_lever(session)
        api.account.sandbox.set_faults()
        assert (told.done, told.failed) == (0, 1)
        assert "given up" in troubles(session.store, session.settings)[0]
    assert rows(api)[0]["due_at"] is None


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["notes", "addLinks", "files", "addTags", "removeTags"])
@pytest.mark.sampled(4)
def test_a_process_that_dies_between_steps_leaves_nothing_undone_or_done_twice(
    api_of_sqlite: Served, step: str, when: str
) -> None:
    api = api_of_sqlite
    person, order = ordered(api)
    account = api.account
    with account.session(**_given(api)) as session:
        assert take(session, order, Result.model_validate(RESULT))
    endpoint = f"POST /opportunities/:id/{step}"
    account.sandbox.reset_requests()
    account.sandbox.set_faults(
        Fault.model_validate({"name": "timeout", "when": when, "endpoint": endpoint, "times": 1})
    )
    stage = str(api.settings.assessment_stage)
    lever, where = (account.sandbox.key, account.sandbox.url), (account.database, str(account.folder))
    arguments = [*lever, *where, stage, str(api.settings.perform_as)]
    with subprocess.Popen([sys.executable, "-m", killed.__name__, *arguments]) as process:
        _wait_until(lambda: account.sandbox.requests().of(endpoint) > 0 or process.poll() is not None)
        assert process.poll() is None, "it ended before the write went out"
        process.kill()
    account.sandbox.set_faults()

    with account.session(**_given(api)) as session:
        tell_lever(session, options=Options(timing=killed.PATIENT))

    is_written_once(api, person)
    assert rows(api)[0]["result"] is None


def _given(api: Served) -> dict[str, Any]:
    names = ("assessment_stage", "assessment_tag_prefix", "perform_as")
    return {name: getattr(api.settings, name) for name in names}


def _wait_until(so: Any) -> None:
    deadline = time.monotonic() + 60
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
