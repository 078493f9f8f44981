"""A write goes out once unless nothing can have come of it, or it may be done twice."""

import email.policy
import json
import socket
from email import message_from_bytes

import pytest

from lever_assets.lever import (
    LeverError,
    NotFoundError,
    OutcomeUnknownError,
    Outgoing,
    PermissionMissingError,
    RateLimitedError,
    RateLimiter,
    RequestRejectedError,
    UnavailableError,
    Upload,
)
from lever_assets.lever.pacing import LocalPace
from lever_assets_tests.lever import scripted
from lever_assets_tests.lever.scripted import HASTY, KEY, Answer, answer, client, data, scripted_lever

NOTE = Outgoing("POST", "/opportunities/o1/notes", {"perform_as": "u1"}, json={"value": "Grüße"})
TAG = Outgoing("POST", "/opportunities/o1/addTags", json={"tags": ["x"]})
STAGE = Outgoing("PUT", "/opportunities/o1/stage", json={"stage": "offer"})
DELETION = Outgoing("DELETE", "/opportunities/o1/notes/n1")

DOUBTFUL = {
    "500": answer(500, {}),
    "502": answer(502, b"<html>"),
    "408": answer(408, {}),
    "reset": scripted.RESET,
    "closed": scripted.CLOSED,
    "truncated": scripted.TRUNCATED,
    "not HTTP": scripted.NOT_HTTP,
    "not JSON": answer(201, b"<html>"),
    "slow": Answer(data({}).raw, delay=1.0),
}


@pytest.mark.parametrize("trouble", DOUBTFUL.values(), ids=DOUBTFUL.keys())
async def test_a_post_that_may_have_happened_is_never_sent_again(trouble: Answer) -> None:
    async with scripted_lever(trouble, data({"id": "n2"})) as lever, client(lever.url, timeout=0.3) as writer:
        with pytest.raises(OutcomeUnknownError, match="look in Lever whether it happened"):
            await writer.send(NOTE)
    assert len(lever.asked) == 1


@pytest.mark.parametrize("request_", [TAG, STAGE, DELETION], ids=["addTags", "PUT", "DELETE"])
@pytest.mark.parametrize("trouble", DOUBTFUL.values(), ids=DOUBTFUL.keys())
async def test_what_may_be_done_twice_is_sent_again(request_: Outgoing, trouble: Answer) -> None:
    async with scripted_lever(trouble, data({})) as lever, client(lever.url, timeout=0.3) as writer:
        assert (await writer.send(request_)).status == 200
    assert len(lever.asked) == 2


async def test_a_deletion_whose_first_try_may_have_done_it_is_done_when_nothing_is_there() -> None:
    gone = answer(404, {"code": "ResourceNotFound", "message": "Not found"})
    async with scripted_lever(DOUBTFUL["500"], gone) as lever, client(lever.url) as writer:
        assert (await writer.send(DELETION)).status == 404
    async with scripted_lever(gone) as lever, client(lever.url) as writer:
        with pytest.raises(NotFoundError):
            await writer.send(DELETION)


@pytest.mark.parametrize("refusal", [400, 401, 403, 404, 409])
async def test_a_refusal_of_the_second_try_says_nothing_of_the_first(refusal: int) -> None:
    refused = answer(refusal, {"code": "Refused", "message": "No"})
    async with scripted_lever(DOUBTFUL["reset"], refused) as lever, client(lever.url) as writer:
        with pytest.raises(OutcomeUnknownError) as raised:
            await writer.send(STAGE)
    assert not raised.value.over
    assert len(lever.asked) == 2


async def test_a_repeatable_write_that_never_succeeds_is_doubtful_too() -> None:
    async with scripted_lever(answer(500, {})) as lever, client(lever.url) as writer:
        with pytest.raises(OutcomeUnknownError) as raised:
            await writer.send(STAGE)
    assert len(lever.asked) == HASTY.attempts
    assert raised.value.over


@pytest.mark.parametrize(
    ("trouble", "over"), [("500", True), ("502", False), ("reset", False), ("slow", False)]
)
async def test_only_an_answer_of_levers_own_ends_the_exchange(trouble: str, over: bool) -> None:
    async with scripted_lever(DOUBTFUL[trouble]) as lever, client(lever.url, timeout=0.3) as writer:
        with pytest.raises(OutcomeUnknownError) as raised:
            await writer.send(NOTE)
    assert raised.value.over is over


