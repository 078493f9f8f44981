"""Faults that are placed and timed, and those that spoil answers: what each does, where and how often."""

from __future__ import annotations

import gzip
import json
import math
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Fault, Sandbox, parse_faults
from lever_assets.sandbox.faults import KINDS
from lever_assets_tests.sandbox.reading import ALL, every, ids, pages
from lever_assets_tests.sandbox.writing import assert_refused
from lever_assets_tests.web import WEB

Page = dict[str, Any]


def statuses(client: httpx.Client, *paths: str) -> list[int]:
    return [client.get(path).status_code for path in paths]


def page(client: httpx.Client, path: str, **params: Any) -> Page:
    found: Page = json.loads(client.get(path, params=params).content)  # which reads NaN
    return found


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 502, 503])
def test_any_status_comes_with_an_error_of_levers(ours: Sandbox, us: httpx.Client, status: int) -> None:
    ours.set_faults(f"{status},path=/stages,times=1")
    answer = us.get("/stages")
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert statuses(us, "/stages") == [200]


@pytest.mark.parametrize(("name", "status"), [("html", 200), ("html-403", 403), ("html-503", 503)])
def test_a_block_page_is_html(ours: Sandbox, us: httpx.Client, name: str, status: int) -> None:
    ours.set_faults(f"{name}=1")
    answer = us.get("/stages")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_fault_is_placed_by_its_path(ours: Sandbox, us: httpx.Client) -> None:
    first, second = ours.ids("opportunities")[:2]
    ours.set_faults(f"400,path=/opportunities/{first}/interviews", "500,path=/opportunities/*/offers")
    whats = ("interviews", "offers")
    paths = [f"/opportunities/{ident}/{what}" for ident in (first, second) for what in whats]
    assert statuses(us, *paths) == [400, 500, 200, 500]
    assert statuses(us, f"/opportunities/{first}", "/opportunities") == [200, 200]


