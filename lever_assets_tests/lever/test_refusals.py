"""A parameter that Lever refuses is found out and left out; the records are read all the same."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import permutations, product

import pytest
from pydantic import JsonValue

from lever_assets.lever import (
    JsonObject,
    LeverClient,
    LeverError,
    Params,
    PermissionMissingError,
    RequestRejectedError,
)
from lever_assets.lever.refusals import Refusals, filter_of
from lever_assets_tests.lever.scripted import (
    KEY,
    Answer,
    Asked,
    ScriptedLever,
    answer,
    client,
    data,
    scripted_lever,
)

PARAMS: Params = {
    "expand": "applications",
    "confidentiality": "all",
    "updated_at_start": "1",
    "updated_at_end": "2",
}
OPTIONAL = tuple(PARAMS)
SCOPE: JsonObject = {"code": "Forbidden", "message": "Missing scope applications:read:admin"}
UNKNOWN: JsonObject = {"code": "BadRequestError", "message": "updated_at_start is not a known parameter"}
VAGUE: JsonObject = {"code": "Forbidden", "message": "You may not"}


@asynccontextmanager
async def refusing(
    *refused: str, status: int = 400, body: JsonObject = VAGUE
) -> AsyncIterator[tuple[ScriptedLever, LeverClient]]:
    """Run a Lever that refuses every request with one of these parameters."""

    def given(asked: Asked) -> Answer:
        if set(refused) & asked.params.keys():
            return answer(status, body)
        return data([{"id": "a"}], hasNext=False)

    async with scripted_lever(given) as lever, client(lever.url) as reader:
        yield lever, reader


def sent(lever: ScriptedLever) -> list[str]:
    """Return which of the parameters went along with each request, by their first letters."""
    return ["".join(name[0] for name in PARAMS if name in each.params) for each in lever.asked]


@pytest.mark.parametrize(
    ("refused", "status", "body", "asked"),
    [
        (("expand",), 403, SCOPE, ["ecuu", "cuu"]),
        (("updated_at_start",), 400, UNKNOWN, ["ecuu", "ec"]),
        (("updated_at_end",), 400, {"message": "Unexpected: updatedAtEnd"}, ["ecuu", "ec"]),
        (("confidentiality",), 403, {"message": "needs confidential:access:admin"}, ["ecuu", "euu"]),
        (("confidentiality",), 403, VAGUE, ["ecuu", "cuu", "euu"]),
        (("updated_at_start",), 400, VAGUE, ["ecuu", "cuu", "euu", "ec"]),
        (("expand", "updated_at_start"), 400, UNKNOWN, ["ecuu", "ec", "c"]),
        (("expand", "updated_at_start"), 400, VAGUE, ["ecuu", "cuu", "euu", "ec", "uu", "c"]),
    ],
)
async def test_it_is_left_out_the_one_that_is_named_first(
    refused: tuple[str, ...], status: int, body: JsonObject, asked: list[str]
) -> None:
    async with refusing(*refused, status=status, body=body) as (lever, reader):
        assert await reader.list_all("/opportunities", PARAMS, optional=OPTIONAL) == [{"id": "a"}]
        assert sent(lever) == asked
        assert body["message"] in reader.refusals.of("/opportunities").values()


@pytest.mark.parametrize(
    ("rights", "filters"),
    [(SCOPE, UNKNOWN), (VAGUE, UNKNOWN), (SCOPE, {"message": "No"}), (VAGUE, {"message": "No"})],
)
@pytest.mark.parametrize("rights_first", [True, False])
async def test_of_each_is_told_what_lever_said_of_it(
    rights: JsonObject, filters: JsonObject, rights_first: bool
) -> None:
    def given(asked: Asked) -> Answer:
        expanded = answer(403, rights) if "expand" in asked.params else None
        filtered = answer(400, filters) if "updated_at_start" in asked.params else None
        both = (expanded, filtered) if rights_first else (filtered, expanded)
        return both[0] or both[1] or data([{"id": "a"}], hasNext=False)

    async with scripted_lever(given) as lever, client(lever.url) as reader:
        assert await reader.list_all("/opportunities", PARAMS, optional=OPTIONAL) == [{"id": "a"}]
        told = {"expand": rights["message"], "updated_at": filters["message"]}
        assert reader.refusals.of("/opportunities") == told


FILTERS = ("expand", "confidentiality", "updated_at")
Mix = dict[str, LeverError]
"""What is refused, in the order in which Lever looks at it, and how."""


def refusals_of(parameter: str) -> list[LeverError]:
    """Return how Lever may refuse a parameter: with each status, and with each kind of message."""
    scope = {"expand": "applications:read:admin", "confidentiality": "confidential:access:admin"}
    vague = f"Refused ({FILTERS.index(parameter)})"
    found: list[LeverError] = []
    for said in (vague, f"{parameter} is not allowed", scope.get(parameter, vague)):
        rejected = RequestRejectedError("refused", "no remedy")
        forbidden = PermissionMissingError("refused", "no remedy", "a:scope")
        found += [rejected] if parameter == "updated_at" else [rejected, forbidden]
        rejected.said = forbidden.said = said
    return found


def mixes() -> Iterator[Mix]:
    for size in range(len(FILTERS) + 1):
        for some in permutations(FILTERS, size):
            for refusals in product(*map(refusals_of, some)):
                yield dict(zip(some, refusals, strict=True))


async def test_of_every_mix_of_refusals_just_these_are_found_each_with_what_lever_said_of_it() -> None:
    wrong = []
    for mix in mixes():
        asked: list[Params] = []

        async def ask(params: Params, mix: Mix = mix, asked: list[Params] = asked) -> Params:
            asked.append(params)
            here = {filter_of(name) for name in params}
            for each in (refusal for parameter, refusal in mix.items() if parameter in here):
                raise each
            return params

        refusals = Refusals()
        with suppress(LeverError):
            await refusals.around(ask, "/opportunities", PARAMS, OPTIONAL)
        found, true = refusals.of("/opportunities"), {name: each.said for name, each in mix.items()}
        if found != true or len(asked) > 2 ** len(FILTERS):
            wrong.append((true, found, len(asked)))
    assert not wrong


async def test_it_is_asked_for_once_and_remembered_by_every_copy_of_the_client() -> None:
    async with refusing("expand", status=403, body=SCOPE) as (lever, reader):
        for each in ("x1", "x2"):
            await reader.counting().get(f"/opportunities/{each}", PARAMS, optional=OPTIONAL)
        await reader.get("/postings/x3", PARAMS, optional=OPTIONAL)
    assert sent(lever) == ["ecuu", "cuu", "cuu", "ecuu", "cuu"]


async def test_later_pages_do_without_it_too() -> None:
    async with (
        scripted_lever(
            answer(403, SCOPE),
            data([{"id": "a"}], hasNext=True, next="token"),
            data([{"id": "b"}], hasNext=False),
        ) as lever,
        client(lever.url) as reader,
    ):
        assert len(await reader.list_all("/opportunities", PARAMS, optional=OPTIONAL)) == 2
    assert sent(lever) == ["ecuu", "cuu", "cuu"]
    assert lever.asked[2].params["offset"] == ["token"]


async def test_what_is_not_optional_is_never_left_out() -> None:
    async with refusing("expand") as (lever, reader):
        with pytest.raises(RequestRejectedError):
            await reader.list_all("/opportunities", PARAMS, optional=("confidentiality",))
    assert sent(lever) == ["ecuu", "euu"]


async def test_a_list_that_is_refused_either_way_raises_the_first_refusal() -> None:
    async with scripted_lever(answer(403, VAGUE)) as lever, client(lever.url) as reader:
        with pytest.raises(PermissionMissingError) as caught:
            await reader.list_all("/opportunities", PARAMS, optional=OPTIONAL)
    assert caught.value.scope == "opportunities:read:admin"
    assert sent(lever) == ["ecuu", "cuu", "euu", "uu"]  # a filter needs no right


async def test_the_scope_that_lever_names_is_blamed_not_the_path_s() -> None:
    async with scripted_lever(answer(403, SCOPE)) as lever, client(lever.url) as reader:
        with pytest.raises(PermissionMissingError) as caught:
            await reader.list_all("/opportunities", PARAMS)
    assert caught.value.scope == "applications:read:admin"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (f"no right for {KEY}", "no right for ***"),
        ("ada@example.org may\nnot", "*** may not"),
        ("x" * 900, "x" * 200),
        (7, ""),
    ],
)
async def test_what_lever_says_is_kept_short_and_without_secrets(message: JsonValue, told: str) -> None:
    async with scripted_lever(answer(403, {"message": message})) as lever, client(lever.url) as reader:
        with pytest.raises(PermissionMissingError) as caught:
            await reader.get("/users")
    assert caught.value.said == told
