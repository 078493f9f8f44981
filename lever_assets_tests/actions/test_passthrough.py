"""Any request reaches the Data API with the key, and only the Data API."""

import asyncio
import base64
import json
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.actions.envelope import ActionAnswer
from lever_assets.actions.passthrough import passthrough, passthrough_with
from lever_assets.sandbox import Fault
from lever_assets_tests.actions.newcomers import somebody
from lever_assets_tests.actions.recruiting import Recruiting, client


def _pass(account: Recruiting, method: str, path: str, **given: Any) -> ActionAnswer:
    async def alone() -> ActionAnswer:
        async with client(account.settings()) as lever:
            return await passthrough_with(lever, {"method": method, "path": path, **given})

    return asyncio.run(alone())


def _data(answer: ActionAnswer) -> dict[str, Any]:
    assert answer.data is not None, answer.error
    return answer.data


def test_a_read_comes_back_with_status_headers_and_json(account: Recruiting) -> None:
    with account.session() as session:
        given = {"method": "GET", "path": "/users?limit=2", "params": {"includeDeactivated": True}}
        got = _data(passthrough(session, given))

    assert got["status"] == 200
    assert got["url"] == f"{account.sandbox.url}/users?limit=2&includeDeactivated=true"
    assert got["headers"]["content-type"].startswith("application/json")
    assert len(got["data"]["data"]) == 2


def test_a_write_arrives(account: Recruiting) -> None:
    person = account.person()
    path = f"/opportunities/{person.opportunity}/notes"
    got = _data(_pass(account, "POST", path, data={"value": "Passed through"}))

    assert got["status"] == 201
    assert "Passed through" in account.notes(person)


def test_a_form_with_a_file_arrives_and_the_file_comes_back_in_base64(account: Recruiting) -> None:
    person = account.person()
    content = base64.b64encode(b"\x00\xffbytes").decode()
    file = {"name": "a.bin", "content_type": "application/octet-stream", "data": content}
    path = f"/opportunities/{person.opportunity}/files"
    body = {"multipart_form_data": [{"name": "file", "value": file}]}
    made = _data(_pass(account, "POST", path, params={"perform_as": somebody(account)}, **body))
    assert made["status"] == 201

    download = f"{path}/{made['data']['data']['id']}/download"
    assert _data(_pass(account, "GET", download, response_as_base64=True))["data"] == content


def test_a_refusal_of_levers_is_a_success_with_its_status(account: Recruiting) -> None:
    answer = _pass(account, "GET", "/opportunities/none")

    assert answer.envelope()["status"] == "success"
    assert _data(answer)["status"] == 404
    assert _data(answer)["data"]["code"] == "ResourceNotFound"


def test_a_request_is_sent_once(account: Recruiting) -> None:
    account.sandbox.set_faults(Fault(name="500", rate=1))
    account.sandbox.reset_requests()

    assert _data(_pass(account, "GET", "/users"))["status"] == 500
    assert account.sandbox.requests().total == 1


@pytest.mark.parametrize(
    ("method", "code"), [("GET", "REMOTE.SERVICE_UNAVAILABLE"), ("POST", "PLATFORM.TASK_TIMED_OUT")]
)
def test_no_answer_is_an_error_which_says_if_it_may_have_written(
    account: Recruiting, method: str, code: str
) -> None:
    account.sandbox.set_faults(Fault(name="reset", rate=1))
    answer = _pass(account, method, "/opportunities")

    assert answer.error is not None
    assert answer.error["code"] == code


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/v1/users",
        "//evil.example/users",
        "users",
        "",
        "/../admin",
        "/users/../../admin",
        "/users/%2e%2e/admin",
        "/a%3F/../../admin",
        "/a%253F/../../admin",
        "/a%3F//admin",
        "/users/%252e%252e/admin",
        "/users/..%2fadmin",
        "/users//admin",
        "/users\\..\\admin",
        "/users/%5c..",
        "/users#fragment",
        "/users\r\nHost: evil.example",
        "/users/%0d%0aX: y",
        "/us ers",
    ],
)
def test_no_path_leads_elsewhere(account: Recruiting, path: str) -> None:
    account.sandbox.reset_requests()
    answer = _pass(account, "GET", path)

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"
    assert account.sandbox.requests().total == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic other"},
        {"host": "evil.example"},
        {"Content-Length": "0"},
        {"Cookie": "x"},
        {"X-A": "b\r\nHost: evil.example"},
        {"X A": "b"},
    ],
)
def test_headers_of_the_connector_can_not_be_replaced(account: Recruiting, headers: dict[str, str]) -> None:
    answer = _pass(account, "GET", "/users", headers=headers)

    assert answer.error is not None
    assert "headers" in str(answer.error["message"])


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "TRACE"},
        {"params": {"a": {"b": 1}}},
        {"data": {}, "multipart_form_data": []},
        {"multipart_form_data": [{"name": "file", "value": {"name": "x", "data": "not base64!"}}]},
        {"surprise": 1},
    ],
)
def test_bad_input_is_refused(account: Recruiting, changes: dict[str, Any]) -> None:
    answer = _pass(account, **{"method": "POST", "path": "/uploads", **changes})

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"


