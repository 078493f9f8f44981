import asyncio
import struct
import subprocess
import sys
from heapq import heappop, heappush
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from lever_assets.lever import RateLimiter
from lever_assets.lever.limiter import usable_burst
from lever_assets.lever.pacing import URGENT_SECONDS, LocalPace, Terms

RATE, BURST = 10.0, 20
FULL = usable_burst(BURST)


class Time:
    """A clock that a test moves; what sleeps on it is told at once and remembered."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pace(self, state: Path | None = None) -> LocalPace:
        return LocalPace(state, clock=lambda: self.now)

    def limiter(
        self, rate: float | None = RATE, burst: int = BURST, state: Path | None = None
    ) -> RateLimiter:
        return RateLimiter(rate, burst, self.pace(state), sleep=self.sleep)


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


async def crowded(
    time: Time, pauses: dict[str, float], urgent: str, count: int
) -> dict[str, list[tuple[float, float]]]:
    """Return of each of some limiters when its requests left and for how long they had waited.

    `pauses` are, for each, the seconds from one of its requests to the next; those in `urgent` are. Together
    they have `count` requests. They begin when the burst is used up.
    """
    pace = time.pace()
    await booked(time, RateLimiter(RATE, BURST, pace, sleep=time.sleep), FULL)
    limiters = {
        name: RateLimiter(RATE, BURST, pace, urgent=name in urgent, sleep=time.sleep) for name in pauses
    }
    begun = [(time.now, name) for name in sorted(pauses)]
    left: dict[str, list[tuple[float, float]]] = {name: [] for name in pauses}
    for _ in range(count):
        time.now, name = heappop(begun)
        waited = await limiters[name].acquire()
        left[name].append((time.now + waited, waited))
        heappush(begun, (time.now + waited + pauses[name], name))
    return left


@pytest.mark.parametrize("others", ["a", "ab", "abc"])
async def test_the_urgent_go_ahead_of_others_that_use_the_allowance_up(others: str) -> None:
    answered_in = {**dict.fromkeys(others, 0.0), "urgent": 0.2}
    waits = [waited for _, waited in (await crowded(Time(), answered_in, "urgent", 300))["urgent"]]
    assert waits[0] * RATE <= len(others) + 1.1, "the turns that others have booked already"
    assert max(waits[5:]) < 0.01, "from then on they leave turns free"


async def test_the_urgent_use_no_more_than_the_allowance_and_do_not_stop_the_others() -> None:
    time = Time()
    used_up = [time.now] * FULL
    left = await crowded(time, dict.fromkeys("abc", 0.0), "ab", 2000)
    instants = sorted(at for each in left.values() for at, _ in each)
    assert lowest_level(used_up + instants) >= BURST - FULL - 1e-6
    assert len(instants) / (instants[-1] - instants[0]) >= 0.97 * RATE
    assert len(left["c"]) >= len(instants) / 9


async def test_turns_that_were_left_free_are_had_afterwards() -> None:
    time = Time()
    pace = time.pace()
    usual = RateLimiter(RATE, BURST, pace, sleep=time.sleep)
    urgent = RateLimiter(RATE, BURST, pace, urgent=True, sleep=time.sleep)
    await urgent.acquire()
    while await usual.acquire() == 0:
        pass
    time.now += URGENT_SECONDS + 0.01
    waits = [await usual.acquire() for _ in range(FULL + 1)]
    assert sum(wait == 0 for wait in waits) >= FULL, "the whole burst again"


async def test_however_many_requests_wait_one_turn_is_booked(tmp_path: Path) -> None:
    one, other = (RateLimiter(1, BURST, LocalPace(tmp_path / "x.pace")) for _ in range(2))
    for _ in range(FULL):
        await one.acquire()
    waiting = [asyncio.create_task(one.acquire()) for _ in range(20)]
    await asyncio.sleep(0)
    other._sleep = Time().sleep
    assert await other.acquire() < 2.1
    for task in waiting:
        task.cancel()


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    limiter = RateLimiter(1, BURST)
    for _ in range(FULL):
        await limiter.acquire()
    given_up = asyncio.create_task(limiter.acquire())
    await asyncio.sleep(0.01)
    given_up.cancel()
    limiter._sleep = Time().sleep
    async with asyncio.timeout(5):
        assert await limiter.acquire() < 2.1


async def test_what_a_request_waited_for_those_before_it_counts_too() -> None:
    limiter = RateLimiter(50, 1)
    waits = await asyncio.gather(*(limiter.acquire() for _ in range(6)))
    assert waits == sorted(waits)
    assert waits[-1] >= 5 / 50 * 0.99


async def test_a_file_of_a_program_that_knew_of_nothing_urgent_is_read(tmp_path: Path) -> None:
    path, time = tmp_path / "x.pace", Time()
    path.write_bytes(struct.pack("<8s4d", b"lvrpace1", time.now + 30, 0.0, 0.0, time.now))
    assert await time.limiter(state=path).acquire() == pytest.approx(30 - (FULL - 1) / RATE, abs=0.1)


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


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 48, b"lvrpace1" + b"\xff" * 40], ids=len)
async def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pace"
    path.write_bytes(content)
    time = Time()
    assert await booked(time, time.limiter(state=path), FULL) == [0] * FULL
    assert await time.limiter(state=path).acquire() > 0


@pytest.mark.parametrize("place", range(5), ids=["due", "held_until", "pushed", "seen", "urgent_until"])
@pytest.mark.parametrize("absurd", [1e300, 1e12, -1e300])
async def test_a_file_with_absurd_numbers_holds_nobody_back(
    tmp_path: Path, place: int, absurd: float
) -> None:
    path, time = tmp_path / "x.pace", Time()
    numbers = [time.now, time.now - 1, 0.0, time.now, time.now - 1]
    numbers[place] = absurd
    path.write_bytes(struct.pack("<8s5d", b"lvrpace1", *numbers))
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


async def test_who_is_sent_away_has_booked_nothing(tmp_path: Path) -> None:
    time, terms = Time(), Terms(1.0, 2.0)
    one, other = time.pace(tmp_path / "one.pace"), time.pace(tmp_path / "one.pace")
    found = [await each.admit(terms) for each in (one, other, one, other, one, other)]
    assert found == pytest.approx([0, 0, 0, 1, 1, 1])
    time.now += 1
    assert [await one.admit(terms), await other.admit(terms)] == pytest.approx([0, 1])
    time.now += 60
    assert [await one.admit(terms) for _ in range(4)] == pytest.approx([0, 0, 0, 1])


async def test_a_stricter_limit_holds_nobody_back_for_longer_than_its_own_interval(tmp_path: Path) -> None:
    time = Time()
    pace = time.pace(tmp_path / "one.pace")
    for _ in range(10):
        await pace.admit(Terms(10.0, 90.0))
    assert await pace.admit(Terms(1.0, 9.0)) == pytest.approx(1.0)
    time.now -= 3600  # a clock that was set back
    assert await pace.admit(Terms(1.0, 9.0)) == pytest.approx(1.0)
