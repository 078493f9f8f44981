"""Bad days: slow files, clients that ask twice, a Lever that is down, a database that is started anew."""

import sqlite3
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from kombo.errors import KomboAtsError
from sqlalchemy import text

from lever_assets.store import ledger
from lever_assets.store.store import make_engine
from lever_assets.store.urls import database_url
from lever_assets_tests.actions.newcomers import newcomer, open_job, opportunities_of
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.served import Served, served

NOTE = "POST /opportunities/:id/notes"
FILES = "POST /opportunities/:id/files"
KOMBOS_OWN_MS = 5000


def _file(name: str) -> dict[str, Any]:
    data = b64encode(b"%PDF-1.4 " + name.encode()).decode()
    return {"name": name, "type": "OTHER", "content_type": "application/pdf", "data": data}


def _states(api: Served, action: str) -> list[str]:
    with api.account.session() as session, session.reading() as tx:
        return [each.state.value for each in ledger.recent(tx) if each.action == action]


def _until(seen: Any) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := seen():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_a_creation_is_answered_while_its_files_are_on_their_way(acting: Served) -> None:
    account = acting.account
    job = open_job(account)
    person, names = newcomer(), [fresh("one") + ".pdf", fresh("two") + ".pdf"]
    account.sandbox.set_faults(f"slow=8,endpoint={FILES}")
    given = {"job_id": f"remote:{job}", "candidate": person, "attachments": [_file(each) for each in names]}

    with acting.client() as kombo:
        answer = kombo.ats.create_application(**given)
        again = kombo.ats.create_application(**given)  # while the files are on their way still

    assert any("still being uploaded" in each.message for each in answer.warnings)
    assert answer.data.remote_id
    assert again.data.id == answer.data.id
    assert any("still being uploaded" in each.message for each in again.warnings)
    (opportunity,) = opportunities_of(account, given)
    assert _states(acting, "create_application")[0] == "sending"
    assert str(account.row("applications", answer.data.id)["candidate_id"]) == answer.data.candidate_id

    def files() -> bool:
        listed = account.read(f"/opportunities/{opportunity['id']}/files")
        return {each["name"] for each in listed} == set(names)

    _until(files)
    _until(lambda: _states(acting, "create_application")[0] == "succeeded")
    whole = acting.ask(
        "POST", f"/v1/ats/jobs/remote:{job}/applications", json={**given, "job_id": "remote:other"}
    ).json()
    assert whole["data"]["id"] == answer.data.id
    assert not any("still being uploaded" in each["message"] for each in whole["warnings"])
    assert len(opportunities_of(account, given)) == 1


def test_a_creation_without_files_is_answered_whole(acting: Served) -> None:
    given = {"candidate": newcomer()}
    answer = acting.ask("POST", f"/v1/ats/jobs/remote:{open_job(acting.account)}/applications", json=given)
    assert answer.status_code == 200
    assert not any("uploaded" in each["message"] for each in answer.json()["warnings"])


def test_a_key_names_one_request(acting: Served) -> None:
    person, content = acting.account.person(), fresh("A note")
    path = f"/v1/ats/applications/{person.application}/notes"
    key = {"Idempotency-Key": fresh("key")}
    given = {"content": content, "content_type": "PLAIN_TEXT"}

    first = acting.ask("POST", path, json=given, headers=key).json()
    assert acting.ask("POST", path, json=given, headers=key).json()["data"] == first["data"]
    assert acting.account.notes(person).count(content) == 1
    other = acting.error("POST", path, 400, json={**given, "content": "Another"}, headers=key)
    assert other["code"] == "PLATFORM.INPUT_INVALID"
    another = {"Idempotency-Key": fresh("key")}
    acting.data("POST", path, json=given, headers=another)
    assert acting.account.notes(person).count(content) == 2


def test_who_asks_again_blindly_does_no_harm(acting: Served) -> None:
    person, content = acting.account.person(), fresh("A note")
    path = f"/v1/ats/applications/{person.application}/notes"
    given = {"content": content, "content_type": "PLAIN_TEXT"}
    acting.account.sandbox.set_faults(f"slow=1,endpoint={NOTE}")

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: acting.ask("POST", path, json=given), range(3)))

    assert {each.status_code for each in answers} == {200}
    assert acting.account.notes(person).count(content) == 1


def test_when_lever_is_down_a_client_is_told_before_it_gives_up(acting: Served) -> None:
    person = acting.account.person()
    with (
        served(acting.account, base_url="http://127.0.0.1:9/v1") as here,
        here.client(timeout_ms=KOMBOS_OWN_MS) as kombo,
        pytest.raises(KomboAtsError) as raised,
    ):
        kombo.ats.add_candidate_tag(candidate_id=person.candidate, tag={"name": "x"})
    assert raised.value.data.error.code == "REMOTE.SERVICE_UNAVAILABLE"


