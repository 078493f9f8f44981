"""Children that their parents' lists lack: a few are gone at once, many are kept until it is certain."""

from collections.abc import Iterator

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.fetch.shrinking import Shrinking
from lever_assets.sync.session import Scope
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids


@pytest.fixture
def few() -> Iterator[Sandbox]:
    """More interviews than may go at once."""
    with running_sandbox(SandboxConfig(opportunities=40, seed=7, rate=0)) as running:
        assert len(running.ids("interviews")) > 25
        yield running


@pytest.fixture
def meddler(few: Sandbox) -> Iterator[Meddler]:
    with meddling(few.url) as between:
        yield between


def empty(asked: Asked, reply: Reply) -> Reply:
    return reply.giving(200, {"data": [], "hasNext": False}) if asked.path.endswith("/interviews") else reply


def without_interviews(account: Account) -> None:
    """All interviews are really gone."""
    for each in account.sandbox.ids("interviews"):
        account.sandbox.delete("interviews", each)


@pytest.mark.long
def test_lists_that_turn_empty_everywhere_take_nothing_out_and_say_so(
    anywhere: Account, meddler: Meddler
) -> None:
    anywhere.sync()
    before = live(anywhere.database)
    count = len(raw_ids(anywhere.database, "interviews"))
    meddler.change = empty
    report = anywhere.sync(base_url=meddler.url)
    assert live(anywhere.database) == before
    (warning,) = [each for each in report.warnings if "--accept-deletions" in each]
    assert f"lack {count} of the {count} interviews" in warning
    assert anywhere.held_back("interviews") == count

    anywhere.make_failed_reads_due()
    report = anywhere.sync(DELTA)
    assert report.warnings == ()
    assert live(anywhere.database) == before
    assert anywhere.held_back("interviews") == 0


@pytest.mark.long
def test_what_is_held_back_does_not_go_in_instalments(small: Account, meddler: Meddler) -> None:
    small.sync()
    before = raw_ids(small.database, "interviews")
    meddler.change = empty
    small.sync(base_url=meddler.url)
    for seed in range(3):
        small.sandbox.touch(share=0.3, seed=seed)
        report = small.sync(DELTA, base_url=meddler.url)
        assert any("--accept-deletions" in each for each in report.warnings)
        assert raw_ids(small.database, "interviews") == before
    small.sync()
    assert (raw_ids(small.database, "interviews"), small.held_back("interviews")) == (before, 0)


@pytest.mark.long
def test_opportunities_that_come_without_their_applications_take_none_out(
    small: Account, meddler: Meddler
) -> None:
    small.sync()
    before = live(small.database)
    assert len(before["applications"]) > 20

    def bare(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/opportunities":
            return reply
        return reply.of([{**each, "applications": []} for each in reply.records if isinstance(each, dict)])

    meddler.change = bare
    report = small.sync(base_url=meddler.url)
    assert live(small.database)["applications"] == before["applications"]
    assert any("applications that are stored" in each for each in report.warnings)
    small.make_failed_reads_due()
    small.sync()
    assert live(small.database) == before
    assert small.sync().warnings == ()


@pytest.mark.sampled(1)
@pytest.mark.parametrize("scope", [DELTA, EVERYTHING], ids=["delta", "full"])
def test_what_really_went_is_kept_until_it_is_accepted(small: Account, scope: Scope) -> None:
    small.sync()
    without_interviews(small)
    small.sync()
    small.sync()
    assert raw_ids(small.database, "interviews")
    small.sync_accepting_deletions(scope)
    assert not raw_ids(small.database, "interviews")
    assert live(small.database)["interviews"] == []
    assert small.held_back("interviews") == 0
    assert small.sync().warnings == ()


@pytest.mark.long
def test_a_few_are_gone_with_the_sync_that_misses_them(small: Account) -> None:
    small.sync()
    gone = small.sandbox.ids("interviews")[:3]
    for each in gone:
        small.sandbox.delete("interviews", each)
    report = small.sync()
    assert report.warnings == ()
    assert raw_ids(small.database, "interviews") == set(small.sandbox.ids("interviews"))
    assert {row["remote_id"] for row in live(small.database)["interviews"]}.isdisjoint(gone)


def test_a_sync_that_is_stopped_before_that_is_settled_forgets_nothing(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.sync()
    gone = small.sandbox.ids("interviews")[0]
    small.sandbox.delete("interviews", gone)

    as_it_is = Shrinking.let_go

    def stop(shrinking: Shrinking) -> tuple[int, str | None]:
        if shrinking.resource.name == "interviews":
            raise KeyboardInterrupt
        return as_it_is(shrinking)

    with monkeypatch.context() as stopped:
        stopped.setattr(Shrinking, "let_go", stop)
        with pytest.raises(KeyboardInterrupt):
            small.sync()
    assert gone in raw_ids(small.database, "interviews")
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert gone not in raw_ids(small.database, "interviews")
