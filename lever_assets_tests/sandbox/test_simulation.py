from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import pytest

from lever_assets.sandbox import Sandbox
from lever_assets.sandbox.recruiting.changes import UnknownRecord
from lever_assets_tests.sandbox.reading import ALL, every, ids
from lever_assets_tests.sandbox.writing import postings, read
from lever_assets_tests.web import WEB

DAY = 86_400_000


def _root(sandbox: Sandbox) -> str:
    return sandbox.url.removesuffix("/v1")


def test_the_clock_is_set_and_advanced(own: Sandbox, mine: httpx.Client) -> None:
    start = 1_900_000_000_000
    own.set_now(start, frozen=True)
    first = own.add_opportunity()
    assert first["createdAt"] == first["updatedAt"] == start
    assert own.add_opportunity()["updatedAt"] > start
    assert WEB.post(f"{_root(own)}/__clock", json={"advance": 7 * DAY}).json() == {"now": start + 7 * DAY}
    mine.post(f"/opportunities/{first['id']}/addTags", json={"tags": ["later"]})
    found = every(mine, "/opportunities", **ALL, updated_at_start=start + 7 * DAY)
    assert ids(found) == [first["id"]]
    date = mine.get("/stages").headers["date"]
    assert parsedate_to_datetime(date).timestamp() * 1000 == start + 7 * DAY


def test_the_clock_may_go_wrong_and_runs_on(own: Sandbox) -> None:
    past = 1_600_000_000_000
    WEB.post(f"{_root(own)}/__clock", json={"now": past})
    assert past <= own.add_opportunity()["updatedAt"] < past + DAY
    assert past <= WEB.get(f"{_root(own)}/__clock").json()["now"] < past + DAY
    assert own.advance(-DAY) < past


def test_candidates_come_move_and_go(own: Sandbox, mine: httpx.Client) -> None:
    posting = own.add_posting(text="Chef")
    made = own.add_opportunity(postings=[posting["id"]], emails=["c@example.net"], origin="agency")
    path = f"/opportunities/{made['id']}"
    assert read(mine, path) == made
    assert read(mine, f"/postings/{posting['id']}") == posting
    assert own.move(made["id"])["stage"] == "lead-reached-out"
    assert own.move(made["id"], "offer")["stage"] == "offer"
    reason = own.ids("archive_reasons")[0]
    assert own.archive(made["id"], reason)["archived"]["reason"] == reason
    assert own.archive(made["id"], None)["archived"] is None
    assert read(mine, path)["updatedAt"] > made["updatedAt"]
    for resource, ident in (("applications", made["applications"][0]), ("opportunities", made["id"])):
        own.delete(resource, ident)
        assert ident in ids(every(mine, f"/{resource}/deleted"))
    own.delete("postings", posting["id"])
    assert ids(every(mine, "/postings/deleted")) == [posting["id"]]


def test_interviews_and_offers_leave_updated_at_alone(own: Sandbox, mine: httpx.Client) -> None:
    made = own.add_opportunity(postings=[postings(own)[0]["id"]])
    path = f"/opportunities/{made['id']}"
    interview = own.add_interview(made["id"], duration=30)
    offer = own.add_offer(made["id"], status="sent")
    assert offer["posting"] == postings(own)[0]["id"]
    own.edit("interviews", interview["id"], {"date": interview["date"] + DAY, "location": "Room 1"})
    own.edit("offers", offer["id"], {"status": "signed"})
    assert read(mine, path) == made
    (shown,) = read(mine, f"{path}/interviews")
    assert (shown["date"], shown["location"]) == (interview["date"] + DAY, "Room 1")
    (panel,) = read(mine, f"{path}/panels")
    assert panel["interviews"][0]["location"] == "Room 1"
    assert (panel["start"], panel["end"]) == (interview["date"] + DAY, interview["date"] + DAY + 1_800_000)
    own.delete("interviews", interview["id"])
    assert read(mine, f"{path}/panels") == []
    assert [each["status"] for each in read(mine, f"{path}/offers")] == ["signed"]


def test_an_anonymised_person_leaves_no_name(own: Sandbox, mine: httpx.Client) -> None:
    made = own.add_opportunity(
        name="Ada", emails=["ada@example.net"], links=["https://a"], postings=[postings(own)[0]["id"]]
    )
    path = f"/opportunities/{made['id']}"
    own.edit("applications", made["applications"][0], {"name": "Ada", "email": "ada@example.net"})
    mine.post(f"{path}/files", files={"file": ("cv.pdf", b"Ada")})
    own.anonymise(made["id"])
    after = read(mine, path)
    assert after["isAnonymized"]
    assert (after["name"], after["emails"], after["links"]) == ("", [], [])
    assert after["updatedAt"] > made["updatedAt"]
    (application,) = read(mine, f"{path}/applications")
    assert (application["name"], application["email"]) == (None, None)
    assert read(mine, f"{path}/files") == []
    assert read(mine, f"/contacts/{made['contact']}")["isAnonymized"]
    assert every(mine, "/opportunities", email="ada@example.net") == []


def test_users_tags_sources_and_stages_leave_their_lists(own: Sandbox, mine: httpx.Client) -> None:
    user = every(mine, "/users")[0]["id"]
    assert own.deactivate(user)["deactivatedAt"]
    assert user not in ids(every(mine, "/users"))
    assert user in ids(every(mine, "/users", includeDeactivated="true"))
    tag, source = every(mine, "/tags")[0]["text"], every(mine, "/sources")[0]["text"]
    stage = own.ids("stages")[4]
    own.remove_tag(tag)
    own.remove_source(source)
    own.remove_stage(stage)
    assert tag not in [each["text"] for each in every(mine, "/tags")]
    assert source not in [each["text"] for each in every(mine, "/sources")]
    assert stage not in ids(every(mine, "/stages"))
    assert stage not in ids(read(mine, "/disposition_stages")["stages"])


def test_the_same_goes_over_http(own: Sandbox, mine: httpx.Client) -> None:
    def simulate(do: str, **arguments: object) -> httpx.Response:
        return WEB.post(f"{_root(own)}/__simulate", json={"do": do, "with": arguments})

    made = simulate("add_opportunity", name="Ada").json()["data"]
    assert read(mine, f"/opportunities/{made['id']}")["name"] == "Ada"
    assert simulate("move", opportunity=made["id"], stage="offer").json()["data"]["stage"] == "offer"
    assert simulate("anonymise", opportunity=made["id"]).json() == {"data": None}
    for answer, status in (
        (simulate("fly"), 400),
        (simulate("move"), 400),
        (simulate("move", opportunity=made["id"], stage="nowhere"), 400),
        (simulate("add_opportunity", emails="none"), 400),
        (simulate("move", opportunity="nobody"), 404),
        (simulate("deactivate", user="nobody"), 404),
    ):
        assert answer.status_code == status, answer.text
        assert answer.json()["message"]


def test_who_is_not_there_cannot_be_worked_on(own: Sandbox) -> None:
    for act in (own.move, own.anonymise, own.add_interview, own.add_offer, own.deactivate, own.remove_tag):
        with pytest.raises(UnknownRecord, match="nobody"):
            act("nobody")
    with pytest.raises(ValueError, match="stage"):
        own.move(own.ids("opportunities")[0], "nowhere")
