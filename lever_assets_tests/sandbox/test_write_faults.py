from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lever_assets.sandbox import Fault, Sandbox, parse_faults
from lever_assets_tests.sandbox.writing import make, must_break


@pytest.fixture
def fresh(ours: Sandbox) -> Iterator[httpx.Client]:
    """A connection for each request, as the faults break some."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=ours.url, auth=(ours.key, ""), limits=limits, timeout=0.5) as client:
        yield client


@pytest.mark.parametrize("name", ["500", "503"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_error_comes_before_or_after_the_effect(
    ours: Sandbox, fresh: httpx.Client, name: str, when: str
) -> None:
    path = f"/opportunities/{make(fresh, ours, name='Ada')['id']}"
    ours.set_faults(f"{name}=1,when={when},times=1")
    assert fresh.post(f"{path}/notes", json={"value": "x"}).status_code == int(name)
    assert len(fresh.get(f"{path}/notes").json()["data"]) == (1 if when == "after" else 0)


@pytest.mark.parametrize("name", ["reset", "timeout"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_is_lost_before_or_after_the_effect(
    ours: Sandbox, fresh: httpx.Client, name: str, when: str
) -> None:
    path = f"/opportunities/{make(fresh, ours, name='Ada')['id']}"
    ours.set_faults(f"{name},when={when},times=1")
    ours.reset_requests()
    must_break(fresh, "POST", f"{path}/addTags", json={"tags": ["seen"]})
    assert ("seen" in fresh.get(path).json()["data"]["tags"]) == (when == "after")
    assert ours.requests().by_endpoint_status["POST /opportunities/:id/addTags"] == {0: 1}


def test_a_read_may_time_out_too(ours: Sandbox, fresh: httpx.Client) -> None:
    ours.set_faults("timeout,times=1")
    must_break(fresh, "GET", "/stages")
    assert fresh.get("/stages").status_code == 200


def test_a_fault_is_kept_to_a_method_or_an_endpoint(ours: Sandbox, fresh: httpx.Client) -> None:
    path = f"/opportunities/{ours.ids('opportunities')[-1]}"
    ours.set_faults(Fault(name="500", rate=1, method="POST"), "503=1,endpoint=PUT /opportunities/:id/stage")
    assert fresh.get(path).status_code == 200
    assert fresh.post(f"{path}/notes", json={"value": "x"}).status_code == 500
    assert fresh.put(f"{path}/stage", json={"stage": "offer"}).status_code == 503
    assert fresh.put(f"{path}/archived", json={"reason": None}).status_code == 200


def test_a_fault_with_times_and_no_rate_strikes_the_first(ours: Sandbox, fresh: httpx.Client) -> None:
    ours.set_faults("500,times=2,endpoint=notes,method=POST")
    path = f"/opportunities/{ours.ids('opportunities')[-1]}/notes"
    answers = [fresh.post(path, json={"value": "x"}).status_code for _ in range(4)]
    assert answers == [500, 500, 201, 201]


def test_a_truncated_answer_of_a_write_comes_after_its_effect(ours: Sandbox, fresh: httpx.Client) -> None:
    path = f"/opportunities/{make(fresh, ours, name='Ada')['id']}/notes"
    ours.set_faults("truncate=1,times=1")
    must_break(fresh, "POST", path, json={"value": "x"})
    assert len(fresh.get(path).json()["data"]) == 1


def test_a_deletion_has_no_answer_to_malform(ours: Sandbox, fresh: httpx.Client) -> None:
    path = f"/opportunities/{make(fresh, ours, name='Ada')['id']}/notes"
    note = fresh.post(path, json={"value": "x"}).json()["data"]["id"]
    ours.set_faults("malformed=1")
    answer = fresh.delete(f"{path}/{note}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_fault_is_read_with_all_its_fields() -> None:
    (fault,) = parse_faults(["reset=0.5,when=after,endpoint=POST /opportunities,method=POST,times=2"])
    assert fault == Fault(
        name="reset", rate=0.5, when="after", endpoint="POST /opportunities", method="POST", times=2
    )


@pytest.mark.parametrize(
    "text", ["500,when=never", "500,times=-1", "500,rate=1", "500,nonsense=1", "500,", "500=1,method=LOOK"]
)
def test_an_unreadable_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_faults([text])
