from __future__ import annotations

import httpx

from lever_assets.sandbox import Sandbox
from lever_assets_tests.sandbox.reading import ALL, every


def test_opportunities_are_expanded_in_place(shared: Sandbox, lever: httpx.Client) -> None:
    plain = every(lever, "/opportunities", **ALL)
    fields = ["applications", "stage", "owner", "followers", "sourcedBy", "contact"]
    expanded = every(lever, "/opportunities", **ALL, expand=fields)
    for ids, objects in zip(plain, expanded, strict=True):
        assert [entry["id"] for entry in objects["applications"]] == ids["applications"]
        assert [entry["id"] for entry in objects["followers"]] == ids["followers"]
        for field in ("stage", "owner", "sourcedBy", "contact"):
            assert (objects[field] and objects[field]["id"]) == ids[field]
    found = next(record for record in expanded if record["applications"])["applications"][0]
    assert found == shared.get("applications", found["id"])


def test_a_single_record_is_expanded_too(lever: httpx.Client) -> None:
    ident = lever.get("/opportunities", params={"limit": 1}).json()["data"][0]["id"]
    record = lever.get(f"/opportunities/{ident}", params={"expand": "stage"}).json()["data"]
    assert set(record["stage"]) == {"id", "text"}


def test_postings_are_expanded(lever: httpx.Client) -> None:
    postings = every(lever, "/postings", **ALL, expand=["owner", "user", "hiringManager", "followers"])
    assert all("email" in posting["owner"] for posting in postings)
    assert any(posting["hiringManager"] is None for posting in postings)


def test_what_cannot_be_expanded_stays(lever: httpx.Client) -> None:
    plain = lever.get("/opportunities", params={"limit": 3}).json()
    odd = lever.get("/opportunities", params={"limit": 3, "expand": ["nonsense", "tags"]}).json()
    assert odd == plain


def test_include_adds_to_the_record_and_takes_nothing_away(lever: httpx.Client) -> None:
    plain = lever.get("/opportunities", params={"limit": 3}).json()
    assert lever.get("/opportunities", params={"limit": 3, "include": "followers"}).json() == plain


def test_a_contact_shows_the_person_of_its_opportunities(lever: httpx.Client) -> None:
    opportunity = next(record for record in every(lever, "/opportunities") if record["emails"])
    contact = lever.get(f"/contacts/{opportunity['contact']}").json()["data"]
    assert contact["emails"] == opportunity["emails"]
    expected = "id name headline isAnonymized location emails phones dataProtection"
    assert set(contact) == set(expected.split())
