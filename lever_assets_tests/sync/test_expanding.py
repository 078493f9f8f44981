"""Applications that Lever names by their ids alone: asked for singly, and nothing is lost when that fails."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import delete, select

from lever_assets.lever import UnavailableError
from lever_assets.sandbox import Sandbox
from lever_assets.store.tables import RAW, child_reads
from lever_assets.sync.fetch import asking
from lever_assets.sync.polling import poll
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids


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
    with account.session() as session, session.reading() as tx:
        application, opportunity = tx.sql.execute(select(c.remote_id, c.parent_id)).first() or ("", "")
    at = account.sandbox.now()
    account.sandbox.edit("applications", application, {"comments": "changed"})
    account.sandbox.edit("opportunities", opportunity, {"headline": "changed", "updatedAt": at})
    return application, opportunity


def stored(account: Account, application: str) -> Any:
    c = RAW["applications"].c
    with account.session() as session, session.reading() as tx:
        return tx.sql.execute(select(c.data).where(c.remote_id == application)).scalar_one()["comments"]


@pytest.mark.sampled(1)
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
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(refresh())
    assert application in raw_ids(small.database, "applications")
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert stored(small, application) == "changed"


@pytest.fixture
def by_ids(few: Sandbox) -> Sandbox:
    """An account whose applications are named by their ids alone."""
    few.set_quirks("expand-ignored")
    return few


@pytest.mark.long
def test_applications_that_the_key_may_not_read_are_told_kept_and_come_when_it_may(
    anywhere: Account, by_ids: Sandbox
) -> None:
    by_ids.set_faults("403=1,endpoint=GET /opportunities/:id/applications")
    report = anywhere.sync()
    (warning,) = [each for each in report.warnings if "applications" in each]
    assert warning.startswith("applications was skipped: ")
    assert by_ids.requests().of("/opportunities/:id/applications") <= 8
    tables = live(anywhere.database)
    assert tables["candidates"]
    assert not tables["applications"]
    by_ids.set_faults()
    anywhere.make_failed_reads_due()
    assert anywhere.sync(DELTA).warnings == ()
    assert live(anywhere.database) == anywhere.fresh()


def test_applications_that_may_not_be_read_any_more_stay_as_they_are(small: Account, by_ids: Sandbox) -> None:
    small.sync()
    before = live(small.database)
    application, opportunity = changed(small)
    by_ids.set_faults("403=1,endpoint=GET /opportunities/:id/applications")
    report = small.sync()
    assert any(each.startswith("applications was skipped: ") for each in report.warnings)
    assert raw_ids(small.database, "applications") == {row["remote_id"] for row in before["applications"]}

    by_ids.set_faults()
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert stored(small, application) == "changed"
    assert opportunity


@pytest.mark.parametrize("fault", ["500", "html-403"])
def test_applications_that_all_fail_are_an_outage(
    small: Account, by_ids: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(asking, "AT_LEAST", 3)
    small.sync()
    before = live(small.database)
    with small.session() as session, session.writing() as tx:
        tx.sql.execute(delete(child_reads).where(child_reads.c.resource == "applications"))
    by_ids.set_faults(f"{fault}=1,endpoint=GET /opportunities/:id/applications")
    with pytest.raises(UnavailableError, match=r"the applications of \d opportunities could not be read"):
        small.sync()
    assert live(small.database) == before
    by_ids.set_faults()
    assert small.sync().warnings == ()
    assert live(small.database) == before


def test_one_that_can_not_be_read_is_counted_and_named(small: Account, by_ids: Sandbox) -> None:
    bad = by_ids.ids("opportunities")[0]
    by_ids.set_faults(f"400,path=/opportunities/{bad}/applications")
    (warning,) = small.sync().warnings
    assert f"the applications of 1 of the opportunities could not be read ({bad})" in warning


NOT_EXPANDED: dict[str, JsonValue] = {
    "null": None,
    "a text": "none",
    "an object": {"data": []},
    "nulls": [None],
    "lists": [[]],
    "numbers": [5],
}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("odd", [*NOT_EXPANDED, "absent"])
def test_whatever_stands_in_the_place_of_applications_they_are_read(
    small: Account, few: Sandbox, odd: str
) -> None:
    def spoilt(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/opportunities":
            return reply
        records: Any = reply.json["data"]
        for each in records:
            del each["applications"]
            if odd in NOT_EXPANDED:
                each["applications"] = NOT_EXPANDED[odd]
        return reply.of(records)

    with meddling(few.url) as between:
        between.change = spoilt
        small.sync(base_url=between.url)
    assert live(small.database) == small.fresh()
