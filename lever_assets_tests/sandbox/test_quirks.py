"""Each habit of the table, alone and with all others: it shows, and no record is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.quirks import QUIRKS
from lever_assets_tests.sandbox.reading import ALL, every, ids
from lever_assets_tests.sandbox.receiving import receiving
from lever_assets_tests.sandbox.writing import assert_refused, read
from lever_assets_tests.web import WEB

DAY = 86_400_000
LISTS = ("opportunities", "postings", "requisitions", "users", "tags", "opportunities/deleted")


@pytest.fixture(scope="module")
def odd() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=150, seed=5, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def lever(odd: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=odd.url, auth=(odd.key, "")) as client:
        yield client
    odd.set_quirks()


def walk(client: httpx.Client, path: str, **params: Any) -> list[list[dict[str, Any]]]:
    """Every page, by a client that copes: without a way on it ends, a token that is refused begins anew."""
    found: list[list[dict[str, Any]]] = []
    offset: str | None = None
    while True:
        answer = client.get(path, params=params | ({"offset": offset} if offset else {}))
        if answer.status_code == 400 and offset and "offset" in answer.json()["message"]:
            found, offset = [], None
            continue
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append(body["data"])
        offset = body.get("next")
        assert (offset is not None) == body.get("hasNext", False)
        if offset is None:
            return found


def keys(pages: list[list[dict[str, Any]]]) -> list[str]:
    return [record.get("id") or record["text"] for page in pages for record in page]


def test_long_spans_of_deletions_are_refused(odd: Sandbox, lever: httpx.Client) -> None:
    path, now = "/opportunities/deleted", odd.now()
    assert lever.get(path).status_code == 200
    odd.set_quirks("deletions-in-pieces")
    for params in (
        {},
        {"deleted_at_start": 0},
        {"deleted_at_end": now},
        {"deleted_at_start": now - 31 * DAY, "deleted_at_end": now},
    ):
        assert_refused(lever.get(path, params=params), 400, "30 days")
    for resource in ("opportunities", "applications", "postings"):
        piece = {"deleted_at_start": now - 29 * DAY, "deleted_at_end": now}
        assert lever.get(f"/{resource}/deleted", params=piece).status_code == 200


def test_lists_of_deletions_may_tell_no_more_than_ids(odd: Sandbox, lever: httpx.Client) -> None:
    gone = odd.add_opportunity()["id"]
    odd.delete("opportunities", gone)
    odd.set_quirks("deletions-ids-only")
    listed = every(lever, "/opportunities/deleted")
    assert listed[0] == {"id": gone}


def test_requisitions_may_refuse_the_filter_by_last_change(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("requisitions-filter-refused")
    for name in ("updated_at_start", "updated_at_end"):
        assert_refused(lever.get("/requisitions", params={name: 0}), 400, name)
    assert lever.get("/requisitions", params={"created_at_start": 0}).status_code == 200
    assert lever.get("/opportunities", params={"updated_at_start": 0}).status_code == 200


@pytest.mark.parametrize("path", ["/opportunities", "/postings", "/requisitions"])
def test_any_list_may_refuse_the_filter_by_last_change(odd: Sandbox, lever: httpx.Client, path: str) -> None:
    odd.set_quirks("filters-refused")
    assert_refused(lever.get(path, params={"updated_at_start": 0}), 400, "updated_at_start", path)
    assert lever.get(path).status_code == 200


@pytest.mark.parametrize("resource", ["opportunities", "postings", "requisitions"])
def test_a_key_that_may_not_ask_for_all_gets_all_without_asking(
    odd: Sandbox, lever: httpx.Client, resource: str
) -> None:
    everything = ids(every(lever, f"/{resource}", **ALL))
    odd.set_quirks("confidentiality-refused")
    assert_refused(lever.get(f"/{resource}", params=ALL), 403, "confidential:access:admin")
    assert ids(every(lever, f"/{resource}")) == everything


def test_expanding_applications_may_be_ignored_or_refused(odd: Sandbox, lever: httpx.Client) -> None:
    ident = next(i for i in odd.ids("opportunities") if (odd.get("opportunities", i) or {})["applications"])
    path, params = f"/opportunities/{ident}", {"expand": ["applications", "stage"]}
    odd.set_quirks("expand-ignored")
    found = lever.get(path, params=params).json()["data"]
    assert found["applications"] == (odd.get("opportunities", ident) or {})["applications"]
    assert isinstance(found["stage"], dict)
    odd.set_quirks("expand-refused")
    for each in (path, "/opportunities"):
        assert_refused(lever.get(each, params=params), 403, "applications:read")
    assert lever.get("/opportunities", params={"expand": "stage"}).status_code == 200
    (application,) = read(lever, f"{path}/applications")
    assert application["id"] == found["applications"][0]
    assert read(lever, f"{path}/applications/{application['id']}") == application


def test_a_token_in_the_midst_is_refused_once_for_each_list(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("offsets-expire")
    for path in ("/opportunities", "/postings"):
        token = lever.get(path, params={"limit": 10}).json()["next"]
        following = {"limit": 10, "offset": token}
        assert_refused(lever.get(path, params=following), 400, "Invalid offset token")
        assert lever.get(path, params=following).status_code == 200


@pytest.mark.parametrize("quirk", ["offsets-expire", "empty-pages", "short-pages", "all"])
@pytest.mark.parametrize("resource", LISTS)
def test_no_record_is_lost_between_pages(
    odd: Sandbox, lever: httpx.Client, quirk: str, resource: str
) -> None:
    at = odd.now()
    params = {"deleted_at_start": at - 30 * DAY, "deleted_at_end": at} if "/" in resource else {}
    odd.set_quirks("confidentiality-refused")
    expected = keys(walk(lever, f"/{resource}", **params))
    odd.set_quirks("confidentiality-refused", quirk)
    assert keys(walk(lever, f"/{resource}", **params)) == expected
    assert keys(walk(lever, f"/{resource}", **params, limit=1)) == expected


def test_lists_begin_with_an_empty_page_and_have_one_in_their_midst(
    odd: Sandbox, lever: httpx.Client
) -> None:
    odd.set_quirks("empty-pages")
    sizes = [len(page) for page in walk(lever, "/opportunities", limit=40, **ALL)]
    assert sizes == [0, 40, 0, 40, 40, 30]
    assert [len(page) for page in walk(lever, "/stages")] == [0, 11]
    assert walk(lever, "/webhooks") == [[]]


def test_pages_are_short_and_go_on(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("short-pages")
    sizes = [len(page) for page in walk(lever, "/opportunities", **ALL)]
    assert sum(sizes) == 150
    assert max(sizes) <= 20
    assert len({*sizes}) > 3
    assert lever.get("/opportunities", params={"limit": 101}).status_code == 400


def test_one_page_that_is_the_whole_list_does_not_say_so(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("lists-without-has-next")
    ident = odd.ids("opportunities")[0]
    for path in ("/stages", f"/opportunities/{ident}/interviews"):
        assert set(lever.get(path).json()) == {"data"}
    assert lever.get("/opportunities").json()["hasNext"] is True


def test_reasons_without_type_tell_a_hire_by_their_name(odd: Sandbox, lever: httpx.Client) -> None:
    typed = {reason["id"]: reason for reason in every(lever, "/archive_reasons")}
    odd.set_quirks("archive-reasons-untyped")
    found = every(lever, "/archive_reasons")
    assert all("type" not in reason for reason in [*found, read(lever, f"/archive_reasons/{found[0]['id']}")])
    for reason in found:
        assert ("Hired" in reason["text"]) == (typed[reason["id"]]["type"] == "hired")


def test_side_fields_come_in_other_types(odd: Sandbox, lever: httpx.Client) -> None:
    (before, *_), params = every(lever, "/opportunities", archived="false"), {"expand": "applications"}
    odd.set_quirks("odd-side-fields")
    single = lever.get(f"/opportunities/{before['id']}", params=params).json()["data"]
    assert single["contact"] == [before["contact"]]
    assert isinstance(single["origin"], int)
    assert isinstance(single["snoozedUntil"], str)
    assert {name: single[name] for name in ("id", "name", "stage", "createdAt", "emails")} == {
        name: before[name] for name in ("id", "name", "stage", "createdAt", "emails")
    }
    assert isinstance(single["applications"][0]["user"], list)
    listed = next(o for o in every(lever, "/opportunities", **params) if o["id"] == before["id"])
    assert listed == single
    assert all(isinstance(tag["count"], str) for tag in every(lever, "/tags"))


def test_old_opportunities_may_have_no_updated_at(odd: Sandbox, lever: httpx.Client) -> None:
    old = {o["id"] for o in every(lever, "/opportunities") if o["updatedAt"] is None}
    assert old
    odd.set_quirks("updated-at-missing")
    assert {o["id"] for o in every(lever, "/opportunities") if "updatedAt" not in o} == old


def test_errors_may_have_another_code(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("other-error-codes", "denied=offers")
    ident = odd.ids("opportunities")[0]
    assert lever.get(f"/opportunities/{ident}/offers").json()["code"] == "NotAuthorized"
    assert lever.get("/stages", auth=("wrong", "")).json()["code"] == "Unauthorized"


def test_the_date_header_may_be_missing_or_ahead(odd: Sandbox, lever: httpx.Client) -> None:
    odd.set_quirks("date-now-and-then")
    found = [lever.get(path).headers.get("date") for path in ("/stages", "/tags", "/users", "/sources")]
    assert None in found
    assert len({*found}) > 1
    odd.set_quirks("date-ahead")
    at = parsedate_to_datetime(lever.get("/stages").headers["date"]).timestamp()
    assert at == pytest.approx(odd.now() / 1000 + 3600, abs=5)


def test_events_may_name_the_candidate_alone(odd: Sandbox, lever: httpx.Client) -> None:
    with receiving() as receiver:
        made = lever.post("/webhooks", json={"event": "candidateStageChange", "url": receiver.url})
        assert made.status_code == 201
        ident = odd.ids("opportunities")[0]
        for quirks in ((), ("events-name-the-candidate",)):
            odd.set_quirks(*quirks)
            odd.move(ident)
            assert odd.wait_for_webhooks()  # two under way may overtake each other
        lever.delete(f"/webhooks/{made.json()['data']['id']}")
    found = receiver.of("candidateStageChange")
    assert [each["candidateId"] for each in found] == [ident, ident]
    assert [each.get("opportunityId") for each in found] == [ident, None]


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("absent=requisition_fields", "/requisition_fields", 404),
        ("absent=requisitions", "/requisitions", 404),
        ("absent=/opportunities/deleted", "/opportunities/deleted", 404),
        ("denied=/postings/:id/apply", "/postings/{}/apply", 403),
        ("denied=offers", "/opportunities/x/offers", 403),
    ],
)
def test_an_endpoint_may_not_be_there(
    odd: Sandbox, lever: httpx.Client, name: str, path: str, status: int
) -> None:
    odd.set_quirks(name, "all")
    assert_refused(lever.get(path.format(odd.ids("postings")[0])), status)
    assert lever.get("/stages").status_code == 200
    odd.set_quirks("all")
    assert lever.get("/requisition_fields").status_code == 200


@pytest.mark.parametrize("name", ["nonsense", "absent=nonsense", "denied=", "", "All"])
def test_a_quirk_that_there_is_not_is_refused(odd: Sandbox, name: str) -> None:
    with pytest.raises(ValidationError):
        SandboxConfig(quirks=(name,))
    with pytest.raises(ValueError, match="there are"):
        odd.set_quirks(name)


def test_quirks_are_switched_on_and_off_over_http(odd: Sandbox, lever: httpx.Client) -> None:
    address = f"{odd.url.removesuffix('/v1')}/__quirks"
    assert WEB.post(address, json={"quirks": ["all", "absent=tags"]}).status_code == 204
    assert lever.get("/tags").status_code == 404
    assert lever.get("/opportunities", params=ALL).status_code == 403
    refused = WEB.post(address, json={"quirks": ["nonsense"]})
    assert_refused(refused, 400, *QUIRKS)
    WEB.post(address, json={})
    assert lever.get("/opportunities", params=ALL).status_code == 200


def test_every_quirk_says_what_it_is_and_where_it_is_from() -> None:
    for name, quirk in QUIRKS.items():
        assert quirk.name == name
        assert quirk.meaning
        assert quirk.source
