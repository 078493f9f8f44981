"""Marts are kept up by months: they are what the whole tables give, and no more than needed is read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from string import ascii_letters

import pytest
from sqlalchemy import delete, select, update

from lever_assets.insight import keeping
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.insight.keeping import keep_up
from lever_assets.insight.loading import of_units
from lever_assets.insight.standing import MADE_OF
from lever_assets.settings import Settings
from lever_assets.store.marts import Replaced
from lever_assets.store.removal import drop_model
from lever_assets.store.tables import MART_TABLES, mart_months
from lever_assets.store.transaction import Transaction
from lever_assets.sync.session import Session
from lever_assets_tests.insight.worlds import (
    FIRST,
    World,
    change_some,
    plain,
    put,
    stored_marts,
    stored_months,
    whole_marts,
    world,
)


@pytest.fixture(autouse=True)
def _no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be looked at again only because it changed a while ago."""
    monkeypatch.setattr(keeping, "_MARGIN", timedelta())


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many units were read, each time."""
    counts: list[int] = []
    load = of_units

    def counting(tx: Transaction, counted: str, units: Sequence[str]) -> object:
        counts.append(len(units))
        return load(tx, counted, units)

    monkeypatch.setattr(keeping, "of_units", counting)
    return counts


def filled(session: Session, seed: int, candidates: int) -> World:
    made = world(seed, candidates)
    put(session.store, made.rows, datetime.now(UTC) - timedelta(hours=1))
    keep_up(session)
    return made


def are_as_the_tables(session: Session) -> bool:
    expected = {name: plain(rows) for name, rows in whole_marts(session.store).items()}
    return stored_marts(session.store) == expected


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_up_is_what_the_whole_tables_give(session: Session, seed: int) -> None:
    made = filled(session, seed, 60)
    assert are_as_the_tables(session)
    for step in range(8):
        put(session.store, change_some(made, 100 * seed + step))
        keep_up(session)
        assert are_as_the_tables(session), step
    marts, months = stored_marts(session.store), stored_months(session.store)
    keep_up(session, rebuild=True)
    assert (stored_marts(session.store), stored_months(session.store)) == (marts, months)


def test_counting_anew_mends_what_is_wrong_and_writes_nothing_else(session: Session) -> None:
    filled(session, 4, 60)
    marts, months = stored_marts(session.store), stored_months(session.store)
    assert not any(done.changed for done in keep_up(session, rebuild=True).values())
    with session.writing() as tx:
        funnel = MART_TABLES["funnel"]
        first = tx.sql.execute(select(*funnel.primary_key.columns).limit(1)).mappings().one()
        is_it = [funnel.c[name] == value for name, value in first.items()]
        tx.sql.execute(update(funnel).where(*is_it).values(month="1999-01", entered=99))
        tx.sql.execute(delete(mart_months))
    changed = {name: done for name, done in keep_up(session, rebuild=True).items() if done.changed}
    assert changed == {"funnel": Replaced(written=1, removed=1)}
    assert (stored_marts(session.store), stored_months(session.store)) == (marts, months)


def test_nothing_is_read_where_no_table_changed(session: Session, read: list[int]) -> None:
    filled(session, 1, 30)
    read.clear()
    assert keep_up(session) == {}
    assert read == []


def test_a_change_reads_the_months_that_it_is_in_and_no_others(session: Session, read: list[int]) -> None:
    made = filled(session, 2, 400)
    visit = next(
        row
        for row in made.rows["application_stage_changes"]
        if row["left_at"] is None and row["to_stage_id"] == "s1" and row["remote_deleted_at"] is None
    )
    read.clear()
    visit["left_at"] = visit["entered_at"] + timedelta(hours=1)
    put(session.store, {"application_stage_changes": [visit]})
    changed = {name: done for name, done in keep_up(session).items() if done.changed}
    assert changed == {"time_in_stage": Replaced(written=1)}
    assert read[0] == 1  # the candidate
    assert len(read) == 2
    assert 1 < read[1] < 200  # who was counted in that month
    assert are_as_the_tables(session)


def test_a_job_of_another_name_makes_nothing_anew_but_one_of_another_department_does(
    session: Session, read: list[int]
) -> None:
    made = filled(session, 3, 60)
    job = next(row for row in made.rows["jobs"] if row["remote_deleted_at"] is None)
    read.clear()
    put(session.store, {"jobs": [{**job, "name": "Another"}]})
    assert not any(done.changed for done in keep_up(session).values())
    assert read == []
    put(session.store, {"jobs": [{**job, "department": "Somewhere else"}]})
    assert keep_up(session)["time_in_stage"].changed
    assert are_as_the_tables(session)


def test_a_source_that_is_long_is_known_by_its_beginning(session: Session) -> None:
    made = world(5, 20)
    long = "".join(Random(1).choices(ascii_letters, k=20_000))
    for row in made.rows["candidates"]:
        row["source"] = long
    for row in made.rows["jobs"]:
        row["department"] = long
    put(session.store, made.rows)
    keep_up(session)
    assert are_as_the_tables(session)
    assert {row["source"] for row in stored_marts(session.store)["source_effectiveness"]} == {long[:200]}


def test_what_somebody_applied_for_before_is_left_without_the_mart_that_tells_it(session: Session) -> None:
    made = World(Random(1))
    for name in ("1", "2"):
        made.rows.setdefault("jobs", []).append({"id": f"j{name}", "department": "A"})
        made.rows.setdefault("requisitions", []).append(
            {"id": f"q{name}", "status": "open", "opened_at": FIRST, "headcount_total": 1}
        )
        made.rows.setdefault("job_requisitions", []).append(
            {"id": f"l{name}", "job_id": f"j{name}", "requisition_id": f"q{name}"}
        )
    application = {"id": "a1", "candidate_id": "c1", "job_id": "j1", "outcome": "PENDING"}
    put(session.store, {**made.rows, "applications": [application]}, datetime.now(UTC) - timedelta(hours=1))
    changed = session.settings.model_copy(update={"exclude": ("application_stages",)})
    without = Session.over(session.store, changed)
    keep_up(without)
    put(session.store, {"applications": [application | {"job_id": "j2"}]})
    keep_up(without)
    rows = stored_marts(session.store)["pipeline_coverage"]
    assert {row["requisition_id"]: row["applications"] for row in rows} == {"q1": 0, "q2": 1}


def test_a_clock_that_was_set_back_hides_no_change(session: Session) -> None:
    made = filled(session, 3, 20)
    with session.writing() as tx:
        ahead = MADE_OF.read(tx)
        assert ahead is not None
        MADE_OF.keep(tx, replace(ahead, at=datetime.now(UTC) + timedelta(days=1)))
    for row in made.rows["candidates"]:
        row["source"] = "Another"
    put(session.store, {"candidates": made.rows["candidates"]})
    keep_up(session)
    assert are_as_the_tables(session)


def test_nor_does_one_that_is_right_again_by_the_time_of_the_marts(session: Session, read: list[int]) -> None:
    """As where the sync with the wrong clock was killed before its end; and it is looked for only once."""
    made = filled(session, 3, 20)
    for row in made.rows["candidates"]:
        row["source"] = "Another"
    put(session.store, {"candidates": made.rows["candidates"]}, datetime.now(UTC) - timedelta(days=2))
    put(session.store, {"candidates": made.rows["candidates"][:1]})
    keep_up(session)
    assert are_as_the_tables(session)
    read.clear()
    put(session.store, {"candidates": made.rows["candidates"][:1]})
    keep_up(session)
    assert read == [1]


def test_a_mart_that_can_not_be_made_is_told_and_stops_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> object:
        raise OverflowError("Zephyrine")

    monkeypatch.setattr(keeping, "of_units", failing)
    put(session.store, world(3, 5).rows)
    assert bring_up_marts(session) == {}
    assert "The marts of lever stand as they did" in caplog.text
    assert "Zephyrine" not in caplog.text
    monkeypatch.undo()
    assert bring_up_marts(session)
    assert are_as_the_tables(session)


def test_much_at_once_is_made_in_pieces(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_AT_ONCE", 25)
    made = filled(session, 4, 120)
    assert are_as_the_tables(session)
    put(session.store, made.rows)  # all of them are looked at again
    keep_up(session)
    assert are_as_the_tables(session)


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_kill_in_between_costs_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    made = filled(session, 5, 120)
    put(session.store, change_some(made, 7))
    put(session.store, made.rows)
    monkeypatch.setattr(keeping, "_AT_ONCE", 25)
    calls = 0
    load = of_units

    def dying(tx: Transaction, counted: str, units: Sequence[str]) -> object:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt
        return load(tx, counted, units)

    with monkeypatch.context() as dies:
        dies.setattr(keeping, "of_units", dying)
        with pytest.raises(KeyboardInterrupt):
            keep_up(session)
    keep_up(session)
    assert are_as_the_tables(session)


def test_what_the_settings_do_not_want_holds_nothing(session: Session) -> None:
    filled(session, 6, 60)

    def over(**changes: object) -> Session:
        settings = Settings(**{**session.settings.model_dump(), **changes})
        return Session.over(session.store, settings)

    keep_up(over(exclude=("interviews",)))
    marts = stored_marts(session.store)
    assert marts["interviewer_load"] == marts["source_effectiveness"] == []
    assert marts["funnel"]
    keep_up(over(insight=False))
    assert not any(stored_marts(session.store).values())
    assert not stored_months(session.store)
    keep_up(session)
    assert are_as_the_tables(session)


@pytest.mark.parametrize("model", ["application_stage_changes", "offers", "interviews", "requisitions"])
def test_what_was_removed_and_does_not_come_back_is_counted_no_more(session: Session, model: str) -> None:
    """As after a model was excluded, whose next sync failed, and included again: the marts saw none of it."""
    made = filled(session, 9, 60)
    with session.writing() as tx:
        assert drop_model(tx, model)
    put(session.store, {model: made.rows[model][::2]})
    keep_up(session)
    assert are_as_the_tables(session)


def test_an_account_has_its_own_marts(session: Session) -> None:
    filled(session, 8, 30)
    before = stored_marts(session.store)
    other = Session.over(session.store, session.settings.model_copy(update={"connection": "other"}))
    keep_up(other)
    assert stored_marts(session.store) == before
