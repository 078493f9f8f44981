"""Each code of the unified API, as it comes about, and how Kombo's client takes it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kombo.errors import KomboAtsError, KomboAtsErrorData, KomboGeneralErrorData
from sqlalchemy import text

from lever_assets.api.errors import ApiError, Code, Family
from lever_assets.api.serving import ServingError, listen
from lever_assets.connect.connections import connect_by_key, enable, wanted_connection
from lever_assets.store import Store
from lever_assets.unified.ids import integration_id
from lever_assets_tests.actions.newcomers import newcomer, open_job
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.served import Served, served

NOTE = "POST /opportunities/:id/notes"


def _noted(api: Served, status: int, *faults: str, **options: Any) -> Any:
    """Add a note while Lever misbehaves."""
    person = api.account.person()
    api.account.sandbox.set_faults(*faults)
    given = {"content": fresh("A note"), "content_type": "PLAIN_TEXT"}
    return api.error(
        "POST", f"/v1/ats/applications/{person.application}/notes", status, json=given, **options
    )


def _with(api: Served, status: int, **settings: Any) -> Any:
    given = {"perform_as": api.settings.perform_as, **settings}
    with served(api.account, **given) as here:
        return _noted(here, status)


def _closed_job(api: Served) -> Any:
    given = {"candidate": newcomer()}
    path = f"/v1/ats/jobs/remote:{open_job(api.account, state='closed')}/applications"
    return api.error("POST", path, 400, json=given)


def _applied_twice(api: Served) -> Any:
    given = {"candidate": newcomer()}
    path = f"/v1/ats/jobs/remote:{open_job(api.account)}/applications"
    api.data("POST", path, json=given)
    given["candidate"]["title"] = "Another one"
    return api.error("POST", path, 400, json=given)


def _malformed(api: Served) -> Any:
    person = api.account.person()
    api.account.sandbox.set_faults("endless=1,path=/opportunities/*/files")
    return api.error("GET", f"/v1/ats/candidates/{person.candidate}/attachments", 502)


def _switched_off(api: Served) -> Any:
    return _of_another(api, 400, off=True)


def _never_synced(api: Served) -> Any:
    return _of_another(api, 409, off=False)


def _of_another(api: Served, status: int, *, off: bool) -> Any:
    """Ask a connection of its own name, which was never read."""
    name = fresh("another").replace(" ", "_")
    with api.account.session() as session:
        key = api.settings.api_key
        assert key is not None
        wanted = wanted_connection(session.store, api.settings, name)
        connect_by_key(session.store, api.settings, wanted, key)
        enable(session.store, name, enabled=not off)
    time.sleep(1.1)  # connections are looked for once a second
    return _noted(api, status, integration=integration_id(name))


PROVOKED: dict[Code, Callable[[Served], Any]] = {
    Code.INTEGRATION_NOT_FOUND: lambda api: _noted(api, 404, integration="lever:nobody"),
    Code.INPUT_INVALID: lambda api: _noted(api, 400, integration=None),
    Code.IP_NOT_ALLOWED: lambda api: _with(api, 403, api_allow=("10.0.0.0/8",)),
    Code.KEY_INVALID: lambda api: _noted(api, 401, key="another"),
    # Done or not, nobody knows: the answer was cut off, and the notes may not be read.
    Code.TIMED_OUT: lambda api: _noted(
        api, 504, f"reset=1,when=after,endpoint={NOTE}", "403=1,endpoint=GET /opportunities/:id/notes"
    ),
    Code.PERMISSION_MISSING: lambda api: _noted(api, 403, f"403=1,endpoint={NOTE}"),
    Code.CREDENTIALS_REFUSED: lambda api: _noted(api, 400, f"401=1,endpoint={NOTE}"),
    Code.SYNC_PENDING: _never_synced,
    Code.SETUP_INCOMPLETE: lambda api: _with(api, 409, api_key=None),
    Code.INACTIVE: _switched_off,
    Code.ACTION_NOT_AVAILABLE: lambda api: api.error(
        "POST", "/v1/ats/import-tracked-application", 400, json={}
    ),
    Code.ACTION_DISABLED: lambda api: _with(api, 400, api_exclude_actions=("add_application_note",)),
    Code.REMOTE_UNAVAILABLE: lambda api: _with(api, 503, base_url="http://127.0.0.1:9/v1"),
    Code.REMOTE_RATE_LIMITED: lambda api: _noted(api, 503, f"429=1,endpoint={NOTE}"),
    Code.REMOTE_INPUT_INVALID: lambda api: _noted(api, 400, f"400=1,endpoint={NOTE}"),
    Code.REMOTE_UNKNOWN: _malformed,
    Code.JOB_CLOSED: _closed_job,
    Code.ALREADY_APPLIED: _applied_twice,
}
ELSEWHERE = {
    Code.CONCURRENCY: "below, with actions that are under way",
    Code.UNKNOWN_ERROR: "below, with a database that lacks a table",
    Code.MODEL_NOT_AVAILABLE: "a list of something that Lever does not have: the tests of the reads",
    Code.MODEL_DISABLED: "a list of what LEVER_EXCLUDE leaves out: the tests of the reads",
    Code.RATE_LIMITED: "where LEVER_API_RATE_LIMIT is set: the tests of limits",
    Code.QA_FAILED: "never: Kombo's staff judges an integration, and here nobody does",
}


def test_no_code_is_forgotten() -> None:
    assert {*PROVOKED, *ELSEWHERE} == {*Code}


@pytest.mark.parametrize("code", PROVOKED)
def test_it_comes_about(acting: Served, code: Code) -> None:
    error = PROVOKED[code](acting)

    assert error["code"] == code.value
    assert error["title"]
    for inside in ("lever_assets/", "Traceback", "sqlalchemy", str(acting.account.folder)):
        assert inside not in error["message"]


@pytest.mark.parametrize("code", Code)
def test_kombos_client_knows_every_code(code: Code) -> None:
    """Also those that never come from here."""
    for family, known in ((Family.ATS, KomboAtsErrorData), (Family.GENERAL, KomboGeneralErrorData)):
        answer = ApiError(code, "Because.").response(family)
        error: Any = known.model_validate_json(bytes(answer.body)).error
        assert error.code == (code.value if family.has(code) else None)
        assert answer.status_code >= 400


def test_kombos_client_raises_its_own_error(acting: Served) -> None:
    with acting.client() as kombo, pytest.raises(KomboAtsError) as raised:
        kombo.ats.add_candidate_tag(candidate_id="remote:nobody-at-all", tag={"name": "x"})
    assert raised.value.data.error.code == "PLATFORM.INPUT_INVALID"


def test_more_actions_than_may_be_at_once_are_refused_and_told(acting: Served) -> None:
    people = [acting.account.person() for _ in range(3)]
    acting.account.sandbox.set_faults(f"slow=2,endpoint={NOTE}")
    with (
        served(acting.account, perform_as=acting.settings.perform_as, api_concurrency=2) as here,
        ThreadPoolExecutor(3) as pool,
    ):

        def note(number: int) -> Any:
            path = f"/v1/ats/applications/{people[number].application}/notes"
            return here.ask("POST", path, json={"content": fresh("note"), "content_type": "PLAIN_TEXT"})

        under_way = [pool.submit(note, each) for each in (0, 1)]
        time.sleep(1)
        refused = note(2)
        found = [each.result() for each in under_way]
        # The reads of the same integration are not held up, and neither is what comes after.
        after = note(2)

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == Code.CONCURRENCY.value
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["concurrency-remaining"] == "0"
    assert [each.status_code for each in found] == [200, 200]
    assert {each.headers["concurrency-limit"] for each in found} == {"2"}
    assert sorted(each.headers["concurrency-remaining"] for each in found) == ["0", "1"]
    assert after.status_code == 200


def test_actions_of_other_processes_count(acting: Served) -> None:
    first, second = acting.account.person(), acting.account.person()
    acting.account.sandbox.set_faults(f"slow=3,endpoint={NOTE}")
    given = {"perform_as": acting.settings.perform_as, "api_concurrency": 1}
    # Two servers on one database, as two workers are.
    with served(acting.account, **given) as one, served(acting.account, **given) as other:

        def note(api: Served, application: str) -> Any:
            path = f"/v1/ats/applications/{application}/notes"
            return api.ask("POST", path, json={"content": fresh("note"), "content_type": "PLAIN_TEXT"})

        thread = threading.Thread(target=note, args=(one, first.application))
        thread.start()
        time.sleep(1)
        refused = note(other, second.application)
        thread.join()

    assert refused.status_code == 429


def test_a_database_that_can_not_be_used_says_nothing_of_the_inside(api: Served) -> None:
    person = api.account.person()
    store = Store.open(api.settings.tables_url)
    with store.writing("") as tx:
        tx.sql.execute(text("ALTER TABLE action_ledger RENAME TO gone"))
    try:
        path = f"/v1/ats/candidates/{person.candidate}/tags"
        error = api.error("POST", path, 500, json={"tag": {"name": "x"}})
    finally:
        with store.writing("") as tx:
            tx.sql.execute(text("ALTER TABLE gone RENAME TO action_ledger"))
        store.close()

    assert error["code"] == Code.UNKNOWN_ERROR.value
    assert "action_ledger" not in error["message"]
    assert "log" in error["message"]


def test_an_action_that_does_not_exist_can_not_be_left_out(shared: Served) -> None:
    with pytest.raises(ServingError, match=r"no_such_action.*add_application_note"):
        listen(shared.account.settings(api_exclude_actions=("no_such_action",)), "127.0.0.1", 0)