def test_the_key_shows_nowhere(account: Recruiting) -> None:
    wrong = account.settings(api_key=SecretStr("wr0ng-and-s3cret"))

    async def alone() -> ActionAnswer:
        async with client(wrong) as lever:
            return await passthrough_with(lever, {"method": "GET", "path": "/users"})

    answer = asyncio.run(alone())
    assert _data(answer)["status"] == 401
    assert "wr0ng-and-s3cret" not in str(answer)


@pytest.mark.parametrize(
    "written",
    [
        {"params": {"perform_as": "{user}"}},
        {"params": {"perform_as": ["{user}"]}},
        {"query": "?perform_as={user}"},
        {"query": "?a=b&perform%5Fas={user}"},
        {"query": "?perform_as={active}&perform_as={user}"},
    ],
    ids=["parameter", "list", "in the path", "encoded", "twice"],
)
def test_nobody_writes_as_who_was_deactivated(account: Recruiting, written: dict[str, Any]) -> None:
    active, user = account.sandbox.ids("users")[:2]
    account.sandbox.edit("users", user, {"deactivatedAt": account.sandbox.now()})
    account.sandbox.reset_requests()
    path = f"/opportunities/{account.person().opportunity}/notes"
    filled = json.loads(json.dumps(written).replace("{user}", user).replace("{active}", active))
    query = filled.pop("query", "")
    try:
        answer = _pass(account, "POST", path + query, data={"value": "Nobody says this"}, **filled)
    finally:
        account.sandbox.edit("users", user, {"deactivatedAt": None})
    assert answer.error is not None
    assert f"The user {user} is deactivated in Lever" in str(answer.error["message"])
    assert all(each.startswith("GET ") for each in account.sandbox.requests().by_endpoint)


def test_a_user_whom_the_key_may_not_read_is_as_the_tables_have_them(account: Recruiting) -> None:
    users = account.read("/users", includeDeactivated="true")
    gone = next(each["id"] for each in users if each["deactivatedAt"])
    person = account.person()
    account.sandbox.set_quirks("denied=users")
    path = f"/opportunities/{person.opportunity}/notes"
    try:
        with account.session() as session:
            given = {"method": "POST", "path": path, "data": {"value": "Nobody's"}}
            refused = passthrough(session, {**given, "params": {"perform_as": gone}})
            taken = passthrough(session, {**given, "params": {"perform_as": somebody_else(users)}})
    finally:
        account.sandbox.set_quirks()
    assert "deactivated" in str(refused.error)
    assert _data(taken)["status"] == 201


def somebody_else(users: list[dict[str, Any]]) -> str:
    return next(str(each["id"]) for each in users if not each["deactivatedAt"])


def test_of_a_user_it_does_not_know_lever_says_so_itself(account: Recruiting) -> None:
    path = f"/opportunities/{account.person().opportunity}/notes"
    nobody = {"perform_as": "11111111-1111-4111-8111-111111111111"}
    answer = _pass(account, "POST", path, params=nobody, data={"value": "Nobody's"})
    assert _data(answer)["status"] == 400


def test_a_read_asks_for_no_user(account: Recruiting) -> None:
    account.sandbox.reset_requests()
    _data(_pass(account, "GET", "/postings", params={"perform_as": "whoever"}))
    assert account.sandbox.requests().total == 1
