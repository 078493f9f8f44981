"""One odd answer for a whole list takes nothing out of the tables, unless the user says that it is so."""

from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import due
from lever_assets.sync.fetch import brake
from lever_assets.sync.polling import poll
from lever_assets_tests.meddling import Asked, Change, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live, raw_ids


@pytest.fixture
def few() -> Iterator[Sandbox]:
    """Just more opportunities than may go at once."""
    with running_sandbox(SandboxConfig(opportunities=24, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def meddler(few: Sandbox) -> Iterator[Meddler]:
    with meddling(few.url) as between:
        yield between


def only(path: str, most: int) -> Change:
    """Let a list end after so many records."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.path != path:
            return reply
        return reply.giving(200, {"data": reply.records[:most], "hasNext": False})

    return change


def is_waiting(account: Account, resource: str) -> bool:
    with account.session() as session, session.reading() as tx:
        return due.WHOLE_LIST in due.known(tx, f"raw_{resource}", resource, [due.WHOLE_LIST])


@pytest.mark.sampled(1)
@pytest.mark.parametrize("most", [0, 3], ids=["empty", "ends early"])
def test_a_list_that_lacks_many_marks_none_and_says_so(
    anywhere: Account, meddler: Meddler, most: int
) -> None:
    anywhere.sync()
    before = live(anywhere.database)
    meddler.change = only("/opportunities", most)
    report = anywhere.sync(base_url=meddler.url)
    assert live(anywhere.database) == before
    (warning,) = [each for each in report.warnings if "--accept-deletions" in each]
    lacking = len(before["candidates"]) - most
    assert f"lacks {lacking} of the {len(before['candidates'])} opportunities" in warning
    assert "Lever still has 20" in warning
    assert anywhere.held_back("opportunities") == lacking
    assert is_waiting(anywhere, "opportunities")

    anywhere.sync()
    assert live(anywhere.database) == before
    assert (anywhere.held_back("opportunities"), is_waiting(anywhere, "opportunities")) == (0, False)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("resource", ["users", "stages", "archive_reasons", "tags", "sources"])
def test_a_short_list_that_turns_empty_marks_none(small: Account, meddler: Meddler, resource: str) -> None:
    small.sync()
    before, stored = live(small.database), raw_ids(small.database, resource)
    meddler.change = only(f"/{resource}", 0)
    report = small.sync(DELTA, base_url=meddler.url)
    assert raw_ids(small.database, resource) == stored
    assert live(small.database) == before
    assert any(f"{resource} that are stored" in each for each in report.warnings)
    assert small.held_back(resource) == len(stored)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("resource", ["postings", "requisitions", "opportunities"])
def test_a_long_list_that_turns_empty_marks_none_however_few_they_are(
    small: Account, meddler: Meddler, monkeypatch: pytest.MonkeyPatch, resource: str
) -> None:
    monkeypatch.setattr(brake, "AT_LEAST", 1_000)
    small.sync()
    before, stored = live(small.database), raw_ids(small.database, resource)
    meddler.change = only(f"/{resource}", 0)
    report = small.sync(base_url=meddler.url)
    assert raw_ids(small.database, resource) == stored
    assert live(small.database) == before
    assert any(f"{resource} that are stored" in each for each in report.warnings)
    assert small.held_back(resource) == len(stored)
    assert small.sync().warnings == ()


def test_what_really_went_is_kept_until_it_is_accepted_and_then_all_agrees(anywhere: Account) -> None:
    anywhere.sync()
    before = live(anywhere.database)
    for each in anywhere.sandbox.ids("opportunities")[2:]:
        anywhere.sandbox.account.delete("opportunities", each, None, None)  # no list tells of it
    report = anywhere.sync()
    assert live(anywhere.database)["candidates"] == before["candidates"]
    assert any("Lever still has 0" in each for each in report.warnings)

    anywhere.sync_accepting_deletions(DELTA)
    fresh = Account(anywhere.sandbox, anywhere.folder, empty_database(anywhere.folder))
    fresh.sync()
    assert live(anywhere.database) == live(fresh.database)
    assert (anywhere.held_back("opportunities"), is_waiting(anywhere, "opportunities")) == (0, False)


def test_what_was_held_back_is_looked_at_again_by_the_next_delta_that_is_due(
    small: Account, meddler: Meddler
) -> None:
    small.sync()
    before = live(small.database)
    meddler.change = only("/opportunities", 0)
    small.sync(base_url=meddler.url)
    small.sync(DELTA)
    assert small.held_back("opportunities") > 0  # it is not due yet
    small.make_failed_reads_due()
    with small.session() as session:
        assert "held back" in poll(session).why
    small.sync(DELTA)
    assert (small.held_back("opportunities"), is_waiting(small, "opportunities")) == (0, False)
    assert live(small.database) == before


def test_a_change_that_a_list_which_ended_early_did_not_show_is_found_by_the_next_delta(
    small: Account, meddler: Meddler
) -> None:
    small.sync()
    last = small.sandbox.ids("opportunities")[0]
    small.sandbox.edit("opportunities", last, {"name": "Unseen Change", "updatedAt": small.sandbox.now()})
    meddler.change = only("/opportunities", 0)
    small.sync(base_url=meddler.url)
    small.sync(DELTA)
    names = {row["remote_id"]: row["last_name"] for row in live(small.database)["candidates"]}
    assert names[last] == "Change"


def test_what_lever_lists_as_deleted_is_no_matter_of_the_brake(small: Account) -> None:
    small.sync()
    for each in small.sandbox.ids("opportunities")[2:]:
        small.sandbox.delete("opportunities", each)
    small.sync(DELTA)
    assert raw_ids(small.database, "opportunities") == set(small.sandbox.ids("opportunities"))


def test_a_share_below_the_setting_goes_as_ever(small: Account) -> None:
    small.sync()
    for each in small.sandbox.ids("opportunities")[2:]:
        small.sandbox.account.delete("opportunities", each, None, None)
    small.sync(deletion_share=95)
    assert raw_ids(small.database, "opportunities") == set(small.sandbox.ids("opportunities"))


def test_a_tag_that_is_blank_keeps_none_on_the_list(small: Account, meddler: Meddler) -> None:
    small.sync()
    before = raw_ids(small.database, "tags")
    blank: JsonValue = {"text": "", "count": 1}
    meddler.change = lambda asked, reply: (
        reply.of([blank, *reply.records[:-1]]) if asked.path == "/tags" else reply
    )
    small.sync(base_url=meddler.url)
    assert len(before - raw_ids(small.database, "tags")) == 1
