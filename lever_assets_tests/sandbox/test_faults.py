from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from pydantic import ValidationError

from lever_assets.sandbox import Fault, Sandbox, parse_faults


@pytest.fixture
def fresh(own: Sandbox) -> Iterator[httpx.Client]:
    """A connection for each request, as the faults break some."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=own.url, auth=(own.key, ""), limits=limits) as client:
        yield client


@pytest.mark.parametrize(("name", "code"), [("500", "InternalServerError"), ("503", "ServiceUnavailable")])
def test_server_errors(own: Sandbox, fresh: httpx.Client, name: str, code: str) -> None:
    own.set_faults(Fault(name=name, rate=1, times=2))
    answers = [fresh.get("/stages") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [int(name), int(name), 200]
    assert answers[0].json()["code"] == code


def test_a_reset_cuts_the_connection(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults(Fault(name="reset", rate=1, times=1))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        fresh.get("/stages")
    assert fresh.get("/stages").status_code == 200
    assert own.requests().by_status == {0: 1, 200: 1}


def test_a_truncated_body_is_shorter_than_its_length(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults(Fault(name="truncate", rate=1, times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        fresh.get("/stages")
    assert fresh.get("/stages").status_code == 200


def test_malformed_answers_are_200_but_of_no_use(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults("malformed=1")
    for _ in range(3):
        answer = fresh.get("/stages")
        assert answer.status_code == 200
        with suppress(ValueError):
            assert "data" not in answer.json()


def test_a_record_loses_its_id(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults("no-id=1")
    records = fresh.get("/users").json()["data"]
    assert sum("id" not in record for record in records) == 1


def test_a_storm_is_several_429_in_a_row(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults(Fault(name="429-storm", rate=0.2), Fault(name="retry-after"))
    answers = [fresh.get("/stages") for _ in range(60)]
    statuses = "".join("x" if answer.status_code == 429 else "." for answer in answers)
    assert "xxxxx" in statuses
    assert "." in statuses
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 429} == {"1"}


def test_latency_delays_but_does_not_block(own: Sandbox, fresh: httpx.Client) -> None:
    own.set_faults("latency=20")
    assert fresh.get("/stages").status_code == 200


def test_the_same_seed_strikes_the_same_requests(own: Sandbox, fresh: httpx.Client) -> None:
    runs = []
    for _ in range(2):
        own.set_faults("500=0.3", "503=0.2")
        runs.append([fresh.get("/stages").status_code for _ in range(30)])
    assert runs[0] == runs[1]
    assert {200, 500, 503} <= set(runs[0])


def test_a_fault_can_be_kept_to_one_endpoint(own: Sandbox, fresh: httpx.Client) -> None:
    ident = own.ids("opportunities")[0]
    own.set_faults(
        Fault(name="500", rate=1, endpoint="offers"), Fault(name="503", rate=1, endpoint="GET /users/:id")
    )
    assert fresh.get(f"/opportunities/{ident}/offers").status_code == 500
    assert fresh.get(f"/opportunities/{ident}/interviews").status_code == 200
    assert fresh.get(f"/users/{own.ids('users')[0]}").status_code == 503
    assert fresh.get("/users").status_code == 200


def test_faults_are_read_from_the_command_line() -> None:
    faults = parse_faults(["429-storm", "500=0.25", "latency=200"])
    assert [(fault.name, fault.strength) for fault in faults] == [
        ("429-storm", 0.02),
        ("500", 0.25),
        ("latency", 200),
    ]


@pytest.mark.parametrize("text", ["nonsense", "500=often", "500=-1", ""])
def test_an_unreadable_fault_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ValidationError)):
        parse_faults([text])
