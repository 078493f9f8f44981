"""Nothing stands for all: not the first that are refused, not another's list, not one odd reading."""

import pytest

from lever_assets.store import due
from lever_assets.sync.fetch import brake
from lever_assets.sync.polling import poll
from lever_assets.sync.session import Scope
from lever_assets_tests.meddling import NOT_FOUND, Asked, Change, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids


def of(account: Account, opportunity: str) -> list[str]:
    """Return the interviews of an opportunity."""
    sandbox = account.sandbox
    return [
        each
        for each in sandbox.ids("interviews")
        if (sandbox.get("interviews", each) or {})["opportunityId"] == opportunity
    ]


def emptying(path: str) -> Change:
    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.of([]) if asked.path == path else reply

    return change


def is_asked_for(account: Account) -> bool:
    with account.session(watch_budget=0) as session:
        return poll(session).changed


def in_order_of_reading(account: Account) -> list[str]:
    """Return the postings as their forms are read: those that are not over first, newest change first."""
    postings = (account.sandbox.get("postings", each) or {} for each in account.sandbox.ids("postings"))
    over = ("closed", "rejected")
    return [
        str(each["id"])
        for each in sorted(
            postings, key=lambda each: (each["state"] in over, -int(each["updatedAt"]), each["id"])
        )
    ]


@pytest.mark.parametrize("scope", [DELTA, EVERYTHING], ids=["delta", "full"])
def test_the_first_eight_that_are_refused_for_ever_do_not_stand_for_the_others(
    small: Account, scope: Scope
) -> None:
    bad = in_order_of_reading(small)[:8]
    assert len(small.sandbox.ids("postings")) > len(bad)
    small.sandbox.set_faults(*(f"404,path=/postings/{each}/apply" for each in bad))
    assert any(each.startswith("posting_forms was skipped") for each in small.sync().warnings)
    (warning,) = small.sync(scope).warnings
    assert "the posting_forms of 8 of the postings could not be read" in warning
    assert raw_ids(small.database, "posting_forms") == set(small.sandbox.ids("postings")) - set(bad)


@pytest.mark.long
def test_a_list_of_another_one_is_not_taken_in(small: Account) -> None:
    sandbox = small.sandbox
    owners = sorted(
        {(sandbox.get("interviews", each) or {})["opportunityId"] for each in sandbox.ids("interviews")}
    )
    one, other = owners[:2]
    with meddling(sandbox.url) as between:
        theirs = [sandbox.get("interviews", each) for each in of(small, other)]

        def swapped(asked: Asked, reply: Reply) -> Reply:
            mine = asked.path == f"/opportunities/{one}/interviews"
            return reply.of([*theirs]) if mine else reply

        between.change = swapped
        (warning,) = small.sync(base_url=between.url).warnings
    assert "it has records of another one than was asked for" in warning
    small.make_failed_reads_due()
    assert small.sync(DELTA).warnings == ()
    assert live(small.database) == small.fresh()


@pytest.mark.long
def test_children_are_held_no_longer_than_they_are_missing_though_another_is_refused_for_ever(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake, "AT_LEAST", 2)
    sandbox = small.sandbox
    small.sync()
    owner = str((sandbox.get("interviews", sandbox.ids("interviews")[0]) or {})["opportunityId"])
    bad = next(each for each in sandbox.ids("opportunities") if each != owner)
    refused = f"400,path=/opportunities/{bad}/interviews"
    sandbox.set_faults(refused, "empty-list,path=/opportunities/*/interviews")
    small.sync()
    assert small.held_back("interviews")
    sandbox.set_faults(refused)
    small.sync()
    assert small.held_back("interviews") == 0
    gone = of(small, owner)[0]
    sandbox.delete("interviews", gone)
    small.sync()
    assert gone not in raw_ids(small.database, "interviews")


def without_an_id(asked: Asked, reply: Reply) -> Reply:
    if asked.path != "/opportunities" or not reply.records:
        return reply
    return reply.of([*reply.records, {"name": "nobody"}])


def not_there(asked: Asked, reply: Reply) -> Reply:
    return reply.giving(404, NOT_FOUND) if asked.path == "/opportunities" else reply


def refused(asked: Asked, reply: Reply) -> Reply:
    if "confidentiality" not in asked.params:
        return reply
    return reply.giving(403, {"code": "Forbidden", "message": "no confidentiality for you"})


@pytest.mark.sampled(1)
@pytest.mark.parametrize("later", [without_an_id, not_there, refused])
def test_a_hold_that_no_list_can_settle_starts_no_delta_every_minute(small: Account, later: Change) -> None:
    small.sync()
    with meddling(small.sandbox.url, emptying("/opportunities")) as between:
        small.sync(base_url=between.url)
        assert small.held_back("opportunities")
        between.change = later
        small.make_failed_reads_due()
        small.sync(DELTA, base_url=between.url, watch_budget=0)
    small.sandbox.set_faults()
    assert not is_asked_for(small)
    small.sync()
    assert small.held_back("opportunities") == 0


def test_a_hold_is_looked_at_again_although_the_sync_was_killed_before_it_could_tell(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.sync()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with meddling(small.sandbox.url, emptying("/opportunities")) as between, monkeypatch.context() as during:
        during.setattr(brake, "ask_singly", killed)
        with pytest.raises(KeyboardInterrupt):
            small.sync(base_url=between.url)
    assert raw_ids(small.database, "opportunities") == set(small.sandbox.ids("opportunities"))
    small.sync()
    assert small.held_back("opportunities") == 0


@pytest.mark.long
def test_when_the_right_to_confidential_data_comes_back_so_does_what_changed_meanwhile(
    small: Account,
) -> None:
    small.sync()
    with meddling(small.sandbox.url, refused) as between:
        small.sync(DELTA, base_url=between.url)
        at = small.sandbox.now()
        for each in small.sandbox.ids("opportunities"):
            small.sandbox.edit("opportunities", each, {"headline": "Changed", "updatedAt": at})
        small.sync(DELTA, base_url=between.url)
        small.sync(DELTA, base_url=between.url)
    small.sync(DELTA)
    small.sync(DELTA)
    assert live(small.database) == small.fresh()


@pytest.mark.long
def test_whose_application_was_deleted_is_read_again_though_the_first_can_not_be(
    small: Account,
) -> None:
    sandbox = small.sandbox
    small.sync()
    owners: list[str] = []
    for each in sandbox.ids("opportunities"):
        listed = (sandbox.get("opportunities", each) or {})["applications"]
        if listed and len(owners) < 3:
            sandbox.delete("applications", listed[0])
            owners.append(each)
    sandbox.set_faults(f"500,path=/opportunities/{min(owners)},method=GET")
    small.sync(DELTA)
    with small.session() as session, session.reading() as tx:
        assert due.failed(tx, "raw_opportunities", "opportunities") == set(owners)
    sandbox.set_faults()
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert live(small.database) == small.fresh()


@pytest.mark.long
def test_an_application_that_changes_alone_is_found_by_a_full_sync_where_ids_are_given(
    small: Account,
) -> None:
    sandbox = small.sandbox
    sandbox.set_quirks("expand-ignored")
    small.sync()
    sandbox.edit("applications", next(iter(raw_ids(small.database, "applications"))), {"comments": "changed"})
    small.sync()
    assert live(small.database) == small.fresh()
