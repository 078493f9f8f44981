from __future__ import annotations

from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.reading import every
from lever_assets_tests.sandbox.writing import Json, assert_refused, make, postings, read

ANSWERS: dict[str, Any] = {
    "textarea": "Because.",
    "text": "A friend",
    "yes-no": "Yes",
    "date": "2026-12-24",
    "currency": 90000,
    "number": "12",
    "score": 3,
    "code": "pass",
    "university": "ETH Zürich",
    "instruction": None,
}


def _asking(sandbox: Sandbox, *, sets: bool = True, eeo: bool = False) -> Json:
    """A published posting with (or without) questions, and its form."""
    for posting in postings(sandbox):
        form = sandbox.get("posting_forms", posting["id"]) or {}
        if bool(form["customQuestions"]) == sets and ("eeoQuestions" in form or not eeo):
            return form
    raise AssertionError("the account has no such posting")


def _personal(**values: str) -> list[Json]:
    given = {"fullName": "Grace Hopper", "email": "grace@example.net"} | values
    return [{"name": name, "value": value} for name, value in given.items()]


def _answer(field: Json) -> Any:
    options = field.get("options") or []
    if field["type"] == "multiple-select":
        return [options[0]["text"], options[1]["text"]]
    return options[0]["text"] if options else ANSWERS.get(field["type"])


def _filled_in(form: Json) -> list[Json]:
    return [
        {"id": entry["id"], "fields": [{"value": _answer(field)} for field in entry["fields"]]}
        for entry in form["customQuestions"]
    ]


def test_an_application_is_found_with_its_answers(own: Sandbox, mine: httpx.Client) -> None:
    form = _asking(own)
    body = {
        "personalInformation": _personal(
            currentCompany="Navy", currentLocation="Arlington", phone="+1 555", additionalInformation="Ahoy"
        ),
        "customQuestions": _filled_in(form),
        "urls": [{"name": "LinkedIn", "value": "https://example.net/grace"}],
        "source": "Our site",
        "consent": {"store": True, "marketing": {"provided": False, "compliancePolicyId": "x"}},
        "userAgent": "Mark I",
        "timezone": "America/New_York",
    }
    answer = mine.post(f"/postings/{form['id']}/apply", json=body)
    assert answer.status_code == 201, answer.text
    ident = answer.json()["data"]["applicationId"]
    (opportunity,) = every(mine, "/opportunities", email="grace@example.net", posting_id=form["id"])
    assert opportunity["applications"] == [ident]
    for field, value in {
        "name": "Grace Hopper",
        "headline": "Navy",
        "location": "Arlington",
        "phones": [{"type": None, "value": "+1 555"}],
        "links": ["https://example.net/grace"],
        "sources": ["Our site"],
        "origin": "applied",
        "stage": "applicant-new",
        "sourcedBy": None,
    }.items():
        assert opportunity[field] == value
    assert opportunity["dataProtection"]["store"]["allowed"]
    assert not opportunity["dataProtection"]["contact"]["allowed"]
    application = read(mine, f"/opportunities/{opportunity['id']}/applications/{ident}")
    for field, value in {
        "type": "posting",
        "posting": form["id"],
        "name": "Grace Hopper",
        "company": "Navy",
        "email": "grace@example.net",
        "comments": "Ahoy",
        "userAgent": "Mark I",
        "timezone": "America/New_York",
        "user": None,
    }.items():
        assert application[field] == value
    given = {f["text"]: f["value"] for s in application["customQuestions"] for f in s["fields"]}
    asked = {f["text"]: f for s in form["customQuestions"] for f in s["fields"]}
    assert set(given) == set(asked)
    for text, field in asked.items():
        match field["type"]:
            case "yes-no":
                assert given[text] == "yes"
            case "date":
                assert given[text] == 1798070400000
            case "number":
                assert given[text] == 12
            case _:
                assert given[text] == _answer(field)


def test_answers_may_name_their_field(own: Sandbox, mine: httpx.Client) -> None:
    form = _asking(own)
    sets = [
        {
            "id": entry["id"],
            "fields": [
                {"id": f["id"], "value": _answer(f)} for f in reversed(entry["fields"]) if f["required"]
            ],
        }
        for entry in form["customQuestions"]
    ]
    body = {"personalInformation": _personal(), "customQuestions": sets}
    answer = mine.post(f"/postings/{form['id']}/apply", json=body)
    assert answer.status_code == 201, answer.text


