"""Applications that Lever names by their ids alone: asked for singly, and nothing is lost when that fails."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from lever_assets.sandbox import Sandbox
from lever_assets.store.tables import RAW
from lever_assets.sync.polling import poll
from lever_assets.sync.targeted import refresh_opportunities
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, raw_ids


@pytest.fixture
def meddler(few: Sandbox) -> Iterator[Meddler]:
    few.set_quirks("expand-ignored")
    with meddling(few.url) as between:
        yield between


def applications(asked: Asked) -> bool:
    return asked.path.startswith("/opportunities/") and asked.path.endswith("/applications")


def refused(asked: Asked, reply: Reply) -> Reply:
    refusal: JsonValue = {"code": "BadRequestError", "message": "no"}
    return reply.giving(400, refusal) if applications(asked) else reply


def empty(asked: Asked, reply: Reply) -> Reply:
    return reply.of([]) if applications(asked) else reply


def changed(account: Account) -> tuple[str, str]:
    """Change an application with its opportunity; return their ids."""
    c = RAW["applications"].c
    with account.session() as session, session.store.reading() as conn:
        application, opportunity = conn.execute(select(c.remote_id, c.parent_id)).first() or ("", "")
    at = account.sandbox.now()
    account.sandbox.edit("applications", application, {"comments": "changed"})
    account.sandbox.edit("opportunities", opportunity, {"headline": "changed", "updatedAt": at})
    return application, opportunity


def stored(account: Account, application: str) -> Any:
    c = RAW["applications"].c
    with account.session() as session, session.store.reading() as conn:
        return conn.execute(select(c.data).where(c.remote_id == application)).scalar_one()["comments"]


@pytest.mark.parametrize("scope", [DELTA, EVERYTHING], ids=["delta", "full"])
@pytest.mark.parametrize("answer", [refused, empty])
def test_what_could_not_be_read_stays_and_stays_due(
    small: Account, meddler: Meddler, scope: Any, answer: Any
) -> None:
    small.sync()
    before = raw_ids(small.database, "applications")
    assert before
    application, _ = changed(small)
    meddler.change = answer
    small.sync(scope, base_url=meddler.url)
    assert raw_ids(small.database, "applications") == before
    small.sync(DELTA)  # it is not due yet
    assert stored(small, application) != "changed"

    small.make_failed_reads_due()
    with small.session() as session:
        assert "could not be read" in poll(session).why
    small.sync(DELTA)
    assert stored(small, application) == "changed"
    with small.session() as session:
        assert not poll(session).changed


def test_a_single_refresh_keeps_what_it_could_not_read_as_due(small: Account, meddler: Meddler) -> None:
    small.sync()
    application, opportunity = changed(small)
    meddler.change = refused

    async def refresh() -> None:
        with small.session(base_url=meddler.url) as session:
            async with session.connection.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(refresh())
    assert application in raw_ids(small.database, "applications")
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert stored(small, application) == "changed"
