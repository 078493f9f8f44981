import asyncio
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from lever_assets.lever import RateLimiter
from lever_assets.lever.limiter import usable_burst
from lever_assets.lever.pacing import LocalPace

RATE, BURST = 10.0, 20
FULL = usable_burst(BURST)


class Time:
    """A clock that a test moves; what sleeps on it is told at once and remembered."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def limiter(
        self, rate: float | None = RATE, burst: int = BURST, state: Path | None = None
    ) -> RateLimiter:
        return RateLimiter(rate, burst, LocalPace(state, clock=lambda: self.now), sleep=self.sleep)


def lowest_level(arrivals: list[float], rate: float = RATE, burst: int = BURST) -> float:
    """Return the least that Lever's bucket ever held, an instant after a request."""
    level = lowest = float(burst)
    last = min(arrivals, default=0.0)
    for at in sorted(arrivals):
        level = min(burst, level + (at - last) * rate) - 1
        last, lowest = at, min(lowest, level)
    return lowest


async def booked(time: Time, limiter: RateLimiter, count: int) -> list[float]:
    """Return the seconds that each of `count` simultaneous acquires waits."""
    return [await limiter.acquire() for _ in range(count)]


async def test_a_part_of_the_burst_leaves_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    waits = await booked(time, time.limiter(), FULL + 3)
    assert waits[:FULL] == [0] * FULL
    assert waits[FULL:] == pytest.approx([0.1, 0.2, 0.3], rel=0.01)


async def test_at_least_97_percent_of_the_allowance_is_used() -> None:
    time = Time()
    waits = await booked(time, time.limiter(), 1000)
    assert 1000 / waits[-1] > 0.97 * RATE


@pytest.mark.parametrize("rate", [None, 0, -1])
async def test_without_a_rate_nothing_waits(rate: float | None) -> None:
    time = Time()
    limiter = time.limiter(rate)
    await limiter.penalise(60)
    assert await booked(time, limiter, 100) == [0] * 100


gaps = st.lists(st.floats(0, 3), min_size=1, max_size=120)
limits = st.tuples(st.floats(0.5, 100), st.integers(3, 50))


@settings(max_examples=50, deadline=None)
@given(gaps, limits)
def test_lever_s_bucket_never_runs_dry(gaps: list[float], limit: tuple[float, int]) -> None:
    rate, burst = limit
    time = Time()
    limiter = time.limiter(rate, burst)

    async def departures() -> list[float]:
        left = []
        for gap in gaps:
            time.now += gap / rate
            left.append(time.now + await limiter.acquire())
        return left

    left = asyncio.run(departures())
    assert left == sorted(left), "first come, first served"
    assert lowest_level(left, rate, burst) >= burst - usable_burst(burst) - 1e-6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.45)), min_size=1, max_size=120))
def test_the_reserve_absorbs_what_the_network_delays(requests: list[tuple[float, float]]) -> None:
    time = Time()
    limiter = time.limiter()

    async def arrivals() -> list[float]:
        arrived = []
        for gap, delay in requests:
            time.now += gap
            arrived.append(time.now + await limiter.acquire() + delay)
        return arrived

    assert lowest_level(asyncio.run(arrivals())) >= -1e-6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 7200)), min_size=1, max_size=80))
def test_a_clock_set_back_neither_floods_lever_nor_stops_us(steps: list[tuple[float, float]]) -> None:
    time = Time()
    limiter = time.limiter()

    async def run() -> tuple[list[float], float]:
        true, left, longest = 0.0, [], 0.0
        for gap, back in steps:
            true += gap
            time.now += gap - back
            wait = await limiter.acquire()
            longest = max(longest, wait)
            left.append(true + wait)
        return left, longest

    left, longest = asyncio.run(run())
    assert lowest_level(left) >= 0
    assert longest <= len(steps) / RATE * 1.01


async def test_a_penalty_holds_back_and_then_lets_no_burst_through() -> None:
    time = Time()
    limiter = time.limiter()
    await limiter.penalise(5)
    waits = await booked(time, limiter, 4)
    assert waits == pytest.approx([5, 5.1, 5.2, 5.3], rel=0.01)


async def test_penalties_at_once_don_t_add_up() -> None:
    time = Time()
    limiter = time.limiter()
    for seconds in (5, 4, 5, 1):
        await limiter.penalise(seconds)
    assert await limiter.acquire() == pytest.approx(5)


