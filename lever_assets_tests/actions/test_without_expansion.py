"""Applications that Lever does not bring along inside an opportunity are asked for, and no answer that can't
be read leads to a decision."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.lever import JsonObject
from lever_assets_tests.actions.newcomers import applications_of, creation, open_job, somebody
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh
from lever_assets_tests.meddling import NOT_FOUND, Asked, Change, Meddler, Reply, meddling

SINGLE = re.compile(r"/opportunities/[0-9a-f-]{36}")
FORBIDDEN: JsonValue = {"code": "Forbidden", "message": "applications:read:admin is missing"}
BAD: JsonValue = {"code": "BadRequestError", "message": "Bad request"}


def refusing(status: int, body: JsonValue) -> Change:
    """Refuse the expansion."""
    return lambda asked, reply: reply.giving(status, body) if "expand" in asked.params else reply


def altering(alter: Callable[[JsonObject], JsonValue]) -> Change:
    """Give the applications of opportunities otherwise, as far as they are expanded."""

    def whole(record: JsonValue) -> JsonValue:
        assert isinstance(record, dict)
        rest = {name: value for name, value in record.items() if name != "applications"}
        applications = alter(record)
        return rest if applications is None else {**rest, "applications": applications}

    def change(asked: Asked, reply: Reply) -> Reply:
        if "expand" not in asked.params:
            return reply
        data = reply.json["data"]
        return reply.of([whole(each) for each in data] if isinstance(data, list) else whole(data))

    return change


def ids(record: JsonObject) -> JsonValue:
    listed: Any = record["applications"]
    return [each["id"] for each in listed]


WAYS = {
    "403": refusing(403, FORBIDDEN),
    "400": refusing(400, BAD),
    "ids alone": altering(ids),
    "left out": altering(lambda _: None),
}


@pytest.fixture
def meddler(account: Recruiting) -> Iterator[Meddler]:
    with meddling(account.sandbox.url) as between:
        yield between


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def unexpanded(request: pytest.FixtureRequest, meddler: Meddler) -> Meddler:
    meddler.change = request.param
    return meddler


def move(account: Recruiting, person: Person) -> dict[str, Any]:
    before = account.read(f"/opportunities/{person.opportunity}")["stage"]
    stage = next(ours for ours, theirs in account.live_ids("application_stages") if theirs != before)
    return {"application_id": person.application, "stage_id": stage}


def writes(meddler: Meddler) -> list[str]:
    return [each.path for each in meddler.asked if each.method != "GET"]


def test_an_application_is_moved(account: Recruiting, unexpanded: Meddler) -> None:
    person = account.person()
    given = move(account, person)
    answer = account.run("move_application_to_stage", given, settings={"base_url": unexpanded.url})
    assert answer.succeeded, answer.error
    stage = account.read(f"/opportunities/{person.opportunity}")["stage"]
    assert stage == account.row("application_stages", given["stage_id"])["remote_id"]


def test_an_archived_application_is_found_out(account: Recruiting, unexpanded: Meddler) -> None:
    person = account.person()
    reason = account.sandbox.ids("archive_reasons")[0]
    archived = {"archived": {"reason": reason, "archivedAt": account.sandbox.now()}}
    account.sandbox.edit("applications", person.remote_application, archived)
    given = move(account, person)
    answer = account.run("move_application_to_stage", given, settings={"base_url": unexpanded.url})
    assert answer.error is not None
    assert answer.error["title"] == "The application is archived"
    assert writes(unexpanded) == []


def test_who_has_applied_is_not_created_again(account: Recruiting, unexpanded: Meddler) -> None:
    given = creation(open_job(account))
    how = {"settings": {"base_url": unexpanded.url}, "perform_as": somebody(account)}
    first = account.run("create_application", given, **how)
    assert first.succeeded, first.error
    again = account.run("create_application", given, idempotency_key=fresh("again"), **how)
    assert again.error is not None
    assert again.error["code"] == "ATS.APPLICATION_ALREADY_EXISTS"
    assert len(applications_of(account, given)) == 1


def test_a_creation_nobody_heard_of_is_found(account: Recruiting, unexpanded: Meddler) -> None:
    given = creation(open_job(account))
    account.sandbox.set_faults("500=1,when=after,endpoint=POST /opportunities,times=1")
    how = {"settings": {"base_url": unexpanded.url}, "perform_as": somebody(account)}
    answer = account.run("create_application", given, **how)
    assert answer.succeeded, answer.error
    assert writes(unexpanded).count("/opportunities") == 1
    assert len(applications_of(account, given)) == 1


def singly(data: JsonValue) -> Change:
    """Answer the single reads of opportunities with this."""
    return lambda asked, reply: reply.of(data) if SINGLE.fullmatch(asked.path) else reply


@pytest.mark.parametrize(
    "wrong", [[], "text", {"id": "another", "archived": None, "applications": []}, {"archived": None}]
)
def test_what_is_not_the_opportunity_that_was_asked_for_decides_nothing(
    account: Recruiting, meddler: Meddler, wrong: JsonValue
) -> None:
    given = move(account, account.person())
    meddler.change = singly(wrong)
    answer = account.run("move_application_to_stage", given, settings={"base_url": meddler.url})
    assert answer.error is not None
    assert answer.error["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert writes(meddler) == []


@pytest.mark.parametrize("name", ["add_candidate_tag", "remove_candidate_tag"])
def test_what_is_not_the_opportunity_does_not_tell_whether_a_write_happened(
    account: Recruiting, meddler: Meddler, name: str
) -> None:
    person, tag = account.person(), f"said of another: {name}"
    other = account.read(f"/opportunities/{account.person().opportunity}")
    given = {"candidate_id": person.candidate, "tag": {"name": tag}}
    verb = "addTags" if name.startswith("add") else "removeTags"
    if verb == "removeTags":
        assert account.run("add_candidate_tag", given).succeeded
    account.sandbox.set_faults(f"500=1,when=before,endpoint=POST /opportunities/:id/{verb}")
    others = singly({**other, "tags": [tag] if verb == "addTags" else []})
    meddler.change = lambda asked, reply: others(asked, reply) if writes(meddler) else reply
    answer = account.run(name, given, settings={"base_url": meddler.url})
    assert answer.error is not None
    assert answer.error["title"] == "Outcome unknown"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, FORBIDDEN, "INTEGRATION.PERMISSION_MISSING"),
        (500, BAD, "REMOTE.SERVICE_UNAVAILABLE"),
        (200, {"data": []}, "REMOTE.UNKNOWN_HTTP_ERROR"),
        (404, NOT_FOUND, "PLATFORM.INPUT_INVALID"),
    ],
)
def test_applications_that_can_not_be_read_decide_nothing(
    account: Recruiting, meddler: Meddler, status: int, body: JsonValue, code: str
) -> None:
    given = move(account, account.person())

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path.endswith("/applications"):
            return reply.giving(status, body)
        return altering(ids)(asked, reply)

    meddler.change = change
    answer = account.run("move_application_to_stage", given, settings={"base_url": meddler.url})
    assert answer.error is not None
    assert answer.error["code"] == code
    assert writes(meddler) == []
