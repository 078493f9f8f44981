import asyncio
import email.utils
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from lever_assets.lever import (
    AuthenticationError,
    InterceptedError,
    LeverError,
    MalformedError,
    Outgoing,
    PermissionMissingError,
    RateLimitedError,
    RateLimiter,
    RequestRejectedError,
    RetryPolicy,
    UnavailableError,
    faults,
)
from lever_assets_tests.lever import scripted
from lever_assets_tests.lever.scripted import HASTY, Answer, answer, client, data, scripted_lever

_DATE = (
    r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{1,3}:[0-9]{2}:[0-9]{2} ([+-][0-9]{1,20}|GMT)"
)

PASSING = {
    "429": answer(429, {"code": "RateLimit"}),
    "408": answer(408, {}),
    "500": answer(500, {}),
    "502 of a proxy": answer(502, b"<html>Bad gateway</html>"),
    "503": answer(503, {}),
    "504": answer(504, {}),
    "reset": scripted.RESET,
    "closed": scripted.CLOSED,
    "truncated body": scripted.TRUNCATED,
    "truncated chunks": scripted.TRUNCATED_CHUNKS,
    "reset in the body": scripted.RESET_IN_BODY,
    "bad chunks": scripted.BAD_CHUNKS,
    "not HTTP": scripted.NOT_HTTP,
    "bad gzip": scripted.BAD_GZIP,
    "not JSON": answer(200, b"<html>"),
    "no answer of Lever's": answer(200, {"code": "x"}),
    "403 of a firewall": answer(403, b"<html>Blocked</html>"),
    "404 of a proxy": answer(404, b"no such host"),
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
async def test_a_passing_trouble_is_retried_until_it_is_over(trouble: Answer) -> None:
    async with scripted_lever(trouble, trouble, data({"id": "x"})) as lever, client(lever.url) as reader:
        assert await reader.get("/users/x") == {"id": "x"}
        assert reader.traffic.retries == 2
    assert len(lever.asked) == 3


LASTING = [
    ("500", UnavailableError, HASTY.attempts, "Lever is out of order"),
    ("reset", UnavailableError, HASTY.attempts, r"127\.0\.0\.1:\d+ closed the connection"),
    ("closed", UnavailableError, HASTY.attempts, r"127\.0\.0\.1:\d+ closed the connection"),
    ("truncated body", UnavailableError, HASTY.attempts, "broke off in the middle of an answer"),
    ("truncated chunks", UnavailableError, HASTY.attempts, "broke off in the middle of an answer"),
    ("not HTTP", UnavailableError, HASTY.attempts, "an answer that is not HTTP"),
    ("bad gzip", UnavailableError, HASTY.attempts, "an answer that is damaged: it can't be unpacked"),
    ("429", RateLimitedError, HASTY.rejected_attempts, "too many requests"),
    ("not JSON", InterceptedError, HASTY.attempts, "the answer is not JSON"),
    ("no answer of Lever's", MalformedError, HASTY.malformed_attempts, 'has no "data"'),
    ("403 of a firewall", InterceptedError, HASTY.attempts, "Something other than Lever answered"),
    ("404 of a proxy", InterceptedError, HASTY.attempts, "Something other than Lever answered"),
]


@pytest.mark.parametrize(("name", "kind", "attempts", "says"), LASTING, ids=[row[0] for row in LASTING])
async def test_a_lasting_trouble_ends_in_an_error_that_says_it(
    name: str, kind: type[LeverError], attempts: int, says: str
) -> None:
    async with scripted_lever(PASSING[name]) as lever, client(lever.url) as reader:
        with pytest.raises(kind, match=says):
            await reader.get("/users/x")
    assert len(lever.asked) == attempts


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejectedError),
        (401, AuthenticationError),
        (403, PermissionMissingError),
        (422, RequestRejectedError),
    ],
)
async def test_a_refusal_is_not_retried(status: int, kind: type[LeverError]) -> None:
    async with (
        scripted_lever(answer(status, {"code": "x", "message": "no"})) as lever,
        client(lever.url) as reader,
    ):
        with pytest.raises(kind, match=f"status {status}"):
            await reader.get("/offers")
    assert len(lever.asked) == 1


async def test_a_redirect_is_not_followed_and_its_host_named() -> None:
    moved = answer(302, b"", {"location": "https://login.example.com/?next=secret"})
    async with scripted_lever(moved) as lever, client(lever.url) as reader:
        with pytest.raises(RequestRejectedError, match=r"redirect to login\.example\.com") as caught:
            await reader.get("/users")
    assert "secret" not in str(caught.value)
    assert len(lever.asked) == 1


