import asyncio
import base64
import gzip
import json
from urllib.parse import unquote

import pytest

from lever_assets.lever import InterceptedError, LeverError, MalformedError, NotFoundError, Params
from lever_assets.lever.paths import path_to
from lever_assets_tests.lever.builders import uuid
from lever_assets_tests.lever.scripted import HASTY, KEY, Answer, answer, client, data, scripted_lever

# As Lever's are: a keyset, percent-encoded. What comes must go back unchanged.
OFFSET = "%5B3%2C1491435120000%2C%22a+b%26c%3D%2525%22%5D"


async def test_get_returns_what_is_under_data() -> None:
    async with scripted_lever(data({"id": "x"})) as lever, client(lever.url) as reader:
        assert await reader.get("/users/x") == {"id": "x"}
    assert lever.asked[0].path == "/v1/users/x"


async def test_the_key_is_the_basic_user_name_with_an_empty_password() -> None:
    async with scripted_lever(data([])) as lever, client(lever.url + "/") as reader:
        await reader.get("/users")
    scheme, credentials = lever.asked[0].headers["authorization"].split()
    assert (scheme, base64.b64decode(credentials)) == ("Basic", f"{KEY}:".encode())


async def test_pages_are_followed_to_the_end_with_opaque_offsets() -> None:
    answers = (data([{"id": "1"}], hasNext=True, next=OFFSET), data([{"id": "2"}], hasNext=False))
    async with scripted_lever(*answers) as lever, client(lever.url) as reader:
        pages = [page async for page in reader.pages("/opportunities", {"expand": ["stage", "contact"]})]
    assert [(page.records, page.next) for page in pages] == [([{"id": "1"}], OFFSET), ([{"id": "2"}], None)]
    assert [asked.params for asked in lever.asked] == [
        {"limit": ["100"], "expand": ["stage", "contact"]},
        {"limit": ["100"], "expand": ["stage", "contact"], "offset": [OFFSET]},
    ]


async def test_pages_begin_at_a_given_offset() -> None:
    async with scripted_lever(data([], hasNext=False)) as lever, client(lever.url) as reader:
        assert [page.records async for page in reader.pages("/users", offset=OFFSET)] == [[]]
    assert lever.asked[0].params["offset"] == [OFFSET]


async def test_a_list_without_has_next_is_one_page() -> None:
    async with scripted_lever(data([{"id": "1"}, {"id": "2"}])) as lever, client(lever.url) as reader:
        assert await reader.list_all("/webhooks") == [{"id": "1"}, {"id": "2"}]
    assert len(lever.asked) == 1


async def test_a_page_that_gives_itself_as_the_next_ends_in_an_error() -> None:
    async with scripted_lever(data([], hasNext=True, next="same")) as lever, client(lever.url) as reader:
        with pytest.raises(MalformedError, match="gives itself as the next"):
            await reader.list_all("/opportunities")
    assert len(lever.asked) == 2


@pytest.mark.parametrize(
    "shape",
    [data({"id": "1"}), data(["text"]), data([], hasNext=True), data([], hasNext=True, next=7)],
    ids=["an object", "not objects", "more pages but no offset", "offset that is no text"],
)
async def test_a_list_of_the_wrong_shape_is_malformed(shape: Answer) -> None:
    async with scripted_lever(shape) as lever, client(lever.url) as reader:
        with pytest.raises(MalformedError, match=r"can't be read.*GET /opportunities"):
            await reader.list_all("/opportunities")


