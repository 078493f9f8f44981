"""What is personal goes from rows, payloads, history and ledger, once, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from lever_assets.store import Store, ledger
from lever_assets.store.action_erasure import erase_actions
from lever_assets.store.changes import History, change_marks, forget_values, since
from lever_assets.store.erasure import due_rows, erase_rows, overdue, rows_of
from lever_assets.store.ledger import ActionState, Entry
from lever_assets.store.merge import merge
from lever_assets.store.payloads import erase_payloads, flagged, rewrite_payloads_below
from lever_assets.store.tables import RAW, UNIFIED, changes
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import JsonObject
from lever_assets_tests.store.builders import LEVER, T0, arrival, at, candidate, day, landed, whole

PERSONAL = ("first_name", "phone_numbers", "remote_data")
HISTORY = History("a run")


def stored(store: Store, *names: str, gone: bool, at: int = 0) -> list[str]:
    """Merge candidates of these names, in two versions, and return their ids; `gone`: they are, then."""
    for version, source in enumerate(("first", "second")):
        rows = [
            (
                f"c{name}",
                candidate(
                    f"c{name}", first_name=f"{name} {version}", source=source, remote_data={"name": name}
                ),
            )
            for name in names
        ]
        with store.writing(LEVER, at=day(at)) as tx:
            merge(tx, "candidates", rows, sources=(), history=HISTORY)
    if gone:
        with store.writing(LEVER, at=day(at)) as tx:
            sources = [f"c{name}" for name in names]
            merge(tx, "candidates", [], sources=sources, history=HISTORY)
    return [unified_id(LEVER, "candidates", f"c{name}") for name in names]


def erased(store: Store, ids: list[str], at: int = 9) -> int:
    with store.writing(LEVER, at=day(at)) as tx:
        return erase_rows(tx, "candidates", ids, PERSONAL, history=HISTORY)


def test_rows_that_are_gone_lose_what_is_personal_and_nothing_else(store: Store) -> None:
    ids = stored(store, "Ada", gone=True) + stored(store, "Eve", gone=False)
    with store.reading(LEVER) as tx:
        before = change_marks(tx)["candidates"]
    assert erased(store, ids) == 1

    columns = ("first_name", "phone_numbers", "remote_data", "source", "remote_deleted_at", "changed_at")
    rows = sorted(whole(store, UNIFIED["candidates"], *columns), key=str)
    assert rows == [
        ("Eve 1", [], {"name": "Eve"}, "second", None, T0),
        (None, None, None, "second", T0, day(9)),
    ]
    with store.reading(LEVER) as tx:
        assert change_marks(tx)["candidates"] != before


def test_the_history_says_so_and_keeps_what_is_not_personal(store: Store) -> None:
    (ada,) = stored(store, "Ada", gone=True)
    erased(store, [ada])
    with store.reading(LEVER) as tx:
        told = [(each.kind, each.columns) for each in since(tx, 0, limit=9)]
    assert told == [
        ("created", None),
        ("updated", {"first_name": {}, "source": {"old": "first", "new": "second"}}),
        ("deleted", None),
        ("erased", None),
    ]


def test_a_second_time_there_is_nothing_to_erase(store: Store) -> None:
    ids = stored(store, "Ada", "Eve", gone=True)
    erased(store, ids, at=8)
    before = whole(store, UNIFIED["candidates"]), whole(store, changes)
    assert erased(store, ids) == 0
    assert (whole(store, UNIFIED["candidates"]), whole(store, changes)) == before


def test_rows_are_due_when_their_time_has_come(store: Store) -> None:
    old = stored(store, "Ada", "Eve", gone=True, at=1)
    stored(store, "Bob", gone=True, at=5)
    stored(store, "Kim", gone=False)
    with store.reading(LEVER) as tx:
        assert set(due_rows(tx, "candidates", gone_before=day(1), limit=9)) == set(old)
        assert len(due_rows(tx, "candidates", gone_before=day(9), limit=2)) == 2
        assert due_rows(Transaction(tx.sql, "another"), "candidates", gone_before=day(9), limit=9) == []
        assert overdue(tx, gone_before=day(1)) == {"candidates"}
        assert not overdue(tx, gone_before=day(0))
        assert not overdue(Transaction(tx.sql, "another"), gone_before=day(9))
        assert rows_of(tx, "candidates", ["cAda", "unknown"]) == old[:1]


def test_a_record_that_comes_back_is_written_whole(store: Store) -> None:
    (ada,) = stored(store, "Ada", gone=True)
    erased(store, [ada])
    stored(store, "Ada", gone=False, at=10)
    columns = ("first_name", "remote_data", "remote_deleted_at")
    assert whole(store, UNIFIED["candidates"], *columns) == [("Ada 1", {"name": "Ada"}, None)]


@pytest.mark.parametrize(("resource", "field"), [("opportunities", "id"), ("tags", "text")])
def test_a_payload_that_is_gone_is_reduced_to_its_id(store: Store, resource: str, field: str) -> None:
    landed(store, arrival("o1"), arrival("o2"), resource=resource)
    table = RAW[resource]
    with store.writing(LEVER) as tx:
        tx.sql.execute(table.update().where(table.c.remote_id == "o1").values(deleted_at=day(1)))
    for count in (1, 0):
        with store.writing(LEVER) as tx:
            assert overdue(tx, gone_before=day(2)) == ({table.name} if count else set())
            assert erase_payloads(tx, resource, field, gone_before=day(2), limit=9) == count
    assert whole(store, table, "data") == [({field: "o1"},), ({"id": "o2", "content": "x"},)]

    assert landed(store, arrival("o1"), resource=resource, now=day(3)).updated == 1
    assert whole(store, table, "data", "deleted_at")[0] == ({"id": "o1", "content": "x"}, None)


def test_payloads_below_a_parent_are_reduced_and_land_anew(store: Store) -> None:
    landed(store, arrival("i1", parent_id="o1"), arrival("i2", parent_id="o2"), resource="interviews", now=T0)

    def reduce(record: JsonObject) -> JsonObject:
        return {"id": record["id"]}

    for _ in range(2):
        with store.writing(LEVER, at=day(1)) as tx:
            rewrite_payloads_below(tx, "interviews", ["o1"], reduce)
        assert whole(store, RAW["interviews"], "data", "version", "changed_at") == [
            ({"id": "i1"}, 2, day(1)),
            ({"id": "i2", "content": "x"}, 1, T0),
        ]


def test_only_true_is_a_flag(store: Store) -> None:
    for remote_id, value in {"yes": True, "no": False, "text": "true", "number": 1, "null": None}.items():
        landed(store, arrival(remote_id, value), resource="opportunities")
    landed(store, arrival("elsewhere", True), resource="opportunities", connection="another")
    asked = ["yes", "no", "text", "number", "null", "elsewhere", "unknown"]
    with store.reading(LEVER) as tx:
        assert flagged(tx, "opportunities", "content", asked) == {"yes"}
        assert flagged(tx, "opportunities", "other", asked) == set()
        assert flagged(tx, "opportunities", "content", []) == set()


def action(store: Store, key: str, request: JsonObject) -> Entry:
    """Put an action into the ledger that was done."""
    with store.writing(LEVER, at=T0) as tx:
        entry = ledger.open_entry(tx, "act", key, input_hash="h", request=request)
        ledger.claim(tx, entry, "me", run_id=None, until=day(1))
        ledger.keep_steps(tx, entry.id, "me", [{"name": "write"}], until=day(1))
        done: JsonObject = {"data": {"note": "Ada's"}, "error": None}
        ledger.settle(tx, entry.id, "me", ActionState.SUCCEEDED, answer=done, warnings=["Ada is new"])
    return entry


def forgotten(store: Store, model: str, ids: list[str], at: int = 9) -> int:
    with store.writing(LEVER, at=day(at)) as tx:
        return erase_actions(tx, model, ids)


def entries(store: Store) -> dict[str, Entry]:
    with store.reading(LEVER) as tx:
        return {each.idempotency_key: each for each in ledger.recent(tx)}


def test_actions_on_a_candidate_and_the_one_that_made_it_are_forgotten(store: Store) -> None:
    (ada,) = stored(store, "Ada", gone=True)
    stored(store, "Eve", gone=True)
    action(store, "ours", {"candidate_id": ada, "tag": "t"})
    action(store, "Lever's", {"candidate_id": "remote:cAda", "tag": "t"})
    made = action(store, "made", {"candidate": {"first_name": "Ada"}})
    with store.writing(LEVER, at=T0) as tx:
        ledger.record_created(tx, "candidates", "cAda", action_id=made.id)
    action(store, "another's", {"candidate_id": "remote:cEve"})
    action(store, "application", {"application_id": ada})
    before = entries(store)

    assert forgotten(store, "candidates", [ada]) == 3
    after = entries(store)
    assert {key for key, entry in after.items() if entry == before[key]} == {"another's", "application"}
    for key in ("ours", "Lever's", "made"):
        entry = after[key]
        assert (entry.request, entry.answer, entry.warnings) == ({}, None, [])
        kept = ("state", "steps", "input_hash", "attempts", "updated_at")
        assert [getattr(entry, each) for each in kept] == [getattr(before[key], each) for each in kept]
    assert forgotten(store, "candidates", [ada]) == 0


def test_an_action_at_work_is_left_until_it_is_done(store: Store) -> None:
    (ada,) = stored(store, "Ada", gone=True)
    entry = action(store, "ours", {"candidate_id": ada})
    with store.writing(LEVER, at=day(2)) as tx:
        again = ledger.get(tx, entry.id)
        assert again is not None
        assert ledger.claim(tx, again, "you", run_id=None, until=day(3))
    with store.writing(LEVER) as tx:
        just_before = day(3) - timedelta(seconds=1)
        assert erase_actions(at(tx, just_before), "candidates", [ada]) == 0
    assert forgotten(store, "candidates", [ada], at=3) == 1


def test_actions_are_on_candidates_and_applications_only(store: Store) -> None:
    (ada,) = stored(store, "Ada", gone=True)
    action(store, "ours", {"candidate_id": ada})
    assert forgotten(store, "interviews", [ada]) == 0
    assert forgotten(store, "candidates", []) == 0


names = st.sampled_from(["first_name", "phone_numbers", "remote_data", "source", "title"])
values: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}), st.fixed_dictionaries({"old": st.text("ab"), "new": st.text("ab")})
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.none() | st.dictionaries(names, values, min_size=1), min_size=1, max_size=4))
def test_forgetting_takes_personal_values_and_leaves_the_others(
    store: Store, told: list[dict[str, Any] | None]
) -> None:
    with store.writing(LEVER) as tx:
        tx.sql.execute(changes.delete())
        rows = [
            {"connection": LEVER, "model": "candidates", "row_id": "r", "kind": "updated", "seen_at": T0}
            | {"columns": columns, "remote_id": None, "run_id": None}
            for columns in told
        ]
        tx.sql.execute(insert(changes), rows)
        forget_values(tx, ["r"], PERSONAL)
        left = list(tx.sql.execute(select(changes.c.columns).order_by(changes.c.id)).scalars())
    assert left == [
        columns and {name: {} if name in PERSONAL else each for name, each in columns.items()}
        for columns in told
    ]