@pytest.mark.parametrize("location", ["http://[::1", "http://a..b/", "//"])
async def test_a_redirect_that_leads_nowhere_is_one_all_the_same(location: str) -> None:
    moved = answer(302, b"", {"location": location})
    async with scripted_lever(moved) as lever, client(lever.url) as reader:
        with pytest.raises(RequestRejectedError, match="redirect"):
            await reader.get("/users")
        with pytest.raises(RequestRejectedError, match="redirect"):
            await reader.send(Outgoing("POST", "/opportunities/o1/notes", json={"value": "x"}))
    assert len(lever.asked) == 2


async def test_a_slow_answer_times_out_however_it_dribbles() -> None:
    dribble = Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{")
    impatient = RetryPolicy(attempts=2, base=0.001)
    async with scripted_lever(dribble) as lever, client(lever.url, retry=impatient, timeout=0.5) as reader:
        with pytest.raises(UnavailableError, match=r"did not answer within 0\.5 seconds"):
            await reader.get("/users")
    assert len(lever.asked) == 2


async def test_a_port_where_nobody_listens_is_named() -> None:
    async with client("http://127.0.0.1:9/v1") as reader:
        with pytest.raises(
            UnavailableError, match=r"127\.0\.0\.1:9 can't be reached: connect.*LEVER_BASE_URL"
        ):
            await reader.get("/users")


async def test_a_name_without_an_address_is_named() -> None:
    async with client("http://no-such-host.invalid/v1", retry=RetryPolicy(attempts=1)) as reader:
        with pytest.raises(UnavailableError, match=r"no-such-host\.invalid can't be found"):
            await reader.get("/users")


async def test_tls_that_is_none_is_not_retried() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(scripted.NOT_HTTP.raw)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client(f"https://127.0.0.1:{port}/v1") as reader:
        with pytest.raises(UnavailableError, match="TLS") as caught:
            await reader.get("/users")
        assert caught.value.lasting
        assert reader.traffic.requests == 1


async def test_retry_after_is_honoured() -> None:
    patient = RetryPolicy(base=0.001)
    async with (
        scripted_lever(answer(429, {}, {"retry-after": "1"}), data([])) as lever,
        client(lever.url, retry=patient) as reader,
    ):
        started = time.monotonic()
        await reader.get("/users")
        assert time.monotonic() - started >= 1


async def test_a_retry_after_beyond_our_patience_is_not_waited_for() -> None:
    async with scripted_lever(answer(503, {}, {"retry-after": "3600"})) as lever, client(lever.url) as reader:
        with pytest.raises(UnavailableError) as caught:
            await reader.get("/users")
    assert caught.value.retry_after == 3600
    assert len(lever.asked) == 1


async def test_a_rejection_holds_back_everybody_with_the_key(tmp_path: Path) -> None:
    def limiter() -> RateLimiter:
        return RateLimiter.for_key(SecretStr(scripted.KEY), 1000, 20, tmp_path)

    async with (
        scripted_lever(answer(429, {}, {"retry-after": "5"})) as lever,
        client(lever.url, limiter=limiter(), retry=RetryPolicy(patience=6, rejected_attempts=1)) as reader,
    ):
        with pytest.raises(RateLimitedError):
            await reader.get("/users")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    other = limiter()
    other._sleep = sleep
    await other.acquire()
    assert 3 < sum(slept) <= 5


def test_waits_double_with_jitter_up_to_the_cap() -> None:
    policy = RetryPolicy(attempts=50, base=1, cap=8, patience=1e9)
    error = UnavailableError("x", "y")
    for attempt, ceiling in ((1, 1), (2, 2), (3, 4), (4, 8), (40, 8)):
        waits = [policy.wait_after(error, attempt) for _ in range(200)]
        assert all(wait is not None and 0 <= wait <= ceiling for wait in waits)
        assert len(set(waits)) > 100


def test_a_request_waits_no_longer_than_its_patience() -> None:
    policy = RetryPolicy(patience=10)
    error = RateLimitedError("x", "y", retry_after=4.0)
    assert policy.wait_after(error, 1, waited=0) is not None
    assert policy.wait_after(error, 2, waited=7) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", None), ("soon", None), ("-3", None), ("1.5", 1.5)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert faults.retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_date() -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    later = email.utils.format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert faults.retry_after({"retry-after": later}, now) == 90
    assert faults.retry_after({"retry-after": later}, now + timedelta(hours=1)) == 0


def test_retry_after_as_a_date_is_seen_from_lever_s_own_clock() -> None:
    headers = {"date": "Wed, 01 Jul 2026 12:00:00 GMT", "retry-after": "Wed, 01 Jul 2026 12:01:30 GMT"}
    assert faults.retry_after(headers) == 90


@pytest.mark.parametrize(
    "value", ["9" * 400, "1e9", "Mon, 01 Jan 9999 00:00:00 GMT", "٣", "nan", "inf", "+5"]
)
def test_no_retry_after_asks_for_more_than_a_year_or_raises(value: str) -> None:
    asked = faults.retry_after({"retry-after": value})
    assert asked is None or 0 <= asked <= 366 * 24 * 3600


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60) | st.from_regex(_DATE))
def test_no_retry_after_whatever_it_says_raises(value: str) -> None:
    faults.retry_after({"retry-after": value, "date": value})


