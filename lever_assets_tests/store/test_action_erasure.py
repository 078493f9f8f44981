"""The ledger forgets people by their addresses and what is old, and takes up again what was not done."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import null, update

from lever_assets.store import Store, ledger
from lever_assets.store.action_erasure import erase_actions_of_erased, erase_old_actions
from lever_assets.store.addresses import (
    addresses_in,
    addresses_of,
    erased_among,
    forget_erased_long_ago,
    keep_erased,
    own_addresses,
)
from lever_assets.store.ledger import ActionState, Entry
from lever_assets.store.tables import UNIFIED
from lever_assets.unified.models import JsonObject
from lever_assets_tests.store.builders import LEVER, T0, at, candidate, day, merged

ADA: JsonObject = {"candidate": {"email_address": "Ada@Example.org"}}


def opened(store: Store, key: str, request: JsonObject = ADA, at: int = 0) -> Entry:
    with store.writing(LEVER, at=day(at)) as tx:
        return ledger.open_entry(
            tx,
            "create_candidate",
            key,
            input_hash="h",
            request=request,
            addresses=addresses_in(LEVER, request),
        )


def ended(store: Store, entry: Entry, state: ActionState, at: int = 0) -> None:
    answer: JsonObject = {
        "data": {"id": "c", "first_name": "Ada", "applications": [{"id": "a", "remote_url": "u"}]},
        "error": None,
    }
    step: JsonObject = {"name": "upload", "kept": {"id": "1", "uri": "ada.pdf"}, "error": "Ada is there"}
    with store.writing(LEVER, at=day(at)) as tx:
        assert ledger.claim(tx, entry, "me", run_id="run", until=day(at + 1))
        ledger.keep_steps(tx, entry.id, "me", [step], until=day(at + 1))
        ledger.settle(tx, entry.id, "me", state, answer=answer, warnings=["Ada!"])


def row(store: Store, entry: Entry) -> Entry:
    with store.reading(LEVER) as tx:
        found = ledger.get(tx, entry.id)
    assert found is not None
    return found


def forgotten(store: Store, address: str, at: int) -> int:
    with store.writing(LEVER, at=day(at)) as tx:
        keep_erased(tx, addresses_in(LEVER, address))
        return erase_actions_of_erased(tx)


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        " ADA@Example.org.",
        "see <Ada@example.org>, please",
        "mailto:ada@example.org?subject=x",
    ],
)
def test_an_address_is_the_same_however_it_stands_there(text: str) -> None:
    assert addresses_in(LEVER, {"note": [text]}) == addresses_in(LEVER, "ada@example.org") != set()
    assert addresses_in("another", text) != addresses_in(LEVER, text)
    assert addresses_in(LEVER, {"no": "address @ all", "n": 5}) == set()


def test_of_somebody_who_was_erased_goes_what_was_written_before(store: Store) -> None:
    failed = opened(store, "failed")
    ended(store, failed, ActionState.FAILED)
    other = opened(store, "other", {"candidate": {"email_address": "eve@example.org"}})
    assert forgotten(store, "ada@example.org", at=1) == 1
    after = row(store, failed)
    assert (after.request, after.answer, after.warnings, after.addresses) == (
        {},
        {"data": {"id": "c", "applications": [{"id": "a"}]}, "error": None},
        [],
        None,
    )
    assert after.steps == [{"name": "upload", "kept": {"id": "1", "uri": None}, "error": None}]
    assert (after.state, after.input_hash, after.idempotency_key) == (ActionState.FAILED, "h", "failed")
    assert row(store, other) == other

    again = opened(store, "later", at=2)
    with store.writing(LEVER, at=day(3)) as tx:
        assert erase_actions_of_erased(tx) == 0
    assert row(store, again) == again


def test_an_action_at_work_goes_when_it_is_over(store: Store) -> None:
    entry = opened(store, "busy")
    with store.writing(LEVER, at=day(0)) as tx:
        assert ledger.claim(tx, entry, "me", run_id=None, until=day(3))
    assert forgotten(store, "ada@example.org", at=1) == 0
    with store.writing(LEVER, at=day(2)) as tx:
        ledger.settle(tx, entry.id, "me", ActionState.FAILED, answer=None, warnings=[])
        assert erase_actions_of_erased(tx) == 1


def test_what_is_old_goes_bit_by_bit_and_what_is_under_way_stays(store: Store) -> None:
    for number, state in enumerate(
        (ActionState.FAILED, ActionState.SUCCEEDED, ActionState.UNKNOWN, ActionState.INCOMPLETE)
    ):
        ended(store, opened(store, f"key {number}", {"note": "Ada"}), state)
    busy = opened(store, "busy", {"note": "Ada"})
    with store.writing(LEVER, at=day(0)) as tx:
        assert ledger.claim(tx, busy, "me", run_id=None, until=day(9))
    ended(store, opened(store, "young", {"note": "Ada"}, at=4), ActionState.FAILED, at=4)
    counts = []
    for _ in range(3):
        with store.writing(LEVER, at=day(8)) as tx:
            counts.append(erase_old_actions(tx, before=day(3), limit=3))
    assert counts == [3, 1, 0]
    with store.reading(LEVER) as tx:
        left = {each.idempotency_key for each in ledger.recent(tx) if each.request}
    assert left == {"busy", "young"}


@pytest.mark.parametrize(("state", "whole"), [(ActionState.FAILED, True), (ActionState.SUCCEEDED, False)])
def test_what_was_not_done_gets_its_input_back_when_it_is_tried_again(
    store: Store, state: ActionState, whole: bool
) -> None:
    ended(store, opened(store, "key"), state)
    assert forgotten(store, "ada@example.org", at=1) == 1
    again = opened(store, "key", at=2)
    assert (again.request == ADA, again.erased_at is None, bool(again.addresses)) == (whole,) * 3


def test_who_was_erased_is_forgotten_after_a_month(store: Store) -> None:
    ada = addresses_in(LEVER, ADA)
    with store.writing(LEVER) as tx:
        keep_erased(at(tx, T0), ada)
        forget_erased_long_ago(at(tx, T0 + timedelta(days=30)))
        assert erased_among(tx, ada, since=T0)
        assert not erased_among(tx, ada, since=day(1))
        forget_erased_long_ago(at(tx, T0 + timedelta(days=31)))
        assert not erased_among(tx, ada, since=T0)


@pytest.mark.parametrize(
    "text", ["A" * 5_000_000, "a." * 500_000 + "@", "@" * 500_000, "x@" + "a." * 500_000]
)
def test_addresses_are_looked_for_in_one_go_whatever_is_there(text: str) -> None:
    began = time.process_time()
    addresses_in(LEVER, {"note": text})
    assert time.process_time() - began < 5


def test_the_addresses_of_a_person_are_in_the_fields_for_them_ours_and_levers() -> None:
    given = {
        "candidate": {
            "email_address": "a@x.org",
            "additional_email_addresses": [{"email_address": "b@x.org"}],
        },
        "remote_fields": {"lever": {"candidate": {"emails": ["c@x.org", "d@x.org"]}}},
        "content": "careers@x.org says hello",
    }
    wanted = addresses_in(LEVER, ["a@x.org", "b@x.org", "c@x.org", "d@x.org"])
    assert addresses_in(LEVER, own_addresses(given)) == wanted
    assert len(wanted) == 4


def test_an_address_of_somebody_else_who_is_there_is_nobody_s_who_is_gone(store: Store) -> None:
    def listed(*addresses: str) -> list[dict[str, str | None]]:
        return [{"email_address": each, "type": None} for each in addresses]

    gone = candidate("gone", email_addresses=listed("Ada@Example.org", "careers@firm.com", "ada@home.net"))
    twin = candidate("twin", email_addresses=listed("ADA@home.net", "other@example.org"))
    firm = candidate("firm", email_addresses=listed("Careers@Firm.com"))
    erased = candidate("erased")
    merged(store, *((str(each.remote_id), each) for each in (gone, twin, firm, erased)), model="candidates")
    with store.writing(LEVER) as tx:
        table = UNIFIED["candidates"]
        tx.sql.execute(update(table).where(table.c.id == erased.id).values(email_addresses=null()))
    with store.reading(LEVER) as tx:
        assert addresses_of(tx, [gone.id]) == addresses_in(LEVER, "ada@example.org")
        assert addresses_of(tx, [gone.id, twin.id, firm.id]) == addresses_in(
            LEVER, ["ada@example.org", "careers@firm.com", "ada@home.net", "other@example.org"]
        )
    merged(store, sources=("twin",), model="candidates")
    with store.reading(LEVER) as tx:
        assert addresses_of(tx, [gone.id]) == addresses_in(LEVER, ["ada@example.org", "ada@home.net"])
