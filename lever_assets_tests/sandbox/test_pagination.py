from __future__ import annotations

from urllib.parse import unquote

import httpx
import orjson
import pytest

from lever_assets.sandbox import Sandbox
from lever_assets_tests.sandbox.reading import ALL, every, ids, pages


def test_every_record_comes_once_and_newest_first(shared: Sandbox, lever: httpx.Client) -> None:
    records = every(lever, "/opportunities", **ALL)
    assert sorted(ids(records)) == sorted(shared.ids("opportunities"))
    assert [record["createdAt"] for record in records] == sorted(
        (record["createdAt"] for record in records), reverse=True
    )


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_limit_is_the_size_of_a_page(lever: httpx.Client, limit: int) -> None:
    sizes = [len(page) for page in pages(lever, "/postings", limit=limit, **ALL)]
    assert set(sizes[:-1]) <= {limit}
    assert 0 < sizes[-1] <= limit


def test_a_page_holds_a_hundred_unless_told_otherwise(lever: httpx.Client) -> None:
    assert len(next(pages(lever, "/opportunities"))) == 100


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1.5", "²"])
def test_any_other_limit_is_a_bad_request(lever: httpx.Client, limit: str) -> None:
    answer = lever.get("/opportunities", params={"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["code"] == "BadRequestError"


def test_offset_is_a_url_encoded_json_keyset(lever: httpx.Client) -> None:
    body = lever.get("/opportunities", params={"limit": 5}).json()
    assert body["next"].startswith("%5B")
    assert orjson.loads(unquote(body["next"]))[1:] == [body["data"][-1]["createdAt"], body["data"][-1]["id"]]


def test_offset_may_be_sent_as_it_came_or_encoded_again(shared: Sandbox, lever: httpx.Client) -> None:
    token = lever.get("/opportunities", params={"limit": 5}).json()["next"]
    again = lever.get("/opportunities", params={"limit": 5, "offset": token}).json()
    raw = lever.get(f"{shared.url}/opportunities?limit=5&offset={token}").json()
    assert again == raw


@pytest.mark.parametrize("offset", ["nonsense", "%5B1%5D", "[3,null,null]", '{"a":1}', "[4,1,'x']"])
def test_an_offset_that_was_not_given_out_is_a_bad_request(lever: httpx.Client, offset: str) -> None:
    assert lever.get("/opportunities", params={"offset": offset}).status_code == 400


def test_a_walk_is_not_disturbed_by_what_happens_meanwhile(own: Sandbox, mine: httpx.Client) -> None:
    before = own.ids("opportunities")
    seen: list[str] = []
    for number, page in enumerate(pages(mine, "/opportunities", limit=10, **ALL)):
        seen += ids(page)
        template = page[0] | {"id": f"00000000-0000-4000-8000-{number:012d}", "applications": []}
        own.create("opportunities", {key: value for key, value in template.items() if key != "createdAt"})
        own.edit("opportunities", seen[0], {"updatedAt": own.workday.now()})
    assert sorted(seen) == sorted(before)
    assert len(own.ids("opportunities")) == len(before) + 12


def test_records_of_one_instant_are_neither_lost_nor_doubled(own: Sandbox, mine: httpx.Client) -> None:
    for ident in own.ids("opportunities"):
        own.edit("opportunities", ident, {"createdAt": 1_700_000_000_000})
    assert sorted(ids(every(mine, "/opportunities", limit=7, **ALL))) == sorted(own.ids("opportunities"))


def test_short_lists_keep_their_order(lever: httpx.Client) -> None:
    stages = [stage["id"] for stage in every(lever, "/stages", limit=3)]
    assert stages[:4] == ["lead-new", "lead-reached-out", "lead-responded", "applicant-new"]
    assert len(stages) == len(set(stages)) == 11


def test_webhooks_come_without_has_next(lever: httpx.Client) -> None:
    assert lever.get("/webhooks").json() == {"data": []}
