from __future__ import annotations

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.reading import every, ids
from lever_assets_tests.sandbox.writing import Json, assert_refused, make, postings, read, user_of

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_created_opportunity_is_read_back_with_its_application(own: Sandbox, mine: httpx.Client) -> None:
    posting, user = postings(own)[0], user_of(own)
    made = make(
        mine,
        own,
        name="Ada Lovelace",
        headline="Analyst, Engines Ltd",
        emails=["ada@example.net"],
        phones=[{"type": "mobile", "value": "+44 1"}],
        links=["https://example.net/ada"],
        tags=["Countess"],
        sources=["Analytical Society"],
        postings=[posting["id"]],
        stage="applicant-new",
    )
    assert read(mine, f"/opportunities/{made['id']}") == made
    assert made["tags"][:2] == ["Countess", posting["text"]]
    assert made["origin"] == "sourced"
    assert made["sourcedBy"] == made["owner"] == user
    assert made["stageChanges"] == [
        {
            "toStageId": "applicant-new",
            "toStageIndex": 3,
            "updatedAt": made["createdAt"],
            "userId": user,
        }
    ]
    (application,) = read(mine, f"/opportunities/{made['id']}/applications")
    assert [application["id"]] == made["applications"]
    assert (application["posting"], application["type"], application["user"]) == (posting["id"], "user", user)
    assert {"text": "Countess", "count": 1} in every(mine, "/tags")
    assert {"text": "Analytical Society", "count": 1} in every(mine, "/sources")


def test_what_may_be_read_before_writing_is_found(own: Sandbox, mine: httpx.Client) -> None:
    posting = postings(own)[0]["id"]
    made = make(mine, own, name="A", emails=["Only.Me@example.net"], postings=[posting])
    for filters in (
        {"email": "only.me@EXAMPLE.net"},
        {"contact_id": made["contact"]},
        {"email": "only.me@example.net", "posting_id": posting},
    ):
        assert ids(every(mine, "/opportunities", **filters)) == [made["id"]]
    assert every(mine, "/opportunities", email="me@example.net") == []


def test_a_known_address_leads_to_its_contact(own: Sandbox, mine: httpx.Client) -> None:
    first, second = postings(own)[:2]
    params = {"perform_as": user_of(own)}
    one = make(mine, own, name="Ada", emails=["ada@example.net"], postings=[first["id"]])
    body = {"name": "A. L.", "emails": ["ADA@example.net", "al@example.net"], "postings": [second["id"]]}
    answer = mine.post("/opportunities", params=params, json=body)
    assert (answer.status_code, answer.json()["deduped"]) == (201, True)
    two = answer.json()["data"]
    assert two["id"] != one["id"]
    assert (two["contact"], two["name"]) == (one["contact"], "Ada")
    assert read(mine, f"/opportunities/{one['id']}")["emails"] == ["ada@example.net", "al@example.net"]


def test_the_same_person_has_one_opportunity_for_a_posting(own: Sandbox, mine: httpx.Client) -> None:
    posting = postings(own)[0]["id"]
    one = make(mine, own, name="Ada", emails=["ada@example.net"], postings=[posting])
    body = {"name": "Ada", "emails": ["ada@example.net"], "postings": [posting]}
    answer = mine.post("/opportunities", params={"perform_as": user_of(own)}, json=body)
    assert answer.status_code == 200
    assert answer.json() == {"data": one, "deduped": True}
    assert ids(every(mine, "/opportunities", email="ada@example.net")) == [one["id"]]


def test_a_form_with_files_makes_the_same_as_json(own: Sandbox, mine: httpx.Client) -> None:
    posting = postings(own)[0]["id"]
    form = {
        "name": "Zoë",
        "emails[]": ["zoe@example.net", "z@example.net"],
        "phones[0][type]": "work",
        "phones[0][value]": "1",
        "phones[1][value]": "2",
        "archived[reason]": own.ids("archive_reasons")[0],
        "postings[0]": posting,
        "createdAt": "1700000000000",
    }
    files = [
        ("resumeFile", ("Lebenslauf ü.pdf", b"%PDF\r\n\r\n--\x00\xff", "application/pdf")),
        ("files[]", ("a.txt", b"a", "text/plain")),
        ("files[]", ("b.bin", b"b", "application/octet-stream")),
    ]
    params = {"perform_as": user_of(own), "perform_as_posting_owner": "true"}
    answer = mine.post("/opportunities", params=params, data=form, files=files)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert made["emails"] == ["zoe@example.net", "z@example.net"]
    assert made["phones"] == [{"type": "work", "value": "1"}, {"type": None, "value": "2"}]
    assert (made["createdAt"], made["archived"]["reason"]) == (1700000000000, form["archived[reason]"])
    assert made["owner"] == postings(own)[0]["owner"]
    (resume,) = read(mine, f"/opportunities/{made['id']}/resumes")
    assert resume["file"]["name"] == "Lebenslauf ü.pdf"
    names = {file["name"] for file in read(mine, f"/opportunities/{made['id']}/files")}
    assert names == {"a.txt", "b.bin"}


