"""Along the pages of a list: what is empty is passed, what is refused is begun anew, what has no end ends."""

from itertools import count

import pytest
from pydantic import JsonValue

from lever_assets.lever import BrokenListError, MalformedError, NotFoundError, RequestRejectedError
from lever_assets_tests.lever.scripted import HASTY, Answer, answer, client, data, scripted_lever

FORGOTTEN = answer(400, {"code": "BadRequestError", "message": "Invalid offset token"})


def page(*ids: str, following: str | None = None) -> Answer:
    records: list[JsonValue] = [{"id": each} for each in ids]
    return data(records, hasNext=True, next=following) if following else data(records, hasNext=False)


def on_page(number: int, *ids: str) -> Answer:
    return page(*ids, following=f"token {number}")


async def read(*answers: Answer) -> list[str]:
    """Return the ids of the list that these answers make."""
    async with scripted_lever(*answers) as lever, client(lever.url) as reader:
        return [str(each["id"]) for each in await reader.list_all("/opportunities")]


async def test_an_empty_page_with_more_to_come_is_followed() -> None:
    assert await read(on_page(1), on_page(2, "a"), on_page(3), on_page(4), page("b")) == ["a", "b"]


@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_a_token_that_is_refused_in_the_middle_begins_the_list_anew(status: int) -> None:
    refused = answer(status, {"message": "Invalid offset token"})
    assert await read(on_page(1, "a"), refused, on_page(2, "a"), page("b")) == ["a", "b"]


async def test_a_list_that_is_begun_anew_says_so() -> None:
    answers = (on_page(1, "a"), FORGOTTEN, on_page(2, "a"), page("b"))
    async with scripted_lever(*answers) as lever, client(lever.url) as reader:
        pages = [(each.records[0]["id"], each.first) async for each in reader.pages("/users")]
    assert pages == [("a", True), ("a", True), ("b", False)]
    assert [asked.params.get("offset") for asked in lever.asked] == [None, ["token 1"], None, ["token 2"]]


async def test_a_stored_token_that_is_refused_begins_the_list_anew() -> None:
    async with scripted_lever(FORGOTTEN, page("a")) as lever, client(lever.url) as reader:
        pages = [each async for each in reader.pages("/users", offset="of yesterday")]
    assert [each.first for each in pages] == [True]
    assert len(lever.asked) == 2


async def test_a_token_that_is_always_refused_is_an_error_after_two_new_beginnings() -> None:
    async with (
        scripted_lever(*[on_page(1, "a"), FORGOTTEN] * 9) as lever,
        client(lever.url) as reader,
    ):
        with pytest.raises(MalformedError, match=r"a page in the middle is refused.*Invalid offset token"):
            await reader.list_all("/opportunities")
    assert len(lever.asked) == 6


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (400, RequestRejectedError)])
async def test_a_list_that_is_refused_from_its_beginning_is_not_asked_for_again(
    status: int, error: type[Exception]
) -> None:
    async with scripted_lever(answer(status, {})) as lever, client(lever.url) as reader:
        with pytest.raises(error):
            await reader.list_all("/opportunities")
    assert len(lever.asked) == 1


async def asked_before_giving_up(answers: list[Answer], most: int = 100) -> int:
    async with scripted_lever(*answers) as lever, client(lever.url) as reader:
        with pytest.raises(BrokenListError, match=r"can't be read.*GET /opportunities"):
            await reader.list_all("/opportunities", most=most)
    return len(lever.asked)


async def test_two_tokens_in_turn_end_in_an_error() -> None:
    turns = [page(f"{number}", following="ab"[number % 2]) for number in range(200)]
    assert await asked_before_giving_up(turns) == 3


async def test_ever_new_tokens_of_empty_pages_end_in_an_error() -> None:
    assert await asked_before_giving_up([on_page(number) for number in range(200)]) == 20


@pytest.mark.parametrize("length", [1, 3])
async def test_pages_that_come_again_under_ever_new_tokens_end_in_an_error(length: int) -> None:
    around = [on_page(number, f"of page {number % length}") for number in range(200)]
    assert await asked_before_giving_up(around) == length + 3


async def test_pages_of_records_without_ids_that_come_again_end_in_an_error() -> None:
    around = [data([{"name": "Ada"}], hasNext=True, next=f"{number}") for number in range(200)]
    assert await asked_before_giving_up(around) == 4


async def test_a_list_in_memory_that_grows_for_ever_ends_in_an_error() -> None:
    growing = [on_page(number, f"new {number}") for number in range(200)]
    assert await asked_before_giving_up(growing) == 100
    assert await asked_before_giving_up(growing, most=7) == 7


async def test_pages_that_overlap_or_come_twice_are_no_error() -> None:
    pages = [("a", "b"), ("b", "c"), ("b", "c"), ("b",), ("d",), ()]
    walked = [on_page(number, *ids) for number, ids in zip(count(), pages, strict=False)]
    assert set(await read(*walked, page("e"))) == {"a", "b", "c", "d", "e"}


CONTRADICTIONS: list[dict[str, JsonValue]] = [
    {"hasNext": True},
    {"hasNext": True, "next": ""},
    {"hasNext": False, "next": "token"},
    {"hasNext": True, "next": 7},
    {"hasNext": False, "next": ["token"]},
    {"next": {"offset": "token"}},
    {"hasNext": "false"},
    {"hasNext": 1, "next": "token"},
]


@pytest.mark.parametrize("beside", CONTRADICTIONS, ids=str)
async def test_an_answer_that_contradicts_itself_is_no_end(beside: dict[str, JsonValue]) -> None:
    async with scripted_lever(data([{"id": "a"}], **beside)) as lever, client(lever.url) as reader:
        with pytest.raises(MalformedError, match="can't be read"):
            await reader.list_all("/opportunities")
    assert len(lever.asked) == HASTY.malformed_attempts


async def test_an_answer_that_contradicts_itself_once_is_asked_for_again() -> None:
    assert await read(data([{"id": "a"}], hasNext=True), page("a", "b")) == ["a", "b"]


@pytest.mark.parametrize("beside", [{}, {"next": None}, {"hasNext": None}, {"hasNext": False, "next": ""}])
async def test_a_list_that_names_no_next_page_ends(beside: dict[str, JsonValue]) -> None:
    assert await read(data([{"id": "a"}], **beside)) == ["a"]
