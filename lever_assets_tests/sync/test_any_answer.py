"""Whatever JSON stands in an answer, in whatever order records come: no row is lost."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import Account, live

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 1e308, "", "x", "\u2028", "1999-13-45", "nobody@", "[]"),
    *([], [None], [[]], ["x", 1], {}, {"id": 1}, {"": None}, {"id": ["x"], "name": {}}, [{"value": {}}]),
)
KEPT = frozenset({"id", "opportunityId", "createdAt", "updatedAt"})
"""What a row can't exist without, or what tells whether it is to be read at all."""
MODELS = {
    "users": "users",
    "application_stages": "stages",
    "jobs": "postings",
    "candidates": "opportunities",
    "interviews": "interviews",
    "offers": "offers",
}


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """A very small account that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=4, seed=7, rate=0)) as running:
        yield running


@pytest.fixture(scope="module")
def meddler(lever: Sandbox) -> Iterator[Meddler]:
    with meddling(lever.url) as between:
        yield between


def spoilt(chance: random.Random, value: JsonValue, depth: int = 0) -> JsonValue:
    """Return a value with odd ones in some places."""
    if depth and chance.random() < 0.06:
        odd: JsonValue = chance.choice(ODD)
        return odd
    if isinstance(value, dict):
        return {
            key: each if depth == 0 and key in KEPT else spoilt(chance, each, depth + 1)
            for key, each in value.items()
        }
    return [spoilt(chance, each, depth + 1) for each in value] if isinstance(value, list) else value


def spoiling(chance: random.Random) -> Any:
    """Return what spoils the records of every answer, and shuffles those of a list."""

    def change(_: Asked, reply: Reply) -> Reply:
        data = reply.json.get("data") if reply.status == 200 else None
        if isinstance(data, list):
            return reply.of(chance.sample([spoilt(chance, each) for each in data], len(data)))
        return reply.of(spoilt(chance, data)) if isinstance(data, dict) else reply

    return change


def holds_every_row(lever: Sandbox, meddler: Meddler, seed: int) -> None:
    """Sync while answers are spoilt, then without; the rows are there each time, and right in the end."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        account = Account(lever, folder, f"sqlite:///{folder / 'lever.db'}")
        meddler.change = spoiling(chance)
        account.sync(base_url=meddler.url, offers="all")
        meddler.change = None
        rows = live(account.database)
        for model, resource in MODELS.items():
            if model not in {"interviews", "offers"}:  # whose parents may have lost that they have any
                assert {row["remote_id"] for row in rows[model]} == set(lever.ids(resource)), (seed, model)


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_with_anything_in_it_costs_no_row(lever: Sandbox, meddler: Meddler, seed: int) -> None:
    holds_every_row(lever, meddler, seed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_two_hundred_accounts_with_anything_in_their_answers_lose_no_row(
    lever: Sandbox, meddler: Meddler, part: int
) -> None:
    for seed in range(20 * part, 20 * (part + 1)):
        holds_every_row(lever, meddler, seed)