def test_a_resume_is_read_when_asked(ours: Sandbox, us: httpx.Client) -> None:
    answer = us.post(
        "/opportunities",
        params={"perform_as": user_of(ours), "parse": "true"},
        files={"resumeFile": ("mary_somerville.pdf", b"Write to mary@example.net.")},
    )
    made = answer.json()["data"]
    assert (made["name"], made["emails"]) == ("mary somerville", ["mary@example.net"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"stage": NOWHERE}, "stage"),
        ({"postings": [NOWHERE]}, "posting"),
        ({"postings": ["a", "b"]}, "at most one"),
        ({"owner": NOWHERE}, "user"),
        ({"followers": [NOWHERE]}, "user"),
        ({"contact": NOWHERE}, "contact"),
        ({"archived": {"reason": NOWHERE}}, "archive reason"),
        ({"origin": "thrown"}, "origin"),
        ({"emails": ["not an address"]}, "e-mail"),
        ({"emails": "a@example.net"}, "emails"),
        ({"sources": [" "]}, "source"),
        ({"phones": [{"type": "mobile"}]}, "phones.0.value"),
        ({"name": 7}, "name"),
    ],
)
def test_a_creation_that_makes_no_sense_is_refused(
    ours: Sandbox, us: httpx.Client, body: Json, said: str
) -> None:
    before = ours.ids("opportunities")
    answer = us.post("/opportunities", params={"perform_as": user_of(ours)}, json=body)
    assert_refused(answer, 400, said)
    assert ours.ids("opportunities") == before


def test_somebody_must_act(ours: Sandbox, us: httpx.Client) -> None:
    gone = next(i for i in ours.ids("users") if (ours.get("users", i) or {})["deactivatedAt"])
    assert_refused(us.post("/opportunities", json={"name": "A"}), 400, "perform_as is required")
    for user, said in ((NOWHERE, "there is no user"), (gone, "deactivated")):
        answer = us.post("/opportunities", params={"perform_as": user}, json={"name": "A"})
        assert_refused(answer, 400, said)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"a=b", "text/plain"),
        (b"x", "multipart/form-data"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    ours: Sandbox, us: httpx.Client, content: bytes, kind: str
) -> None:
    params = {"perform_as": user_of(ours)}
    answer = us.post("/opportunities", params=params, content=content, headers={"content-type": kind})
    assert_refused(answer, 400)


def test_a_move_is_told_and_grows_the_stage_changes(own: Sandbox, mine: httpx.Client) -> None:
    made, user = make(mine, own, name="Ada", emails=["ada@example.net"]), user_of(own)
    path = f"/opportunities/{made['id']}"
    answer = mine.put(f"{path}/stage", params={"perform_as": user}, json={"stage": "offer"})
    after = read(mine, path)
    assert answer.json()["data"] == after | {"name": "", "headline": "", "emails": []}
    assert after["stage"] == "offer"
    assert after["updatedAt"] > made["updatedAt"]
    assert after["lastAdvancedAt"] == after["updatedAt"]
    assert after["stageChanges"][-1] == {
        "toStageId": "offer",
        "toStageIndex": 9,
        "updatedAt": after["updatedAt"],
        "userId": user,
    }
    assert mine.put(f"{path}/stage", json={"stage": "offer"}).status_code == 200
    assert read(mine, path) == after
    assert_refused(mine.put(f"{path}/stage", json={"stage": NOWHERE}), 400, "stage")
    assert_refused(mine.put(f"{path}/stage", json={}), 400, "stage")
    assert_refused(mine.put(f"/opportunities/{NOWHERE}/stage", json={"stage": "offer"}), 404)