def test_a_required_question_must_be_answered(ours: Sandbox, us: httpx.Client) -> None:
    form = _asking(ours)
    required = next(f for s in form["customQuestions"] for f in s["fields"] if f["required"])
    count = len(ours.ids("opportunities"))
    answer = us.post(f"/postings/{form['id']}/apply", json={"personalInformation": _personal()})
    assert_refused(answer, 400, required["text"], "requires an answer")
    assert len(ours.ids("opportunities")) == count


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("dropdown", "Never heard of"),
        ("multiple-select", ["Klingon"]),
        ("yes-no", "perhaps"),
        ("date", "tomorrow"),
        ("number", "many"),
        ("text", 7),
        ("file-upload", "no upload"),
    ],
)
def test_an_answer_must_be_of_its_type(ours: Sandbox, us: httpx.Client, kind: str, value: Any) -> None:
    field: Json = {"id": "f", "type": kind, "text": "Tell us", "required": False, "value": None}
    if kind in {"dropdown", "multiple-select"}:
        field["options"] = [{"text": "German"}]
    posting = ours.add_posting()["id"]
    form = read(us, f"/postings/{posting}/apply")
    form["customQuestions"] = [{"id": "s", "text": "Set", "fields": [field]}]
    ours.create("posting_forms", form)
    sets = [{"id": "s", "fields": [{"value": value}]}]
    body = {"personalInformation": _personal(), "customQuestions": sets}
    assert_refused(us.post(f"/postings/{posting}/apply", json=body), 400, "Tell us")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"personalInformation": [{"name": "fullName", "value": "A"}]}, "email"),
        ({"personalInformation": [{"name": "email", "value": "a@example.net"}]}, "fullName"),
        ({"personalInformation": [{"name": "fullName", "value": " "}]}, "email"),
        ({}, "personalInformation"),
        ({"personalInformation": _personal(email="nowhere")}, "e-mail"),
        ({"personalInformation": _personal(resume="no upload")}, "upload"),
        (
            {"personalInformation": _personal(), "customQuestions": [{"id": "x", "fields": []}]},
            "question set",
        ),
        ({"personalInformation": _personal(), "origin": "thrown"}, "origin"),
    ],
)
def test_an_application_that_makes_no_sense_is_refused(
    ours: Sandbox, us: httpx.Client, change: Json, said: str
) -> None:
    posting = _asking(ours, sets=False)["id"]
    assert_refused(us.post(f"/postings/{posting}/apply", json=change), 400, said)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("published", 201),
        ("internal", 201),
        ("closed", 400),
        ("draft", 400),
        ("pending", 400),
        ("rejected", 400),
    ],
)
def test_only_open_postings_take_applications(
    ours: Sandbox, us: httpx.Client, state: str, status: int
) -> None:
    posting = ours.add_posting(state=state)["id"]
    answer = us.post(f"/postings/{posting}/apply", json={"personalInformation": _personal()})
    assert answer.status_code == status
    if status == 400:
        assert_refused(answer, 400, state)


def test_who_applied_already_is_not_taken_twice(own: Sandbox, mine: httpx.Client) -> None:
    first, second = (own.add_posting()["id"] for _ in range(2))
    known = make(mine, own, name="Grace", emails=["grace@example.net"], postings=[first])
    body = {"personalInformation": _personal()}
    again = mine.post(f"/postings/{first}/apply", json=body)
    assert again.status_code == 200
    assert again.json() == {"data": {"applicationId": known["applications"][0]}, "deduped": True}
    other = mine.post(f"/postings/{second}/apply", json=body)
    assert (other.status_code, other.json()["deduped"]) == (201, True)
    found = every(mine, "/opportunities", email="grace@example.net")
    assert [each["contact"] for each in found] == [known["contact"]] * 2


def test_an_uploaded_resume_goes_along(own: Sandbox, mine: httpx.Client) -> None:
    posting = own.add_posting()["id"]
    upload = mine.post("/uploads", files={"file": ("cv.pdf", b"%PDF my life")}).json()["data"]
    by_id = {"personalInformation": _personal(resume=upload["id"])}
    assert_refused(mine.post(f"/postings/{posting}/apply", json=by_id), 400, "resume", "uri")
    body = {"personalInformation": _personal(resume=upload["uri"])}
    assert mine.post(f"/postings/{posting}/apply", json=body).status_code == 201
    (opportunity,) = every(mine, "/opportunities", email="grace@example.net")
    path = f"/opportunities/{opportunity['id']}/resumes"
    (resume,) = read(mine, path)
    assert resume["file"]["name"] == "cv.pdf"
    assert read(mine, f"{path}/{resume['id']}") == resume
    assert mine.get(f"{path}/{resume['id']}/download").content == b"%PDF my life"
    own.advance(25 * 3_600_000)
    late = {"personalInformation": _personal(email="late@example.net", resume=upload["uri"])}
    assert_refused(mine.post(f"/postings/{posting}/apply", json=late), 400, "expired")


def test_eeo_answers_are_told_apart_from_persons(own: Sandbox, mine: httpx.Client) -> None:
    form = _asking(own, eeo=True)
    chosen = {
        name: form["eeoQuestions"][name]["options"][0]["text"] for name in ("gender", "race", "veteran")
    }
    body = {
        "personalInformation": _personal(),
        "customQuestions": _filled_in(form),
        "eeoResponses": chosen,
    }
    path = f"/postings/{form['id']}/apply"
    wrong = body | {"eeoResponses": {"gender": "none of these"}}
    assert_refused(mine.post(path, json=wrong), 400, "gender")
    ident = mine.post(path, json=body).json()["data"]["applicationId"]
    named = every(mine, "/eeo/responses/pii")[0]
    assert named["applicationId"] == ident
    anonymous = every(mine, "/eeo/responses")[0]
    assert anonymous.items() >= chosen.items()
    assert "applicationId" not in anonymous
    assert named == anonymous | {k: named[k] for k in ("applicationId", "opportunityId", "contactId")}


def test_two_applications_a_second_go_through() -> None:
    config = SandboxConfig(opportunities=20, rate=0, apply_rate=0.001)
    with (
        running_sandbox(config) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        path = f"/postings/{sandbox.add_posting()['id']}/apply"
        answers = [client.post(path, json={"personalInformation": _personal()}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert client.get(path).status_code == 200