async def test_those_who_wait_already_are_pushed_back_too() -> None:
    time = Time()
    limiter = time.limiter()
    await booked(time, limiter, FULL)

    async def sleep(seconds: float) -> None:
        if not time.slept:
            await limiter.penalise(5)
        time.slept.append(seconds)

    limiter._sleep = sleep
    waited = await limiter.acquire()
    assert time.slept == pytest.approx([0.1, 5], rel=0.01)
    assert waited == pytest.approx(5.1, rel=0.01)


async def test_limiters_on_one_file_share_the_allowance(tmp_path: Path) -> None:
    time = Time()
    one, other = (time.limiter(state=tmp_path / "rate" / "x.pace") for _ in range(2))
    waits = [await limiter.acquire() for _ in range(FULL) for limiter in (one, other)]
    assert sum(wait == 0 for wait in waits) == FULL
    assert waits[-1] == pytest.approx(FULL / RATE, rel=0.01)
    await one.penalise(9)
    assert await other.acquire() > 9


def test_each_key_has_a_file_that_does_not_tell_it(tmp_path: Path) -> None:
    for key in ("key-one", "key-two", "key-one"):
        asyncio.run(RateLimiter.for_key(SecretStr(key), 1e6, 20, tmp_path).acquire())
    files = list(tmp_path.iterdir())
    assert len([file for file in files if file.suffix == ".pace"]) == 2
    assert not any(b"key" in file.read_bytes() or "key" in file.name for file in files)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 40, b"lvrpace1" + b"\xff" * 32], ids=len)
async def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pace"
    path.write_bytes(content)
    time = Time()
    assert await booked(time, time.limiter(state=path), FULL) == [0] * FULL
    assert await time.limiter(state=path).acquire() > 0


@pytest.mark.parametrize("place", range(4), ids=["due", "held_until", "pushed", "seen"])
@pytest.mark.parametrize("absurd", [1e300, 1e12, -1e300])
async def test_a_file_with_absurd_numbers_holds_nobody_back(
    tmp_path: Path, place: int, absurd: float
) -> None:
    path, time = tmp_path / "x.pace", Time()
    numbers = [time.now, time.now - 1, 0.0, time.now]
    numbers[place] = absurd
    path.write_bytes(struct.pack("<8s4d", b"lvrpace1", *numbers))
    limiter = time.limiter(state=path)
    assert sum(await booked(time, limiter, FULL)) < 2
    await limiter.penalise(5)
    assert await time.limiter(state=path).acquire() == pytest.approx(5, abs=2)


async def test_a_file_that_is_removed_is_shared_again(tmp_path: Path) -> None:
    path, time = tmp_path / "x.pace", Time()
    before = time.limiter(state=path)
    await before.acquire()
    path.unlink()
    after = time.limiter(state=path)
    waits = [await limiter.acquire() for _ in range(FULL) for limiter in (before, after)]
    assert sum(wait == 0 for wait in waits) == FULL - 1


async def test_a_penalty_is_told_before_it_is_waited_for_and_bounded(tmp_path: Path) -> None:
    time, told = Time(), list[float]()
    one, other = (time.limiter(state=tmp_path / "x.pace") for _ in range(2))
    await one.penalise(86_400)
    await other.acquire(told.append)
    assert told == [600]
    time.now += 601
    await other.acquire(told.append)
    assert told == [600]


async def test_a_file_that_can_t_be_used_is_warned_of_and_paced_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way of the folder")
    time = Time()
    waits = await booked(time, time.limiter(state=tmp_path / "file" / "x.pace"), FULL + 2)
    assert waits[FULL:] == pytest.approx([0.1, 0.2], rel=0.01)
    assert caplog.text.count("is not shared with other processes") == 1


ACQUIRE = """
import asyncio, sys, time
from pathlib import Path
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.pacing import LocalPace

async def main():
    limiter = RateLimiter(100, 4, LocalPace(Path(sys.argv[1])))
    sys.stdin.readline()
    started = time.time()
    for _ in range(30):
        await limiter.acquire()
    print(started, time.time())

asyncio.run(main())
"""


def test_two_processes_together_keep_to_the_allowance(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ACQUIRE, str(tmp_path / "x.pace")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate("go\n", timeout=60)[0].split() for process in processes]
    took = max(float(end) for _, end in answers) - min(float(start) for start, _ in answers)
    # 60 requests less the burst of 2 at 100/s. One process alone would be done in half of that.
    assert took >= (60 - usable_burst(4)) / 100
