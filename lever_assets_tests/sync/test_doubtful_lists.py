"""A list that Lever itself contradicts takes nobody out of the tables, however few it lacks."""

from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.meddling import Asked, Change, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids


@pytest.fixture
def few() -> Iterator[Sandbox]:
    """More opportunities than may go at once."""
    with running_sandbox(SandboxConfig(opportunities=30, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def meddler(few: Sandbox) -> Iterator[Meddler]:
    with meddling(few.url) as between:
        yield between


def without_the_last(path: str, number: int) -> Change:
    """Let a list lack so many of its last records."""

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.of(reply.records[:-number]) if asked.path == path else reply

    return change


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("resource", "number"), [("opportunities", 3), ("stages", 2), ("users", 1)])
def test_what_lever_still_gives_when_asked_for_singly_stays(
    small: Account, meddler: Meddler, resource: str, number: int
) -> None:
    small.sync()
    before = live(small.database)
    meddler.change = without_the_last(f"/{resource}", number)
    report = small.sync(EVERYTHING, base_url=meddler.url)
    assert live(small.database) == before
    (warning,) = [each for each in report.warnings if "so the list is wrong" in each]
    assert f"lacks {number} of the {len(raw_ids(small.database, resource))} {resource}" in warning
    assert small.held_back(resource) == number

    small.sync(EVERYTHING)
    assert small.held_back(resource) == 0
    assert live(small.database) == before


@pytest.mark.long
def test_what_it_does_not_is_gone_with_the_pass_that_misses_it(anywhere: Account) -> None:
    anywhere.sync()
    gone = anywhere.sandbox.ids("opportunities")[:2]
    for each in gone:
        anywhere.sandbox.delete("opportunities", each)
    report = anywhere.sync(EVERYTHING)
    assert not report.warnings
    assert live(anywhere.database) == anywhere.fresh()


def paged(*, repeating: bool) -> Change:
    """Give the opportunities in three pages, of which the second may be the first once more."""
    whole: list[JsonValue] = []

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/opportunities":
            return reply
        number = int(asked.params.get("offset", ["0"])[0])
        if number == 0:
            whole[:] = reply.records
        first = 0 if repeating and number == 1 else 10 * number
        more: dict[str, JsonValue] = {"hasNext": True, "next": str(number + 1)} if number < 2 else {}
        return reply.giving(200, {"data": whole[first : first + 10], "hasNext": False, **more})

    return change


def test_a_page_that_repeats_the_one_before_loses_and_deletes_nothing(
    small: Account, meddler: Meddler
) -> None:
    meddler.change = paged(repeating=True)
    report = small.sync(base_url=meddler.url)
    assert len(raw_ids(small.database, "opportunities")) == 20
    assert any("1 page with nothing but what came before" in each for each in report.warnings)
    meddler.change = paged(repeating=False)
    small.sync(DELTA, base_url=meddler.url)
    whole = live(small.database)
    assert whole == small.fresh()

    meddler.change = paged(repeating=True)
    small.sync(EVERYTHING, base_url=meddler.url)
    assert live(small.database) == whole


def listing_all_as_deleted(sandbox: Sandbox, *, dated: bool) -> Change:
    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/opportunities/deleted":
            return reply
        at: dict[str, JsonValue] = {"deletedAt": sandbox.now()} if dated else {}
        listed: list[JsonValue] = [{"id": each, **at} for each in sandbox.ids("opportunities")]
        return reply.giving(200, {"data": listed, "hasNext": False})

    return change


@pytest.mark.long
def test_deletions_that_lever_itself_contradicts_take_nobody_out(small: Account, meddler: Meddler) -> None:
    small.sync()
    before = live(small.database)
    meddler.change = listing_all_as_deleted(small.sandbox, dated=True)
    report = small.sync(DELTA, base_url=meddler.url)
    assert live(small.database) == before
    assert any("Lever still has 20" in each for each in report.warnings)

    small.sandbox.delete("opportunities", small.sandbox.ids("opportunities")[0])
    small.sync(DELTA)
    assert live(small.database) == small.fresh()


@pytest.mark.long
def test_a_deletion_without_its_instant_is_asked_for_singly(small: Account, meddler: Meddler) -> None:
    small.sync()
    before = live(small.database)
    meddler.change = listing_all_as_deleted(small.sandbox, dated=False)
    small.sync(DELTA, base_url=meddler.url)
    assert live(small.database) == before
    meddler.change = None
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert live(small.database) == before