def test_archiving_goes_both_ways_with_the_application(own: Sandbox, mine: httpx.Client) -> None:
    made = make(mine, own, name="Ada", postings=[postings(own)[0]["id"]])
    path, reason = f"/opportunities/{made['id']}", own.ids("archive_reasons")[0]
    requisition = own.ids("requisitions")[0]
    answer = mine.put(f"{path}/archived", json={"reason": reason, "requisitionId": requisition})
    archived = read(mine, path)["archived"]
    assert answer.json()["data"]["archived"] == archived
    assert archived["reason"] == reason
    (application,) = read(mine, f"{path}/applications")
    assert application["archived"] == archived
    assert application["requisitionForHire"]["id"] == requisition
    assert ids(every(mine, "/opportunities", archive_reason_id=reason, archived="true"))[0] == made["id"]
    assert mine.put(f"{path}/archived", json={"reason": None}).status_code == 200
    assert read(mine, path)["archived"] is None
    assert read(mine, f"{path}/applications")[0]["archived"] is None
    assert_refused(mine.put(f"{path}/archived", json={"reason": NOWHERE}), 400, "archive reason")
    assert_refused(mine.put(f"{path}/archived", json={}), 400, "reason")


def test_archiving_may_clear_the_interviews_to_come(ours: Sandbox, us: httpx.Client) -> None:
    made = make(us, ours, name="Ada")
    past = ours.add_interview(made["id"], date=1)
    ours.add_interview(made["id"])
    body = {"reason": ours.ids("archive_reasons")[0], "cleanInterviews": True}
    us.put(f"/opportunities/{made['id']}/archived", json=body)
    assert ids(read(us, f"/opportunities/{made['id']}/interviews")) == [past["id"]]
    assert [p["id"] for p in read(us, f"/opportunities/{made['id']}/panels")] == [past["panel"]]


@pytest.mark.parametrize("field", ["tags", "sources", "links"])
def test_values_are_added_and_removed(ours: Sandbox, us: httpx.Client, field: str) -> None:
    made = make(us, ours, name="Ada")
    path, name = f"/opportunities/{made['id']}", field.capitalize()
    before = made[field]
    answer = us.post(f"{path}/add{name}", json={field: ["https://a", "b", "b"]})
    assert answer.json()["data"][field] == [*before, "https://a", "b"]
    us.post(f"{path}/add{name}", json={field: ["b"]})
    after = read(us, path)
    assert after[field] == [*before, "https://a", "b"]
    assert after["updatedAt"] > made["updatedAt"]
    answer = us.post(f"{path}/remove{name}", json={field: ["b", "never there"]})
    assert answer.status_code == 200
    assert read(us, path)[field] == [*before, "https://a"]
    bodies: list[Json] = [{}, {field: []}, {field: "b"}, {field: [""]}]
    for body in bodies:
        assert_refused(us.post(f"{path}/add{name}", json=body), 400, field)


def test_the_lists_count_who_has_a_tag(ours: Sandbox, us: httpx.Client) -> None:
    def count(text: str) -> int | None:
        return {tag["text"]: tag["count"] for tag in every(us, "/tags")}.get(text)

    both = [make(us, ours, name=name, tags=["Rare"])["id"] for name in ("A", "B")]
    assert count("Rare") == 2
    us.post(f"/opportunities/{both[0]}/removeTags", json={"tags": ["Rare"]})
    assert count("Rare") == 1
    ours.delete("opportunities", both[1])
    assert count("Rare") is None


def test_confidential_opportunities_are_out_of_reach_without_access() -> None:
    config = SandboxConfig(opportunities=200, seed=3, rate=0, confidential_access=False)
    with (
        running_sandbox(config) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        hidden = next(
            i
            for i in sandbox.ids("opportunities")
            if (sandbox.get("opportunities", i) or {})["confidentiality"] == "confidential"
        )
        before = sandbox.get("opportunities", hidden)
        assert_refused(client.put(f"/opportunities/{hidden}/stage", json={"stage": "offer"}), 404)
        assert_refused(client.post(f"/opportunities/{hidden}/notes", json={"value": "x"}), 404)
        assert sandbox.get("opportunities", hidden) == before


@pytest.mark.parametrize("denied", ["notes", "notes:write"])
def test_a_denied_write_changes_nothing(denied: str) -> None:
    config = SandboxConfig(opportunities=10, rate=0, denied=frozenset({denied}))
    with (
        running_sandbox(config) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        path = f"/opportunities/{sandbox.ids('opportunities')[-1]}"
        count = len(sandbox.ids("notes"))
        assert_refused(client.post(f"{path}/notes", json={"value": "x"}), 403, "notes:write:admin")
        assert len(sandbox.ids("notes")) == count
        assert client.get(f"{path}/notes").status_code == (403 if denied == "notes" else 200)
        assert client.post(f"{path}/addTags", json={"tags": ["x"]}).status_code == 200


def test_writes_are_counted(own: Sandbox, mine: httpx.Client) -> None:
    make(mine, own, name="Ada")
    mine.post("/opportunities", json={})
    assert own.requests().by_endpoint_status == {"POST /opportunities": {201: 1, 400: 1}}
