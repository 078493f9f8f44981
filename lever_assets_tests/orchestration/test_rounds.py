"""Every account gets its turn, however many there are and however little time."""

import asyncio
import threading
import time

import pytest

from lever_assets.orchestration import rounds
from lever_assets.orchestration.rounds import Place, Rounds, Told, one_loop
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import UnreachableError

EVERY = [f"customer_{number}" for number in range(30)]


def accounts(*names: str) -> list[Settings]:
    settings = Settings(api_key=None)
    return [settings.of(each) for each in names]


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_AT_ONCE", 2)


def test_the_next_tick_begins_where_the_last_one_stopped() -> None:
    seen: list[str] = []

    def look(account: Settings, _: Budget) -> Told:
        time.sleep(0.2)
        seen.append(account.connection)
        return Told("Nothing.")

    cursor, going, ticks = None, Rounds(), 0
    while len(set(seen)) < len(EVERY):
        done = going.go(accounts(*EVERY), look, Budget(0.5 + 0.8), cursor)
        assert done.left <= len(EVERY) - len(done.told)
        cursor, ticks = done.place.to_keep(), ticks + 1
        assert ticks < 100
    assert ticks > 1
    assert len(seen) <= len(EVERY) + 12  # hardly any came twice before all had come once


def test_who_is_slow_comes_last_and_the_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_OWN_SECONDS", 0.2)
    asked: list[str] = []

    def look(account: Settings, budget: Budget) -> Told:
        asked.append(account.connection)
        if account.connection in {"a", "b"}:
            time.sleep(budget.left)
            return Told("Lever did not say.")
        return Told("Nothing.")

    going = Rounds()
    done = going.go(accounts("a", "b", "c", "d"), look, Budget(0.5 + 1.0), None)
    assert {name for name, each in done.told.items() if each.trouble} == {"a", "b"}
    assert set(done.place.slow) == {"a", "b"}
    asked.clear()
    again = going.go(accounts("a", "b", "c", "d"), look, Budget(0.5 + 0.6), done.place.to_keep())
    assert {"c", "d"} <= set(again.told)
    assert asked.index("b" if done.place.slow[0] == "a" else "a") > asked.index("c")


def test_a_thread_that_outlives_its_tick_is_not_begun_again() -> None:
    over, begun = threading.Event(), []

    def look(account: Settings, _: Budget) -> Told:
        begun.append(account.connection)
        if account.connection == "stuck":
            over.wait(20)
        return Told("Nothing.")

    going = Rounds()
    began = time.monotonic()
    first = going.go(accounts("stuck", "well"), look, Budget(0.5 + 0.3), None)
    second = going.go(accounts("stuck", "well"), look, Budget(0.5 + 0.3), first.place.to_keep())
    assert time.monotonic() - began < 5
    assert first.told["stuck"].trouble
    assert begun.count("stuck") == 1
    assert begun.count("well") == 2
    assert "well" in second.told
    over.set()
    while going.busy:
        time.sleep(0.01)
    third = going.go(accounts("stuck", "well"), look, Budget(0.5 + 5), second.place.to_keep())
    assert set(third.told) == {"stuck", "well"}


def test_what_one_raises_is_told_of_it_alone_and_by_name() -> None:
    def look(account: Settings, _: Budget) -> Told:
        if account.connection == "customer_7":
            raise UnreachableError("the database can't be reached", "start it")
        if account.connection == "customer_8":
            raise ValueError("with something of a person's")
        return Told("Nothing has changed since 12:00.", short="nothing has changed.")

    told = Rounds().go(accounts(*EVERY), look, Budget(20), None).summary()
    assert "28 connections: nothing has changed." in told
    assert "customer_7: " in told
    assert "can't be reached" in told
    assert "customer_8: Something unexpected happened (ValueError)" in told
    assert "person" not in told


@pytest.mark.parametrize("cursor", ["", "garbage", "[]", '{"next": 3}', None])
def test_a_cursor_that_makes_no_sense_begins_anew(cursor: str | None) -> None:
    assert Place.kept(cursor) == Place()


def test_accounts_that_are_gone_are_forgotten() -> None:
    others, slow = Place("gone", ("gone too", "b")).order(["a", "b"])
    assert (others, slow) == (["a"], ["b"])


def test_all_threads_ask_from_one_loop_and_nothing_outlives_it() -> None:
    seen: set[asyncio.AbstractEventLoop] = set()
    begun, cancelled = threading.Event(), threading.Event()

    async def ask(name: str) -> str:
        seen.add(asyncio.get_running_loop())
        if name == "stuck":
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                cancelled.set()
        return name

    def look(account: Settings, _: Budget) -> Told:
        return Told(run(ask(account.connection)))

    going = Rounds()
    with one_loop() as run:
        found = going.go(accounts("a", "b", "stuck"), look, Budget(0.5 + 0.5), None)
        assert begun.is_set()
    assert {each.why for name, each in found.told.items() if name != "stuck"} == {"a", "b"}
    assert found.told["stuck"].trouble
    assert len(seen) == 1
    assert cancelled.wait(5)
    while going.busy:
        time.sleep(0.01)
    with pytest.raises(RuntimeError):
        run(ask("late"))


def test_one_who_blocks_in_a_thread_that_the_loop_lends_holds_up_no_other() -> None:
    over = threading.Event()

    async def ask(name: str) -> str:
        if name != "well":
            await asyncio.to_thread(over.wait, 20)
        return name

    names = [f"stuck_{number}" for number in range(10)]
    with one_loop() as run:
        asking = [threading.Thread(target=lambda each=each: run(ask(each)), daemon=True) for each in names]
        for each in asking:
            each.start()
        assert run(ask("well")) == "well"
        over.set()
        for each in asking:
            each.join(20)