def test_a_fault_begins_with_a_request_and_ends_after_a_number(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("503,path=/users,from=3,times=2")
    assert statuses(us, *["/users"] * 6) == [200, 200, 503, 503, 200, 200]
    assert statuses(us, "/stages") == [200]


def test_a_fault_lasts_for_seconds_from_when_it_first_struck(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("503,path=/users,from=2,seconds=0.3")
    assert statuses(us, "/users", "/users", "/users") == [200, 503, 503]
    time.sleep(0.35)
    assert statuses(us, "/users") == [200]


def test_a_rate_narrows_a_placed_fault(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("503=0.5,path=/users,from=5,times=3")
    found = statuses(us, *["/users"] * 40)
    assert found[:4] == [200] * 4
    assert found.count(503) == 3
    assert 200 in found[4 : found.index(503, 4) + 5]


def test_an_empty_list_is_nothing_but_empty(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("empty-list,path=/opportunities,from=2,times=1")
    walked = [us.get("/opportunities", params={"limit": 10}).json() for _ in range(3)]
    assert [len(each["data"]) for each in walked] == [10, 0, 10]
    assert walked[1] == {"data": []}


def test_a_list_may_end_early(ours: Sandbox, us: httpx.Client) -> None:
    whole = ids(every(us, "/opportunities", **ALL, limit=10))
    ours.set_faults("early-end,path=/opportunities,from=3")
    assert ids(every(us, "/opportunities", **ALL, limit=10)) == whole[:30]


def test_a_page_may_hold_the_records_of_the_one_before(ours: Sandbox, us: httpx.Client) -> None:
    whole = ids(every(us, "/opportunities", **ALL, limit=10))
    ours.set_faults("same-page,path=/opportunities,from=2,times=1")
    found = [ids(each) for each in pages(us, "/opportunities", **ALL, limit=10)]
    assert found[2] == found[1]
    assert [each for number, each in enumerate(found) if number != 2] == [
        whole[start : start + 10] for start in range(0, len(whole), 10) if start != 20
    ]


@pytest.mark.parametrize(("name", "tokens"), [("endless", 20), ("circle", 2), ("endless-empty", 20)])
@pytest.mark.parametrize("limit", [100, 10])
def test_a_list_may_have_no_end(ours: Sandbox, us: httpx.Client, name: str, tokens: int, limit: int) -> None:
    whole = ids(every(us, "/postings", **ALL))
    ours.set_faults(f"{name},path=/postings")
    seen: list[str] = []
    given: list[str] = []
    params: Page = {}
    for _ in range(20 + math.ceil(len(whole) / limit)):
        found = page(us, "/postings", **ALL, limit=limit, **params)
        assert found["hasNext"]
        seen += ids(found["data"])
        given.append(found["next"])
        params = {"offset": found["next"]}
    assert list(dict.fromkeys(seen)) == whole
    assert bool(found["data"]) == (name != "endless-empty")
    assert len({*given[-20:]}) == tokens


def test_a_page_may_contradict_itself(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("contradiction=1")
    middle, last = page(us, "/opportunities", limit=10), page(us, "/stages")
    assert (middle["hasNext"], "next" in middle) == (False, True)
    assert (last["hasNext"], "next" in last) == (True, False)


def test_another_record_may_be_given(ours: Sandbox, us: httpx.Client) -> None:
    with_interview = ours.get("interviews", ours.ids("interviews")[0]) or {}
    ident, posting = with_interview["opportunityId"], ours.ids("postings")[0]
    paths = (f"/opportunities/{ident}", f"/opportunities/{ident}/interviews", f"/postings/{posting}/apply")
    right = [us.get(path).json()["data"] for path in paths]
    ours.set_faults("wrong-record=1")
    wrong = [us.get(path).json()["data"] for path in paths]
    assert wrong[0]["id"] in set(ours.ids("opportunities")) - {ident}
    assert wrong[1] != right[1]
    assert wrong[2]["id"] in set(ours.ids("postings")) - {posting}
    assert us.get("/stages").status_code == 200


def test_list_and_object_may_stand_for_each_other(ours: Sandbox, us: httpx.Client) -> None:
    ident = ours.ids("opportunities")[0]
    ours.set_faults("list-for-object=1")
    assert [each["id"] for each in page(us, f"/opportunities/{ident}")["data"]] == [ident]
    ours.set_faults("object-for-list=1")
    assert isinstance(page(us, "/stages")["data"], dict)


def test_one_record_in_the_midst_of_a_list_is_spoilt(ours: Sandbox, us: httpx.Client) -> None:
    good = page(us, "/users")["data"]
    middle = len(good) // 2
    spoilt = {}
    for name in ("no-id", "line-break-id", "null-record", "nan-record", "nan-field", "deep-record"):
        ours.set_faults(f"{name},path=/users")
        found = page(us, "/users")["data"]
        assert [each for number, each in enumerate(found) if number != middle] == [
            each for number, each in enumerate(good) if number != middle
        ]
        spoilt[name] = found[middle]
    assert "id" not in spoilt["no-id"]
    assert spoilt["line-break-id"]["id"] == good[middle]["id"] + "\n"
    assert spoilt["null-record"] is None
    assert math.isnan(spoilt["nan-record"])
    assert math.isnan(spoilt["nan-field"]["score"])
    assert str(spoilt["deep-record"]["nested"]).count("[") == 301


def test_what_has_no_records_can_have_none_spoilt(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("null-record,times=1,path=*")
    ident = ours.ids("opportunities")[0]
    assert isinstance(page(us, f"/opportunities/{ident}")["data"], dict)
    assert page(us, "/webhooks")["data"] == []
    assert None in page(us, "/stages")["data"]
    assert None not in page(us, "/stages")["data"]


def test_a_body_may_not_be_the_gzip_that_it_says(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("bad-gzip,path=/users,times=1")
    with us.stream("GET", "/users") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join(answer.iter_raw())
    assert raw.startswith(b"\x1f\x8b")
    assert len(raw) == int(answer.headers["content-length"])
    with pytest.raises(EOFError):
        gzip.decompress(raw)


@pytest.mark.parametrize("seconds", [3600, -86400, 365 * 86400])
def test_the_date_header_may_be_wrong(ours: Sandbox, us: httpx.Client, seconds: int) -> None:
    ours.set_faults(f"date={seconds}")
    at = parsedate_to_datetime(us.get("/stages").headers["date"]).timestamp()
    assert at == pytest.approx(ours.now() / 1000 + seconds, abs=5)


def test_the_date_header_may_be_no_date(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("date=yesterday,path=/stages")
    assert us.get("/stages").headers["date"] == "yesterday"
    assert us.get("/tags").headers["date"].endswith("GMT")


@pytest.mark.parametrize(("value", "told"), [("0", "0"), ("86400", "86400"), ("soon", "soon")])
def test_retry_after_names_a_time(ours: Sandbox, us: httpx.Client, value: str, told: str) -> None:
    ours.set_faults(f"retry-after={value}", "429,path=/stages", "503,path=/tags", "500,path=/users")
    found = [us.get(path).headers.get("retry-after") for path in ("/stages", "/tags", "/users", "/sources")]
    assert found == [told, told, None, None]


def test_retry_after_may_name_a_time_that_is_past(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("retry-after=past", "429=1")
    at = parsedate_to_datetime(us.get("/stages").headers["retry-after"])
    assert at.timestamp() < time.time() - 60


def test_an_answer_may_be_slow(ours: Sandbox, us: httpx.Client) -> None:
    ours.set_faults("slow=0.2,path=/stages,times=1")
    began = time.monotonic()
    assert statuses(us, "/stages") == [200]
    assert time.monotonic() - began >= 0.2


def test_a_fault_is_told_the_same_in_each_way(ours: Sandbox, us: httpx.Client) -> None:
    (text,) = parse_faults(["404=0.5,path=/opportunities/*/offers,from=3,times=2,seconds=1.5"])
    fields: Page = {
        "name": "404", "rate": 0.5, "path": "/opportunities/*/offers", "from": 3, "times": 2, "seconds": 1.5,
    }  # fmt: skip
    assert text == Fault.model_validate(fields)
    assert text == Fault(name="404", rate=0.5, path="/opportunities/*/offers", start=3, times=2, seconds=1.5)
    address = f"{ours.url.removesuffix('/v1')}/__faults"
    body = {"faults": [{"name": 404, "path": "/users", "from": 2}, {"name": "date", "value": -7200}]}
    assert WEB.post(address, json=body).status_code == 204
    assert statuses(us, "/users", "/users") == [200, 404]
    assert_refused(WEB.post(address, json={"faults": [{"name": 7}]}), 400, "unknown fault")
    at = parsedate_to_datetime(us.get("/stages").headers["date"]).timestamp()
    assert at == pytest.approx(ours.now() / 1000 - 7200, abs=5)


@pytest.mark.parametrize(
    "text",
    ["200", "600", "STATUS", "html-STATUS", "html-200", "slow=long", "slow=-1", "date=1e99", "404,from=0",
     "404,seconds=-1", "404,value=3", "latency=much"],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_faults([text])


def test_every_fault_says_what_happens() -> None:
    assert all(kind.meaning for kind in KINDS.values())
