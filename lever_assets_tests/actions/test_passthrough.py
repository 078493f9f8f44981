"""Any request reaches the Data API with the key, and only the Data API."""

import asyncio
import base64
import json
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.passthrough import passthrough, passthrough_with
from lever_assets.sandbox import Fault
from lever_assets_tests.actions.newcomers import open_job, somebody
from lever_assets_tests.actions.recruiting import Recruiting, client, fresh
from lever_assets_tests.meddling import Asked, Reply, meddling


def _pass(account: Recruiting, method: str, path: str, **given: Any) -> ActionAnswer:
    settings = account.settings(**given.pop("settings", {}))

    async def alone() -> ActionAnswer:
        async with client(settings) as lever:
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


QUERIES = [
    "tag=a&tag=b&tag=a",
    "b=1&a=2&b=3",
    "stage_id=&email&=x&&archived=",
    "tag=a%20b&tag=a+b&tag=%c3%bc&tag=%C3%BC&tag=%2B",
    "offset=%5B3%2C1%2C%22x%22%5D",
    "a=b=c&d=e;f&g=h/i?j:k@l,m!n$'()*",
    "broken=%zz&end=%",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_query_arrives_as_it_was_given(account: Recruiting, method: str, query: str) -> None:
    with meddling(account.sandbox.url) as between:
        answer = _pass(account, method, f"/nowhere?{query}", settings={"base_url": between.url})

    assert [each.query for each in between.asked] == [query]
    assert _data(answer)["url"] == f"{between.url}/nowhere?{query}"


def test_parameters_follow_those_in_the_path_in_their_order(account: Recruiting) -> None:
    params = {"z": ["2", "1", "2"], "a": "", "n": 5, "yes": True, "tag": "c d&e=ü"}
    with meddling(account.sandbox.url) as between:
        path = "/nowhere?tag=a&z=0"
        answer = _pass(account, "GET", path, params=params, settings={"base_url": between.url})

    sent = "tag=a&z=0&z=2&z=1&z=2&a=&n=5&yes=true&tag=c+d%26e%3D%C3%BC"
    assert [each.query for each in between.asked] == [sent]
    assert _data(answer)["status"] == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/users?a=b#c"},
        {"path": "/users?a=b c"},
        {"path": "/users?a=b\r\nX: y"},
        {"path": "/users?a=\x00"},
        {"path": "/users", "params": {"tag": []}},
        {"path": "/users", "params": {"tag": None}},
        {"path": "/users", "params": {"tag": [None]}},
    ],
)
def test_a_query_that_can_not_be_sent_as_it_is_is_refused(
    account: Recruiting, changes: dict[str, Any]
) -> None:
    account.sandbox.reset_requests()
    answer = _pass(account, "GET", **changes)

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"
    assert account.sandbox.requests().total == 0


def _through_tables(account: Recruiting, method: str, path: str, **given: Any) -> ActionAnswer:
    with account.session(**given.pop("settings", {})) as session:
        return passthrough(session, {"method": method, "path": path, **given})


def test_the_opportunity_that_was_written_to_is_read_again(account: Recruiting) -> None:
    person, text = account.person(), fresh("passed tag")
    path = f"/opportunities/{person.opportunity}/addTags"
    answer = _through_tables(account, "POST", path, data={"tags": [text]})

    assert (_data(answer)["status"], answer.warnings) == (200, ())
    assert text in account.tags(person)


def test_an_opportunity_that_was_made_is_read(account: Recruiting) -> None:
    body = {"name": fresh("Passed Through"), "emails": [f"{fresh('p').replace(' ', '')}@example.com"]}
    params = {"perform_as": somebody(account)}
    answer = _through_tables(account, "POST", "/opportunities", params=params, data=body)

    made = _data(answer)["data"]["data"]["id"]
    assert answer.warnings == ()
    assert made in [remote for _, remote in account.live_ids("candidates")]


def test_the_posting_that_was_written_to_is_read_again(account: Recruiting) -> None:
    ours, theirs = account.live_ids("jobs")[0]
    title = fresh("A job of another name")
    known = account.sandbox.get("postings", theirs)
    assert known is not None

    def renamed(asked: Asked, reply: Reply) -> Reply:
        """Lever lets postings be edited, the sandbox does not."""
        if asked.method != "PUT":
            return reply
        account.sandbox.edit("postings", theirs, {"text": title})
        return reply.giving(200, {"data": account.sandbox.get("postings", theirs)})

    try:
        with (
            meddling(account.sandbox.url, renamed) as between,
            account.session(base_url=between.url) as session,
        ):
            given = {"method": "PUT", "path": f"/postings/{theirs}", "data": {"text": title}}
            answer = passthrough(session, given)
        assert (_data(answer)["status"], answer.warnings) == (200, ())
        assert account.row("jobs", ours)["name"] == title
    finally:
        account.sandbox.edit("postings", theirs, {"text": known["text"]})


@pytest.mark.parametrize("way", ["contact", "form"])
def test_where_it_can_not_be_told_what_was_written_the_tables_follow_with_the_next_sync(
    account: Recruiting, way: str
) -> None:
    person = account.person()
    contact = account.read(f"/opportunities/{person.opportunity}")["contact"]
    newcomer = {"fullName": "Ada", "email": f"{fresh('ada').replace(' ', '.')}@example.com"}
    information = [{"name": name, "value": value} for name, value in newcomer.items()]
    method, path, data = {
        "contact": ("PUT", f"/contacts/{contact}", {"headline": "Moved on"}),
        "form": ("POST", f"/postings/{open_job(account)}/apply", {"personalInformation": information}),
    }[way]
    answer = _through_tables(account, method, path, data=data)

    assert _data(answer)["status"] in {200, 201}, answer.data
    assert ["tables follow with the next sync" in each for each in answer.warnings] == [True]


def test_a_write_that_can_not_be_read_again_is_a_success_that_says_so(account: Recruiting) -> None:
    path = f"/opportunities/{account.person().opportunity}/addTags"
    account.sandbox.set_faults(Fault(name="403", endpoint="GET /opportunities/:id", rate=1))
    answer = _through_tables(account, "POST", path, data={"tags": ["passed"]})

    assert _data(answer)["status"] == 200
    assert "after the next sync" in answer.warnings[0]


def test_what_lever_refused_and_what_only_reads_is_not_read_again(account: Recruiting) -> None:
    path = f"/opportunities/{account.person().opportunity}"
    for method, below in (("GET", ""), ("POST", "/addTags"), ("POST", "/nowhere")):
        account.sandbox.reset_requests()
        answer = _through_tables(account, method, path + below)
        assert account.sandbox.requests().total == 1
        assert answer.warnings == ()


def test_of_an_error_of_levers_own_it_is_said_that_it_may_have_been_done(account: Recruiting) -> None:
    path = f"/opportunities/{account.person().opportunity}/addTags"
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /opportunities/:id/addTags", rate=1))
    answer = _through_tables(account, "POST", path, data={"tags": ["passed"]})

    assert _data(answer)["status"] == 500
    assert "may have done it" in answer.warnings[0]