def test_of_what_lever_takes_long_over_a_client_hears_and_asks_again(
    acting: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lever_assets.api.acting.ANSWERED_AT_LAST", 2.0)
    person, content = acting.account.person(), fresh("A note")
    acting.account.sandbox.set_faults(f"slow=4,endpoint={NOTE}")
    path = f"/v1/ats/applications/{person.application}/notes"
    given = {"content": content, "content_type": "PLAIN_TEXT"}

    began = time.monotonic()
    answer = acting.ask("POST", path, json=given)
    assert time.monotonic() - began < 3.5
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "PLATFORM.TASK_TIMED_OUT"
    assert answer.headers["concurrency-limit"]
    _until(lambda: _states(acting, "add_application_note")[0] == "succeeded")
    again = acting.ask("POST", path, json=given)

    assert again.status_code == 200, again.text
    assert acting.account.notes(person).count(content) == 1


def test_what_is_not_begun_in_time_is_not_begun(acting: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lever_assets.api.acting.ANSWERED_AT_LAST", 1.5)
    account, person, content = acting.account, acting.account.person(), fresh("A note")
    looking = "GET /opportunities/:id/notes"
    account.sandbox.set_faults(f"slow=3,endpoint={looking}")
    path = f"/v1/ats/applications/{person.application}/notes"
    given = {"content": content, "content_type": "PLAIN_TEXT"}

    error = acting.error("POST", path, 503, json=given)
    assert error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
    assert "nothing was written" in error["message"]
    _until(lambda: _states(acting, "add_application_note")[0] == "failed")
    account.sandbox.set_faults()
    assert content not in account.notes(person)
    assert acting.ask("POST", path, json=given).status_code == 200
    assert account.notes(person).count(content) == 1


@pytest.mark.parametrize(
    ("method", "code", "status"),
    [("GET", "REMOTE.SERVICE_UNAVAILABLE", 503), ("POST", "PLATFORM.TASK_TIMED_OUT", 504)],
)
def test_a_request_of_ones_own_is_waited_for_as_long(
    acting: Served, monkeypatch: pytest.MonkeyPatch, method: str, code: str, status: int
) -> None:
    monkeypatch.setattr("lever_assets.api.acting.ANSWERED_AT_LAST", 1.0)
    person = acting.account.person()
    acting.account.sandbox.set_faults("slow=2,path=/opportunities/*")
    path = f"/opportunities/{person.opportunity}" + ("/notes" if method == "POST" else "")
    given = {"method": method, "path": path, **({"data": {"value": "x"}} if method == "POST" else {})}
    error = acting.error("POST", "/v1/passthrough/lever/v1", status, json=given)

    # Of REMOTE's the clients know none here.
    assert error["code"] == (code if code.startswith("PLATFORM") else None)
    assert ("look in Lever" in error["message"]) == (method == "POST")


def test_lists_do_not_wait_long_for_a_file_that_somebody_has_locked(api: Served) -> None:
    if not api.settings.tables_url.startswith("sqlite"):
        pytest.skip("there who reads waits for nobody")
    file = api.settings.tables_url.removeprefix("sqlite:///")
    for wait in (None, 4.0):  # what is not in use is closed: else nobody can have the file for himself
        make_engine(database_url(api.settings.tables_url), wait).dispose()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")  # as on a disk that can't do more
        assert api.ask("GET", "/v1/ats/tags").status_code == 200
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            paths = ["/v1/ats/tags", "/v1/check-api-key", "/v1/ats/jobs", "/v1/integrations"] * 2
            answers = list(pool.map(lambda path: api.ask("GET", path, timeout=60), paths))
        assert time.monotonic() - began < 8
        other.execute("ROLLBACK")
    for each in answers:
        assert each.status_code == 500, each.text
        assert "database can't be used" in each.json()["error"]["message"]
    assert api.ask("GET", "/v1/ats/tags").status_code == 200


def test_while_lever_takes_no_requests_a_client_is_told_so(api: Served) -> None:
    account, person = api.account, api.account.person()
    path, given = f"/v1/ats/candidates/{person.candidate}/tags", {"tag": {"name": fresh("tag")}}
    asked = {"method": "GET", "path": "/users"}
    with served(account, rate_limit=50) as here:
        account.sandbox.set_faults("429,times=1,path=/opportunities/*", "retry-after=600")
        assert here.error("POST", path, 503, json=given)["code"] == "REMOTE.RATE_LIMIT_EXCEEDED"
        account.sandbox.set_faults()
        began = time.monotonic()
        again = here.error("POST", path, 503, json=given)
        through = here.error("POST", "/v1/passthrough/lever/v1", 503, json=asked)
        assert time.monotonic() - began < KOMBOS_OWN_MS / 1000
    assert again["code"] == "REMOTE.RATE_LIMIT_EXCEEDED"
    assert through["code"] is None
    assert "takes none for another" in through["message"]


def test_actions_do_not_wait_for_a_sync(acting: Served) -> None:
    person, tag = acting.account.person(), fresh("tag")
    with acting.account.session() as session, session.alone():
        acting.data("POST", f"/v1/ats/candidates/{person.candidate}/tags", json={"tag": {"name": tag}})
    assert tag in acting.account.tags(person)


def test_an_action_outlives_a_database_that_is_started_anew(acting: Served) -> None:
    if not acting.settings.tables_url.startswith("postgresql"):
        pytest.skip("a file is not started anew")
    person, content = acting.account.person(), fresh("A note")
    acting.account.sandbox.set_faults(f"slow=2,endpoint={NOTE}")
    path = f"/v1/ats/applications/{person.application}/notes"
    found: list[Any] = []

    def note() -> None:
        found.append(acting.ask("POST", path, json={"content": content, "content_type": "PLAIN_TEXT"}))

    thread = threading.Thread(target=note)
    thread.start()
    time.sleep(1)
    with acting.account.session() as session, session.reading() as tx:
        tx.sql.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    thread.join()

    assert found[0].status_code == 200, found[0].text
    assert acting.account.notes(person).count(content) == 1
    assert acting.ask("GET", "/v1/check-api-key").status_code == 200