@pytest.mark.parametrize("asked", [0.0, 0.001, 0.5])
def test_a_retry_after_makes_no_wait_shorter(asked: float) -> None:
    policy = RetryPolicy()
    for kind in (RateLimitedError, UnavailableError):
        for attempt in range(1, 6):
            random.seed(attempt)
            without = policy.wait_after(kind("x", "y"), attempt)
            random.seed(attempt)
            assert policy.wait_after(kind("x", "y", retry_after=asked), attempt) >= without  # type: ignore[operator] # both wait


@pytest.mark.parametrize("value", ["0", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_a_storm_is_survived_whatever_the_header_says(value: str) -> None:
    storm_ends = time.monotonic() + 1.5
    storm, calm = answer(429, {}, {"retry-after": value}), data([])
    patient = RetryPolicy(base=0.02, cap=0.5)
    async with scripted_lever(storm) as lever, client(lever.url, retry=patient) as reader:
        asyncio.get_running_loop().call_at(
            asyncio.get_running_loop().time() + storm_ends - time.monotonic(),
            lambda: setattr(lever, "answers", [calm]),
        )
        assert await reader.get("/users") == []
    assert len(lever.asked) < patient.rejected_attempts


async def test_more_than_our_patience_fails_at_once_and_says_how_long_lever_asked(tmp_path: Path) -> None:
    limiter = RateLimiter.for_key(SecretStr(scripted.KEY), 1000, 20, tmp_path)
    started = time.monotonic()
    async with (
        scripted_lever(answer(429, {}, {"retry-after": "86400"})) as lever,
        client(lever.url, limiter=limiter, retry=RetryPolicy()) as reader,
    ):
        with pytest.raises(RateLimitedError, match="asks to wait 24 h 00 min"):
            await reader.get("/users")
    assert len(lever.asked) == 1
    assert time.monotonic() - started < 2


async def test_the_next_run_waits_no_longer_than_a_while_and_is_told_so(tmp_path: Path) -> None:
    def limiter() -> RateLimiter:
        return RateLimiter.for_key(SecretStr(scripted.KEY), 1000, 20, tmp_path)

    told: list[str] = []
    hasty = RetryPolicy(cap=1.2)
    async with scripted_lever(answer(429, {}, {"retry-after": "86400"}), data([])) as lever:
        started = time.monotonic()
        async with client(lever.url, limiter=limiter(), retry=hasty) as reader:
            with pytest.raises(RateLimitedError):
                await reader.get("/users")
        async with client(lever.url, limiter=limiter(), retry=hasty, tell=told.append) as reader:
            await asyncio.gather(*(reader.get("/users") for _ in range(5)))
            assert reader.traffic.seconds_waited > 1
    assert 1 < time.monotonic() - started < 5
    assert told == ["Lever asked everybody with this key to wait; going on in 1 s"]


async def test_a_wait_that_lever_asks_for_is_told_and_counted() -> None:
    told: list[str] = []
    rejected = answer(429, {}, {"retry-after": "1"})
    async with (
        scripted_lever(rejected, rejected, rejected, data([])) as lever,
        client(lever.url, retry=RetryPolicy(base=0.01), tell=told.append) as reader,
    ):
        await asyncio.gather(*(reader.get("/users") for _ in range(3)))
        assert reader.traffic.snapshot().seconds_held >= 3
    (sentence,) = told
    assert "asks to wait 1 s (GET /users, status 429); going on in 1 s" in sentence
