"""A permission that is taken away in Lever shows within an hour, by its name, and heals by itself."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from lever_assets.connect.permissions import PERMISSIONS
from lever_assets.connect.states import State
from lever_assets.lever import LeverError, Outgoing
from lever_assets.lever.access import CONFIDENTIAL
from lever_assets.sync.polling import poll
from lever_assets.sync.session import Session
from lever_assets.sync.standing import standing
from lever_assets_tests.meddling import Asked, Meddler, Reply
from lever_assets_tests.sync.tables import DELTA, Account

AN_HOUR = timedelta(minutes=51)
OFFERS = "offers:read:admin"


def let_time_pass(account: Account, by: timedelta = AN_HOUR) -> None:
    """Let so much time pass that permissions are looked at again."""
    with account.session() as session, session.writing() as tx:
        for name, known in PERMISSIONS.every(tx).items():
            instants = {
                field: value - by
                for field in ("seen_at", "refused_since", "refused_at", "asked_at")
                if (value := getattr(known, field)) is not None
            }
            PERMISSIONS.keep(tx, replace(known, **instants), name)


_POLLS = 6


def watch(account: Account) -> tuple[list[str], int]:
    """Poll until all permissions are seen; return why a delta is due, and the requests that they took."""
    account.sandbox.reset_requests()
    with account.session(watch_budget=0, snapshot_minutes=600) as session:
        told = [poll(session) for _ in range(_POLLS)]
    return [each.why for each in told if each.changed], account.sandbox.requests().total - 6 * _POLLS


def lacking(account: Account) -> tuple[str, ...]:
    with account.session() as session:
        found = standing(session)
    assert {each.permission for each in found.issues} == set(found.lacking)
    return found.lacking


def test_what_was_just_read_is_not_asked_for_and_else_each_once_an_hour(small: Account) -> None:
    small.sync()
    assert watch(small) == ([], 0)  # the applications came inside their opportunities
    assert lacking(small) == ()
    let_time_pass(small)
    assert watch(small) == ([], 10)  # the three lists that are polled tell by themselves
    assert watch(small) == ([], 0)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("resource", "permission"),
    [("offers", OFFERS), ("users", "users:read:admin"), ("/postings/:id/apply", "postings:read:admin")],
)
def test_one_that_is_taken_away_shows_and_heals_though_nothing_changes(
    small: Account, resource: str, permission: str
) -> None:
    small.sync()
    small.sandbox.set_quirks(f"denied={resource}")
    assert lacking(small) == ()
    let_time_pass(small)
    watch(small)
    assert lacking(small) == (permission,)
    with small.session() as session:
        found = standing(session)
    assert found.state is State.ACTIVE
    assert permission in found.problems[0]
    assert permission in str(found)

    small.sandbox.set_quirks()
    let_time_pass(small)
    watch(small)
    assert lacking(small) == ()


def test_a_poll_looks_and_calls_for_a_delta_when_one_is_back(small: Account) -> None:
    small.sync()
    watch(small)
    small.sandbox.set_quirks("denied=offers")
    assert small.sync().warnings
    assert lacking(small) == (OFFERS,)
    small.sandbox.set_quirks()
    let_time_pass(small)
    with small.session(watch_budget=0, snapshot_minutes=600) as session:
        told = [poll(session) for _ in range(_POLLS)]
    assert [each.why for each in told if each.changed] == ["Lever gives offers again."]
    assert all(each.requests <= 6 + 3 for each in told)
    assert lacking(small) == ()
    small.sync(DELTA)
    with small.session(watch_budget=0) as session:
        assert not poll(session).changed


def test_one_that_was_never_there_is_told_and_no_problem(small: Account) -> None:
    small.sandbox.set_quirks("denied=requisitions")
    small.sync()
    with small.session() as session:
        found = standing(session)
    assert found.lacking == ("requisitions:read:admin",)
    assert (found.issues, found.problems) == ((), ())


def test_one_record_that_is_refused_says_nothing(small: Account, few_meddler: Meddler) -> None:
    small.sync()
    one = small.sandbox.ids("opportunities")[0]

    def refuse(asked: Asked, reply: Reply) -> Reply:
        refused = asked.path in {f"/opportunities/{one}", f"/opportunities/{one}/offers"}
        return reply.giving(403, {"code": "Forbidden", "message": "no"}) if refused else reply

    few_meddler.change = refuse
    small.sandbox.edit("opportunities", one, {"headline": "Another", "updatedAt": 1_790_000_000_000})
    small.sync(base_url=few_meddler.url)

    async def read(session: Session) -> None:
        async with session.client() as lever:
            await lever.get(f"/opportunities/{one}")

    with small.session(base_url=few_meddler.url) as session:
        with pytest.raises(LeverError):
            asyncio.run(read(session))
        assert standing(session).lacking == ()


def test_the_permission_that_lever_names_for_a_parameter_is_missing(
    small: Account, few_meddler: Meddler
) -> None:
    small.sync()

    def refuse(asked: Asked, reply: Reply) -> Reply:
        if "confidentiality" not in asked.params:
            return reply
        return reply.giving(403, {"code": "Forbidden", "message": f"requires {CONFIDENTIAL}"})

    few_meddler.change = refuse
    small.sync(base_url=few_meddler.url)
    assert lacking(small) == (CONFIDENTIAL,)
    small.sync()
    assert lacking(small) == ()


def test_a_write_that_is_refused_counts_until_one_goes_through_or_a_week_has_passed(small: Account) -> None:
    one = small.sandbox.ids("opportunities")[0]
    request = Outgoing("POST", f"/opportunities/{one}/notes", json={"value": "Hello"})

    def write() -> None:
        async def send(session: Session) -> None:
            async with session.client() as lever:
                await lever.send(request)

        with small.session() as session:
            asyncio.run(send(session))

    write()
    small.sandbox.set_quirks("denied=notes:write")
    with pytest.raises(LeverError):
        write()
    assert lacking(small) == ("notes:write:admin",)
    let_time_pass(small, timedelta(days=8))
    assert lacking(small) == ()
    with pytest.raises(LeverError):
        write()
    assert lacking(small) == ("notes:write:admin",)
    small.sandbox.set_quirks()
    write()
    assert lacking(small) == ()


def test_an_outage_says_nothing_and_is_not_asked_into_all_the_time(small: Account) -> None:
    small.sync()
    let_time_pass(small)
    small.sandbox.set_faults("500=1.0,endpoint=GET /opportunities/:id/offers")
    watch(small)
    assert lacking(small) == ()
    assert watch(small) == ([], 0)
