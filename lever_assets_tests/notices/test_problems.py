"""Events that are missing and notices that were given up are problems, and go by themselves when mended."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from lever_assets.notices.delivering import MOST_ATTEMPTS, delay_after
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import inbox
from lever_assets.store.inbox import InboxEvent
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets.sync.standing import standing
from lever_assets.webhooks.setup import set_up
from lever_assets_tests.notices.conftest import Later
from lever_assets_tests.notices.hooks import listening
from lever_assets_tests.notices.place import ON_SQLITE, Place, types


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account that a test may change."""
    with running_sandbox(SandboxConfig(opportunities=6, seed=7, rate=0)) as running:
        yield running


def epoch_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def moved(here: Place, number: int, *, at: datetime) -> None:
    """Have candidates come into another stage in Lever, and read it."""
    for each in here.sandbox.ids("opportunities")[:number]:
        stamps = {"lastAdvancedAt": epoch_ms(at), "updatedAt": epoch_ms(datetime.now(UTC))}
        here.sandbox.edit("opportunities", each, stamps)
    with here.session() as session:
        sync(session, Scope(delta=True))


def event(here: Place) -> None:
    """Have an event of Lever's arrive."""
    with here.session() as session, session.writing() as tx:
        inbox.receive(tx, InboxEvent("one", "candidateStageChange", "token", tx.instant, {}))


def test_events_that_do_not_come_although_things_happen_are_raised_and_resolved_by_one(
    here: Place, later: Later
) -> None:
    with here.session() as session:
        sync(session, Scope())
        assert not set_up(session, "http://127.0.0.1:1/lever").failed
    here.told()
    later(timedelta(hours=2))
    assert here.told() == []
    moved(here, 3, at=datetime.now(UTC) + timedelta(hours=2))
    assert types(here.told()) == ["data-changed"]
    later(timedelta(hours=23, minutes=30))
    assert here.told() == []
    later(timedelta(hours=1))
    [raised] = here.told()
    issue = raised["data"]["issue"]
    assert (raised["data"]["change"], issue["type"]) == ("raised", "integration.webhooks_silent")
    for each in ("setup", "setup --remove"):
        assert f"`lever-assets webhooks {each} --connection acme`" in issue["markdown_message"]
    with here.session() as session:
        [problem] = standing(session).problems
    assert "No event of Lever's has arrived since they were set up at" in problem
    assert here.told() == []

    event(here)
    [resolved] = here.told()
    assert (resolved["data"]["change"], resolved["data"]["issue"]["id"]) == ("resolved", issue["id"])


@ON_SQLITE
@pytest.mark.parametrize("happened", [0, 2])
def test_an_account_in_which_little_happens_misses_no_event(here: Place, later: Later, happened: int) -> None:
    with here.session() as session:
        sync(session, Scope())
        assert not set_up(session, "http://127.0.0.1:1/lever").failed
    later(timedelta(hours=2))
    moved(here, happened, at=datetime.now(UTC) + timedelta(hours=2))
    here.told()
    later(timedelta(days=20))
    assert here.told() == []


@ON_SQLITE
def test_where_no_events_are_asked_for_none_is_missed(here: Place, later: Later) -> None:
    with here.session() as session:
        sync(session, Scope())
    later(timedelta(hours=2))
    moved(here, 5, at=datetime.now(UTC) + timedelta(hours=2))
    here.told()
    later(timedelta(days=3))
    assert here.told() == []


@ON_SQLITE
def test_notices_that_were_given_up_are_raised_to_the_others_and_resolved_when_one_arrives(
    here: Place, later: Later
) -> None:
    with listening() as well:
        settings = here.settings.model_copy(update={"notice_urls": SecretStr(f"{here.hook.url} {well.url}")})
        here.settings = settings
        here.hook.statuses[:] = [500] * MOST_ATTEMPTS
        for number in range(1, MOST_ATTEMPTS + 1):
            here.told()
            later(delay_after(number) + timedelta(seconds=1))
        host = here.hook.url.removeprefix("http://").partition("/")[0]
        with here.session() as session:
            [problem] = standing(session).problems
        assert f"did not arrive at {host}: the answer was HTTP 500; it was given up after 15" in problem
        assert "topsecret" not in problem
        before = len(well.notices)
        here.told()
        raised = well.notices[before]
        assert raised["data"]["issue"]["title"] == f"Notices do not arrive: {host}"
        assert raised["data"]["issue"]["type"] == "integration.notices_given_up"
        assert types(here.hook.notices[MOST_ATTEMPTS:]) == ["issue-status-changed"]  # it is well again
        before = len(well.notices)
        here.told()
        assert [each["data"]["change"] for each in well.notices[before:]] == ["resolved"]
        with here.session() as session:
            assert standing(session).problems == ()


@ON_SQLITE
def test_a_url_that_takes_some_types_only_stays_a_problem_until_the_others_are_not_asked_for(
    here: Place, later: Later
) -> None:
    with here.session() as session:
        sync(session, Scope())
    here.hook.statuses[:] = [400, 400, 400, 200, *[400] * (MOST_ATTEMPTS - 3)]
    for number in range(1, MOST_ATTEMPTS + 1):
        here.told()
        if number == 3:
            assert types(here.told()) == ["data-changed"]
        later(delay_after(number) + timedelta(seconds=1))
    assert here.hook.statuses == []
    with here.session() as session:
        [problem] = standing(session).problems
        assert "the notice integration-created did not arrive" in problem
        quiet = replace(
            session, settings=session.settings.model_copy(update={"notice_types": ("data-changed",)})
        )
        assert standing(quiet).problems == ()