async def test_a_429_is_waited_out() -> None:
    answers = (answer(429, {}), answer(429, {}), data({"id": "n1"}))
    async with scripted_lever(*answers) as lever, client(lever.url) as writer:
        assert (await writer.send(NOTE)).data == {"id": "n1"}
    assert len(lever.asked) == 3


async def test_lasting_429_is_no_doubt() -> None:
    async with scripted_lever(answer(429, {})) as lever, client(lever.url) as writer:
        with pytest.raises(RateLimitedError):
            await writer.send(NOTE)


async def test_doubt_outlives_a_429() -> None:
    async with scripted_lever(answer(500, {}), answer(429, {})) as lever, client(lever.url) as writer:
        with pytest.raises(OutcomeUnknownError):
            await writer.send(STAGE)


async def test_without_a_connection_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with client(f"http://127.0.0.1:{port}/v1") as writer:
        with pytest.raises(UnavailableError, match="can't be reached") as raised:
            await writer.send(NOTE)
        assert writer.traffic.requests == HASTY.attempts
    assert not raised.value.sent


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RequestRejectedError), (403, PermissionMissingError), (404, NotFoundError)],
)
async def test_a_refusal_is_final(status: int, kind: type[LeverError]) -> None:
    async with scripted_lever(answer(status, {"message": f"no {KEY}"})) as lever, client(lever.url) as writer:
        with pytest.raises(kind) as raised:
            await writer.send(NOTE)
    assert len(lever.asked) == 1
    assert KEY not in str(raised.value)
    assert "perform_as" not in str(raised.value)


async def test_the_body_and_the_query_arrive_as_given() -> None:
    async with scripted_lever(data({"id": "n1"}, deduped=True)) as lever, client(lever.url) as writer:
        given = await writer.send(NOTE)
    (asked,) = lever.asked
    assert (asked.method, asked.path, asked.params) == (
        "POST",
        "/v1/opportunities/o1/notes",
        {"perform_as": ["u1"]},
    )
    assert json.loads(asked.body) == {"value": "Grüße"}
    assert asked.headers["content-type"] == "application/json"
    assert given.data == {"id": "n1"}
    assert given.beside == {"deduped": True}


async def test_an_empty_answer_is_an_answer() -> None:
    empty = Answer(b"HTTP/1.1 204 No Content\r\n\r\n")
    async with scripted_lever(empty) as lever, client(lever.url) as writer:
        given = await writer.send(DELETION)
    assert (given.status, given.data) == (204, None)


async def test_a_file_goes_along_in_a_form_and_again_when_it_has_to() -> None:
    content = bytes(range(256)) * 4000
    upload = Upload("Lebenslauf – Zoë.pdf", content, "application/pdf")
    request = Outgoing("POST", "/opportunities/o1/files", fields={"a": "b"}, files=(("file", upload),))
    async with scripted_lever(answer(429, {}), data({"id": "f1"})) as lever, client(lever.url) as writer:
        await writer.send(request)
    for asked in lever.asked:
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        field, file = message_from_bytes(head + asked.body, policy=email.policy.default).iter_parts()
        assert field.get_content() == "b"
        assert file.get_content_type() == "application/pdf"
        assert file.get_content() == content
    assert len(lever.asked) == 2
    assert repr(content)[:20] not in repr(request)


async def test_each_write_has_a_connection_of_its_own() -> None:
    async with scripted_lever(data({})) as lever, client(lever.url) as writer:
        await writer.send(TAG)
        await writer.send(TAG)
    assert [asked.headers.get("connection") for asked in lever.asked] == ["close", "close"]


async def test_applications_through_a_posting_wait_for_their_own_allowance() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    clock = [1000.0]
    own = RateLimiter(2, 1, LocalPace(clock=lambda: clock[0]), sleep=sleep)
    async with scripted_lever(data({})) as lever, client(lever.url, apply_limiter=own) as writer:
        for _ in range(3):
            await writer.send(Outgoing("POST", "/postings/p1/apply", json={}))
        await writer.send(TAG)
    assert slept == pytest.approx([0.5, 0.5], rel=0.01)
