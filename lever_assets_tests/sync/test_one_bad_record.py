"""One record that can't be taken in costs itself: it is named, what is stored of it stays, others go on."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.store import due, mapping_errors
from lever_assets.store.mapping_errors import MappingError
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, live, raw_ids

Record = dict[str, Any]
DEEP = "@deep@"


def nested(levels: int) -> JsonValue:
    value: JsonValue = []
    for _ in range(levels):
        value = [value]
    return value


BAD: dict[str, Callable[[Record], JsonValue]] = {
    "300 levels": lambda record: {**record, "x": nested(300)},
    "240 levels": lambda record: {**record, "x": nested(240)},
    "5000 levels": lambda record: {**record, "x": DEEP},
}
"""A record that keeps its id, and can't be taken in."""
NAMELESS: list[JsonValue] = [
    None,
    float("nan"),
    {"id": None},
    {"id": 1.5},
    {"id": 2**70},
    {"id": []},
    {"id": {"id": "x"}},
    {"id": True},
    {"id": ""},
    {"name": "nobody"},
]
STRANGE: dict[str, JsonValue] = {
    "beyond 64 bits": [2**64, -(2**63) - 1, 10**400],
    "no number": [float("nan"), float("inf")],
    "half an emoji": "\ud83d and \x00",
    "\udc00 key \x00": 1,
    "createdAt": 10**30,
}
"""What a record may hold and is taken in all the same."""


def spoilt(reply: Reply, change: Callable[[list[Any]], list[Any]]) -> Reply:
    found = {**reply.json, "data": change(list(reply.records))}
    body = json.dumps(found).replace(f'"{DEEP}"', "[" * 5000 + "]" * 5000).encode()
    return reply.giving(200, body)


@pytest.fixture
def meddler(few: Any) -> Iterator[Meddler]:
    with meddling(few.url) as between:
        yield between


def errors(account: Account, table: str) -> list[MappingError]:
    with account.session() as session, session.reading() as tx:
        return mapping_errors.listed(tx, table)


def waiting(account: Account, table: str) -> set[str]:
    with account.session() as session, session.reading() as tx:
        return {each.remote_id for each in due.listed(tx, table)}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("resource", ["opportunities", "postings", "users"])
def test_of_a_list_whatever_can_be_taken_in_is_and_the_rest_is_named_and_stays(
    anywhere: Account, meddler: Meddler, resource: str
) -> None:
    anywhere.sync()
    before = live(anywhere.database)
    ids = anywhere.sandbox.ids(resource)[: len(BAD)]
    bad = dict(zip(ids, BAD.values(), strict=True))

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != f"/{resource}":
            return reply
        return spoilt(
            reply, lambda listed: [bad[each["id"]](each) if each["id"] in bad else each for each in listed]
        )

    meddler.change = change
    anywhere.sync(base_url=meddler.url)
    assert live(anywhere.database) == before
    table = f"raw_{resource}"
    assert {each.remote_id for each in errors(anywhere, table)} == set(ids)
    assert waiting(anywhere, table) == set(ids)
    assert all(
        "nested too deeply" in each.reason or "no object" in each.reason for each in errors(anywhere, table)
    )

    meddler.change = None
    anywhere.sync(base_url=meddler.url)
    assert live(anywhere.database) == before
    assert errors(anywhere, table) == []


def test_what_has_no_id_is_told_by_its_place_and_costs_no_other(anywhere: Account, meddler: Meddler) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path not in {"/opportunities", "/users", "/stages"}:
            return reply
        return spoilt(reply, lambda listed: [*NAMELESS, *listed])

    meddler.change = change
    report = anywhere.sync(base_url=meddler.url)
    for resource in ("opportunities", "users", "stages"):
        assert raw_ids(anywhere.database, resource) == set(anywhere.sandbox.ids(resource))
        told = errors(anywhere, f"raw_{resource}")
        assert all("at place" in each.reason for each in told)
        assert len(told) == len({each.remote_id for each in told}) >= len(NAMELESS) - 2
        assert f"{len(NAMELESS)} {resource} without an id were set aside" in report.warnings


def test_strange_values_and_ids_are_taken_in(anywhere: Account, meddler: Meddler) -> None:
    ids = ["with a\nline break", "with \x00 and \ud83d", "with / and ? and %", 7, "ä" * 240]
    too_long = ["x" * 501, "y" * 100_000]

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/opportunities" or not reply.records:
            return reply
        return spoilt(
            reply,
            lambda listed: [
                *({**listed[0], **STRANGE, "applications": [], "id": each} for each in (*ids, *too_long)),
                *listed,
            ],
        )

    meddler.change = change
    anywhere.sync(base_url=meddler.url)
    found = raw_ids(anywhere.database, "opportunities")
    assert set(anywhere.sandbox.ids("opportunities")) < found
    assert len(found) == len(anywhere.sandbox.ids("opportunities")) + len(ids)
    assert len(errors(anywhere, "raw_opportunities")) == len(too_long)
    assert {row["remote_id"] for row in live(anywhere.database)["candidates"]} == found
    anywhere.sync(DELTA, base_url=meddler.url)


def test_a_long_tag_costs_itself(anywhere: Account) -> None:
    opportunity = anywhere.sandbox.ids("opportunities")[0]
    anywhere.sandbox.edit("opportunities", opportunity, {"tags": ["short", "l" * 5000]})
    anywhere.sync()
    tables = live(anywhere.database)
    assert "short" in {row["name"] for row in tables["tags"]}
    assert len(tables["candidates"]) == len(anywhere.sandbox.ids("opportunities"))
    assert errors(anywhere, "tags")


@pytest.mark.long
def test_below_and_inside_a_record_and_in_a_single_read_it_is_the_same(
    small: Account, meddler: Meddler
) -> None:
    opportunity = next(
        each
        for each in small.sandbox.ids("opportunities")
        if (small.sandbox.get("opportunities", each) or {})["applications"]
    )
    small.sandbox.add_interview(opportunity)
    small.sync()
    before = live(small.database)

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path == f"/opportunities/{opportunity}/interviews":
            return spoilt(reply, lambda listed: [None, *(BAD["300 levels"](each) for each in listed)])
        if asked.path == f"/opportunities/{opportunity}":
            record: Any = reply.json["data"]
            inside = [None, *(BAD["300 levels"](each) for each in record["applications"])]
            return reply.of({**record, "applications": inside})
        return reply

    meddler.change = change

    async def refresh() -> None:
        with small.session(base_url=meddler.url) as session:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(refresh())
    assert live(small.database) == before
    assert len(errors(small, "raw_interviews")) >= 2
    assert len(errors(small, "raw_applications")) >= 2
    small.sync(base_url=meddler.url)
    assert live(small.database) == before

    meddler.change = None
    small.sync(base_url=meddler.url)
    assert live(small.database) == before
    assert errors(small, "raw_applications") == []
