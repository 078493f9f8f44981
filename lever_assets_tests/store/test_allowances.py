"""The allowance in PostgreSQL: given away as a file's is, and never more of it while the database is away."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from lever_assets.lever import RateLimiter
from lever_assets.lever.limiter import usable_burst
from lever_assets.lever.pacing import (
    LONGEST_PENALTY,
    MOST_PUSHED,
    URGENT_SECONDS,
    LocalPace,
    Terms,
    Turn,
)
from lever_assets.store import line
from lever_assets.store.allowances import MOVE, _line, shared_pace

RATE, BURST = 10.0, 20
FULL = usable_burst(BURST)
TERMS = Terms(0.1, 1.4, left_free=0.5)


class Machine:
    """A machine that uses the database and has a folder of its own; what it sleeps is only remembered."""

    def __init__(self, url: str, folder: Path, name: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.slept: list[float] = []
        self.pace = shared_pace(url, name, folder)
        self.limiter = RateLimiter(RATE, BURST, self.pace, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def waits(self, count: int) -> list[float]:
        """Return the seconds that each of so many requests would wait."""
        return [await self.limiter.acquire() for _ in range(count)]

    async def wait(self) -> float:
        """Return the seconds that a request would wait."""
        return await self.limiter.acquire()


@pytest.fixture(scope="module")
def database(new_postgresql_database: Callable[..., str], postgresql_template: str) -> str:
    """URL of a database for all of these tests, each of which has an allowance of its own."""
    return new_postgresql_database(postgresql_template)


@pytest.fixture
def machine(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Machine]:
    """Make a machine, each with a folder of its own."""
    _line.cache_clear()  # the database may have been away for the last test
    numbers = count()
    return lambda: Machine(database, tmp_path / f"machine-{next(numbers)}", request.node.name)


@pytest.fixture
def admin(database: str) -> "Iterator[psycopg.Connection[Any]]":
    """A connection to it, each of whose statements commits."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@contextmanager
def away(url: str) -> Iterator[None]:
    """Have the database take no connections, and end those that it has."""
    name = make_url(url).database
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        end_sessions(admin, name)
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def end_sessions(admin: "psycopg.Connection[Any]", database: str | None) -> None:
    """End all sessions of a database but this one, and wait until they have."""
    others = " FROM pg_stat_activity WHERE datname = %s AND pid != pg_backend_pid()"
    admin.execute(f"SELECT pg_terminate_backend(pid, 5000){others}".encode(), [database])


steps = st.lists(
    st.tuples(
        st.floats(0, 3),  # the time that goes by
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 7200.0]),  # by how much the clock is set back then
        st.sampled_from([0.0, 0.0, 0.0, 2.0, 30.0, 900.0]),  # a penalty, or a turn
        st.sampled_from([0.0, 0.0, 0.0, 5.0]),  # what is booked elsewhere
        st.booleans(),  # whether it is urgent
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_statement_gives_away_what_a_file_would(
    database: str, steps: list[tuple[float, float, float, float, bool]]
) -> None:
    now = 1_000_000.0
    file = LocalPace(clock=lambda: now)
    statement = MOVE.replace("clock_timestamp()", "to_timestamp(%(clock)s)")
    always = {
        "name": "x",
        "tolerance": TERMS.tolerance,
        "furthest": TERMS.furthest,
        "longest": LONGEST_PENALTY,
        "most_pushed": MOST_PUSHED,
        "urgent_seconds": URGENT_SECONDS,
    }
    with psycopg.connect(database) as conn:
        for gap, back, penalty, ahead, urgent in steps:
            now = round(now + gap - back, 6)
            seconds = min(penalty, LONGEST_PENALTY)
            booked = 0.0 if penalty else TERMS.interval
            asked = {
                "booked": booked,
                "penalty": seconds,
                "ahead": 0.0 if penalty else ahead,
                "urgent": URGENT_SECONDS if urgent and not penalty else 0.0,
                "clock": now,
            }
            found = conn.execute(statement.encode(), {**always, **asked}).fetchone()
            if penalty:
                asyncio.run(file.penalise(penalty, TERMS))
            else:
                terms = replace(TERMS, urgent=urgent)
                turn: Turn = asyncio.run(file.book(terms, ahead))
                told = (turn.ahead, turn.pushed)
                assert found is not None
                wait = max(0.0, found[0] - booked - terms.span(found[3]))
                assert wait == pytest.approx(turn.wait, abs=1e-4)
                assert (found[0], found[2]) == pytest.approx(told, abs=1e-4)
                assert max(found[1], 0) == pytest.approx(max(turn.held, 0), abs=1e-4)
        conn.rollback()


async def test_machines_share_what_they_have_no_folder_in_common_for(machine: Callable[[], Machine]) -> None:
    one, other = machine(), machine()
    waits = [await each.wait() for _ in range(FULL) for each in (one, other)]
    assert sum(wait == 0 for wait in waits) >= FULL
    assert FULL / RATE - 1 < waits[-1] <= FULL / RATE + 0.1
    await one.limiter.penalise(9)
    assert await other.wait() > 9


