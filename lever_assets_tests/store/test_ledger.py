"""The ledger: one row for each key, one owner at a time, on both databases."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lever_assets.store import Store, ledger
from lever_assets.store.ledger import ActionState, ClaimLostError, Entry
from lever_assets.store.tables import created_records
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import unified_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


def _open(store: Store, key: str = "a key", input_hash: str = "h", at: datetime = NOW) -> Entry:
    with store.writing("lever", at=at) as tx:
        return ledger.open_entry(tx, "add_note", key, input_hash=input_hash, request={"content": "x"})


def _claim(store: Store, entry: Entry, owner: str, at: datetime = NOW) -> bool:
    with store.writing("lever", at=at) as tx:
        return ledger.claim(tx, entry, owner, run_id="run", until=at + timedelta(seconds=30))


def _get(store: Store, entry: Entry) -> Entry:
    with store.reading("lever") as tx:
        found = ledger.get(tx, entry.id)
    assert found is not None
    return found


def test_a_key_has_one_row_which_stays_as_it_was_first(store: Store) -> None:
    first = _open(store)
    second = _open(store, input_hash="another", at=LATER)

    assert second == first
    assert (first.state, first.attempts, first.steps, first.request) == (
        ActionState.PENDING,
        0,
        [],
        {"content": "x"},
    )


def test_many_who_open_one_key_at_once_have_one_row(store: Store) -> None:
    keys = [f"key {number}" for number in range(60)]
    together = threading.Barrier(4)
    opened: list[str] = []
    failed: list[Exception] = []

    def race() -> None:
        for key in keys:
            together.wait(timeout=60)
            try:
                opened.append(_open(store, key).id)
            except Exception as error:
                failed.append(error)

    racers = [threading.Thread(target=race) for _ in range(together.parties)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert failed == []
    assert Counter(opened) == {unified_id("lever", "actions", key): together.parties for key in keys}


def test_only_one_of_many_gets_the_claim(store: Store) -> None:
    entry = _open(store)
    won: list[str] = []

    def race(owner: str) -> None:
        if _claim(store, entry, owner):
            won.append(owner)

    racers = [threading.Thread(target=race, args=(f"owner {number}",)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert len(won) == 1
    assert _get(store, entry).owner == won[0]


def test_a_claim_that_ran_out_can_be_taken_and_the_first_owner_may_send_no_more(store: Store) -> None:
    entry = _open(store)
    assert _claim(store, entry, "first")
    claimed = _get(store, entry)
    assert not _claim(store, claimed, "second", NOW + timedelta(seconds=29))
    assert _claim(store, claimed, "second", LATER)

    with store.writing("lever", at=LATER) as tx, pytest.raises(ClaimLostError):
        ledger.keep_steps(tx, entry.id, "first", [{"name": "s"}], until=LATER)
    with store.writing("lever", at=LATER) as tx:
        assert not ledger.renew(tx, entry.id, "first", until=LATER)
        ledger.settle(tx, entry.id, "first", ActionState.SUCCEEDED, answer=None, warnings=[])
    assert (_get(store, entry).state, _get(store, entry).owner) == (ActionState.SENDING, "second")
    assert _get(store, entry).attempts == 2


def test_a_row_that_was_settled_meanwhile_is_not_taken_from_an_old_view(store: Store) -> None:
    entry = _open(store)
    assert _claim(store, entry, "first")
    with store.writing("lever", at=LATER) as tx:
        ledger.settle(tx, entry.id, "first", ActionState.SUCCEEDED, answer={"data": {"é": 1}}, warnings=["w"])

    assert not _claim(store, entry, "second", LATER)
    settled = _get(store, entry)
    assert (settled.state, settled.owner, settled.lease_until) == (ActionState.SUCCEEDED, None, None)
    assert (settled.answer, settled.warnings, settled.run_id) == ({"data": {"é": 1}}, ["w"], "run")
    assert settled.is_settled


def test_a_claim_that_is_given_up_leaves_the_steps_to_the_next(store: Store) -> None:
    entry = _open(store)
    assert _claim(store, entry, "first")
    with store.writing("lever", at=NOW) as tx:
        ledger.keep_steps(tx, entry.id, "first", [{"name": "s", "state": "sending"}], until=LATER)
        ledger.release(tx, entry.id, "first")

    assert _claim(store, _get(store, entry), "second")
    assert _get(store, entry).steps == [{"name": "s", "state": "sending"}]


def test_rows_are_found_by_state_and_by_the_beginning_of_their_key(store: Store) -> None:
    for number in (1, 2, 10):
        _open(store, f"auto:x:{number:06d}", at=NOW + timedelta(seconds=number))
    _open(store, "auto:y:000011")

    with store.reading("lever") as tx:
        last = ledger.last_of(tx, "auto:x:")
        pending = ledger.recent(tx, states=(ActionState.PENDING,), limit=2)
        assert ledger.recent(tx, states=(ActionState.FAILED,)) == []
        assert ledger.recent(Transaction(tx.sql, "another")) == []
    assert last is not None
    assert last.idempotency_key == "auto:x:000010"
    assert [each.idempotency_key for each in pending] == ["auto:x:000010", "auto:x:000002"]


def test_the_first_action_to_create_a_record_is_kept(store: Store) -> None:
    with store.writing("lever", at=NOW) as tx:
        for action in ("first", "second"):
            ledger.record_created(tx, "candidates", "o1", action_id=action)
        ledger.record_created(tx, "applications", "a1", action_id="first")

    with store.reading("lever") as tx:
        kept = tx.sql.execute(select(created_records).order_by(created_records.c.model)).mappings().all()
    assert [(row["model"], row["remote_id"], row["action_id"]) for row in kept] == [
        ("applications", "a1", "first"),
        ("candidates", "o1", "first"),
    ]
    assert kept[1]["id"] == unified_id("lever", "candidates", "o1")