@pytest.mark.parametrize("body", [b"[1]", b'{"code": "x"}', b'{"data": 3}', b'"text"', b"null"])
async def test_an_answer_without_data_is_malformed_after_a_few_tries(body: bytes) -> None:
    async with scripted_lever(answer(200, body)) as lever, client(lever.url) as reader:
        with pytest.raises(MalformedError):
            await reader.get("/users")
    assert len(lever.asked) == HASTY.malformed_attempts


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"data": [NaN]}', b'{"data": [{"id"'])
async def test_an_answer_that_is_not_json_is_an_outage_after_a_few_tries(body: bytes) -> None:
    async with scripted_lever(answer(200, body)) as lever, client(lever.url) as reader:
        with pytest.raises(InterceptedError):
            await reader.get("/users")
    assert len(lever.asked) == HASTY.attempts


async def test_half_an_emoji_does_not_cost_the_page() -> None:
    body = (
        rb'{"data": [{"name": "cut \ud83d"}, {"name": "whole \ud83d\ude00"}, {"name": "caf\u00e9 \\ud83d"}]}'
    )
    async with scripted_lever(answer(200, body)) as lever, client(lever.url) as reader:
        names = [record["name"] for record in await reader.list_all("/opportunities")]
    assert names == ["cut \ufffd", "whole 😀", "café \\ud83d"]


async def test_compressed_answers_are_read_and_counted_as_they_came() -> None:
    body = gzip.compress(json.dumps({"data": [{"id": "x" * 5000}]}).encode())
    async with (
        scripted_lever(answer(200, body, {"content-encoding": "gzip"})) as lever,
        client(lever.url) as reader,
    ):
        assert await reader.list_all("/users") == [{"id": "x" * 5000}]
        assert reader.traffic.received_bytes == len(body)


async def test_parameters_are_written_as_lever_wants_them() -> None:
    params: Params = {
        "archived": False,
        "updated_at_start": 1_767_225_600_000,
        "tag": ["a&b", "ü"],
        "owner": None,
    }
    async with scripted_lever(data([])) as lever, client(lever.url) as reader:
        await reader.get("/opportunities", params)
    assert lever.asked[0].params == {
        "archived": ["false"],
        "updated_at_start": ["1767225600000"],
        "tag": ["a&b", "ü"],
    }


async def test_no_more_requests_are_under_way_than_allowed() -> None:
    async with (
        scripted_lever(answer(200, {"data": []}, delay=0.02)) as lever,
        client(lever.url, concurrency=3) as reader,
    ):
        await asyncio.gather(*(reader.get("/users") for _ in range(12)))
    assert lever.most_at_once == 3


async def test_traffic_is_counted_by_endpoint() -> None:
    async with scripted_lever(data([]), answer(429, {}), data([])) as lever, client(lever.url) as reader:
        await reader.get(f"/opportunities/{uuid('a')}/offers")
        before = reader.traffic.snapshot()
        await reader.get(f"/opportunities/{uuid('b')}/offers")
    whole, since = reader.traffic.snapshot(), reader.traffic.since(before)
    assert dict(whole.by_endpoint) == {"/opportunities/:id/offers": 3}
    assert (whole.requests, whole.retries, whole.rejected) == (3, 1, 1)
    assert (since.requests, since.retries, since.rejected) == (2, 1, 1)
    assert dict(since.by_endpoint) == {"/opportunities/:id/offers": 2}
    assert whole.received_bytes == before.received_bytes + since.received_bytes > 0


async def test_a_cookie_is_not_sent_back() -> None:
    async with (
        scripted_lever(answer(200, {"data": []}, {"set-cookie": "a=b"})) as lever,
        client(lever.url.replace("127.0.0.1", "localhost")) as reader,
    ):
        await reader.get("/users")
        await reader.get("/users")
    assert "cookie" not in lever.asked[1].headers


@pytest.mark.parametrize("remote_id", ["a/b", "..", ".", "a?b", "50%25", "line\nbreak", "ü", "a b#c"])
async def test_an_odd_id_goes_over_the_wire_as_one_segment(remote_id: str) -> None:
    async with scripted_lever(data([])) as lever, client(lever.url) as reader:
        await reader.get(path_to("opportunities", remote_id, "offers"))
    *_, segment, last = lever.asked[0].path.split("/")
    assert (unquote(segment), last) == (remote_id, "offers")
    assert lever.asked[0].path.count("/") == 4
    assert lever.asked[0].params == {}


async def test_a_missing_record_is_not_asked_for_again() -> None:
    async with (
        scripted_lever(answer(404, {"code": "ResourceNotFound", "message": "none"})) as lever,
        client(lever.url) as reader,
    ):
        with pytest.raises(NotFoundError, match=r"\(GET /contacts/x, status 404\)"):
            await reader.get("/contacts/x")
    assert len(lever.asked) == 1


@pytest.mark.parametrize(
    "url",
    ["", "api.lever.co/v1", "ftp://api.lever.co", "https://", f"https://{KEY}@api.lever.co", "https://x:y"],
)
def test_a_base_url_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(LeverError, match="set LEVER_BASE_URL") as caught:
        client(url)
    assert KEY not in str(caught.value)