async def test_who_waits_is_put_off_by_a_penalty_of_another_machine(machine: Callable[[], Machine]) -> None:
    one, other = machine(), machine()
    await one.waits(FULL)

    async def sleep(seconds: float) -> None:
        if not one.slept:
            await other.limiter.penalise(5)
        one.slept.append(seconds)

    one.limiter._sleep = sleep
    assert await one.wait() == pytest.approx(5.1, abs=0.3)
    assert len(one.slept) == 2


@pytest.mark.parametrize("column", ["due", "held_until", "pushed", "seen", "urgent_until"])
async def test_absurd_numbers_hold_nobody_back(
    machine: Callable[[], Machine], admin: "psycopg.Connection[Any]", column: str
) -> None:
    one = machine()
    for absurd in ("1e300", "-1e300", "'NaN'", "'Infinity'", "1e12"):
        await one.wait()
        admin.execute(f"UPDATE allowances SET {column} = {absurd}".encode())
        assert sum(await one.waits(2)) < 2
        await one.limiter.penalise(5)
        assert await one.wait() == pytest.approx(5, abs=2)
        admin.execute("DELETE FROM allowances")


async def test_a_session_that_is_ended_is_begun_anew(
    machine: Callable[[], Machine], admin: "psycopg.Connection[Any]", caplog: pytest.LogCaptureFixture
) -> None:
    one, other = machine(), machine()
    await one.waits(FULL + 50)
    end_sessions(admin, admin.info.dbname)
    waits = [await each.wait() for each in (one, one, other, other)]
    assert waits == sorted(waits)
    assert 2 < waits[0] < waits[-1] < 6
    assert not caplog.records


async def test_while_the_database_is_away_a_machine_paces_itself_and_lets_no_more_through(
    machine: Callable[[], Machine],
    database: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "_PAUSE", 0.1)
    one, other = machine(), machine()
    booked = await one.waits(FULL + 10)
    assert not list(one.folder.iterdir())
    with away(database):
        alone = await one.waits(10)
        assert min(alone) > booked[-1] - 0.5, "no burst on top of what is booked"
        assert list(one.folder.glob("*.pace")), "the processes of one machine share it, as with SQLite"
        assert caplog.text.count("do not share the rate limit") == 1
    deadline = time.monotonic() + 20
    while not (rows := await other.waits(1)) or rows[0] < alone[-1] - 3:
        assert time.monotonic() < deadline, "what was let through meanwhile is booked, too"
        await one.wait()
        await asyncio.sleep(0.05)
    assert caplog.text.count("do not share the rate limit") == 1


async def test_a_penalty_while_the_database_is_away_is_not_forgotten_when_it_is_back(
    machine: Callable[[], Machine], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "_PAUSE", 0.1)
    one, other = machine(), machine()
    turn = await one.pace.book(TERMS)
    with away(database):
        await one.limiter.penalise(30)
        assert (await one.pace.again(turn)).wait == pytest.approx(30, abs=1), "who waits is put off, too"
    await asyncio.sleep(0.5)
    await one.wait()
    assert await other.wait() > 25


async def test_a_table_that_was_taken_away_is_warned_of_and_paced_without(
    machine: Callable[[], Machine], admin: "psycopg.Connection[Any]", caplog: pytest.LogCaptureFixture
) -> None:
    admin.execute("ALTER TABLE allowances RENAME TO taken_away")
    try:
        waits = await machine().waits(FULL + 10)
    finally:
        admin.execute("ALTER TABLE taken_away RENAME TO allowances")
    assert waits[:FULL] == [0] * FULL
    assert 0 < waits[-1] <= 1.01
    assert caplog.text.count("do not share the rate limit") == 1


async def test_a_database_that_does_not_answer_holds_up_neither_the_loop_nor_the_sync(
    machine: Callable[[], Machine], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "_PATIENCE", 1.5)
    one = machine()
    await one.wait()
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    beating = asyncio.create_task(beat())
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE allowances IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        await one.waits(10)
        took = time.monotonic() - started
    beating.cancel()
    assert 1.5 <= took < 3, "it is waited for once"
    assert max(after - before for before, after in pairwise(beats)) < 1


async def test_who_is_sent_away_has_booked_nothing(
    machine: Callable[[], Machine], admin: "psycopg.Connection[Any]", request: pytest.FixtureRequest
) -> None:
    one, other, terms = machine().pace, machine().pace, Terms(3.0, 6.0)
    found = [await each.admit(terms) for each in (one, other, one, other, one)]
    assert found[:3] == [0, 0, 0]
    assert found[3:] == pytest.approx([3, 3], abs=0.5)
    later = "UPDATE allowances SET due = due - 3 WHERE name = %s"
    admin.execute(later, [request.node.name])
    assert await other.admit(terms) == 0
    assert await one.admit(terms) == pytest.approx(3, abs=0.5)
    # What says more than can be, under other terms, holds nobody back.
    admin.execute("UPDATE allowances SET due = due + 86400 WHERE name = %s", [request.node.name])
    assert await one.admit(terms) == pytest.approx(3, abs=0.5)


async def test_while_the_database_is_away_each_machine_has_the_whole_allowance(
    machine: Callable[[], Machine], database: str
) -> None:
    one, terms = machine().pace, Terms(30.0, 30.0)
    with away(database):
        assert [await one.admit(terms) for _ in range(3)] == pytest.approx([0, 0, 30], abs=1)
