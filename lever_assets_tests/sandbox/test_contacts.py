from __future__ import annotations

import httpx

from lever_assets.sandbox import Sandbox
from lever_assets_tests.sandbox.reading import every, ids
from lever_assets_tests.sandbox.writing import assert_refused, make, postings, read


def test_an_edited_contact_shows_on_all_opportunities(own: Sandbox, mine: httpx.Client) -> None:
    first, second = (posting["id"] for posting in postings(own)[:2])
    made = [
        make(mine, own, name="Ada", headline="Analyst", emails=["ada@example.net"], postings=[posting])
        for posting in (first, second)
    ]
    contact = made[0]["contact"]
    assert made[1]["contact"] == contact
    body = {"name": "Ada King", "emails": ["king@example.net"], "location": {"name": "Ockham"}}
    answer = mine.put(f"/contacts/{contact}", json=body)
    assert answer.status_code == 200
    person = read(mine, f"/contacts/{contact}")
    assert answer.json()["data"] == person
    assert (person["name"], person["headline"], person["location"]) == (
        "Ada King",
        "Analyst",
        {"name": "Ockham"},
    )
    found = every(mine, "/opportunities", email="king@example.net", updated_at_start=made[1]["updatedAt"] + 1)
    assert sorted(ids(found)) == sorted(ids(made))
    assert {(each["name"], each["location"]) for each in found} == {("Ada King", "Ockham")}
    assert every(mine, "/opportunities", email="ada@example.net") == []


def test_a_contact_that_makes_no_sense_is_refused(ours: Sandbox, us: httpx.Client) -> None:
    contact = make(us, ours, name="Ada")["contact"]
    assert_refused(us.put("/contacts/nobody", json={"name": "A"}), 404)
    assert_refused(us.put(f"/contacts/{contact}", json={"emails": "a"}), 400, "emails")
    assert read(us, f"/contacts/{contact}")["name"] == "Ada"
