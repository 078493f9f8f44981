"""People who apply: inputs for the actions that create, and postings with forms of every kind of question."""

from base64 import b64encode
from itertools import count
from typing import Any
from uuid import uuid4

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets_tests.actions.recruiting import Recruiting

_people = count(1)
GROUP = "11111111-aaaa-4aaa-8aaa-111111111111"
LONDON = {"city": "London", "country": "GB"}

FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "text"},
    "textarea": {"type": "textarea"},
    "university": {"type": "university"},
    "dropdown": {"type": "dropdown", "options": [{"text": "Bachelor’s"}, {"text": "Master’s"}]},
    "choice": {
        "type": "multiple-choice",
        "options": [{"text": "On-site", "optionId": "o-1"}, {"text": "Remote", "optionId": "o-2"}],
    },
    "languages": {
        "type": "multiple-select",
        "options": [{"text": "English", "optionId": "l-1"}, {"text": "日本語", "optionId": "l-2"}],
    },
    "yes-no": {"type": "yes-no"},
    "date": {"type": "date"},
    "number": {"type": "number"},
    "currency": {"type": "currency"},
    "score": {"type": "score"},
    "file": {"type": "file-upload"},
    "code": {"type": "code"},
    "instruction": {"type": "instruction"},
}
GENDER = {
    "type": "dropdown",
    "text": "Gender",
    "description": None,
    "required": False,
    "prompt": "Gender",
    "options": [{"text": "Female", "optionId": "Female"}, {"text": "Male", "optionId": "Male"}],
    "value": None,
}


_OWN = "A job of its own"
"""The title of postings that tests make."""


def field(name: str, *, required: bool = False) -> dict[str, Any]:
    """Return a field of a form."""
    described = {"id": name, "text": f"About {name}?", "description": "", "required": required, "prompt": ""}
    return {**described, **FIELDS[name], "value": None}


def _made_by_no_test(account: Recruiting) -> dict[str, Any]:
    """Return a posting whose form is the account's own, however many postings tests have made.

    It is a published one, if there is any: recorded accounts have others alone.
    """
    everything = (account.sandbox.get("postings", each) for each in account.sandbox.ids("postings"))
    own = [each for each in everything if each and each["text"] != _OWN]
    return next((each for each in own if each["state"] == "published"), own[0])


def open_job(
    account: Recruiting,
    *names: str,
    required: tuple[str, ...] = (),
    state: str = "published",
    eeo: bool = False,
    **form: Any,
) -> str:
    """Make a posting of its own whose form asks these questions; returns its id."""
    ident = str(uuid4())
    known = _made_by_no_test(account)
    account.sandbox.create("postings", {**known, "id": ident, "text": _OWN, "state": state})
    standard = account.read(f"/postings/{known['id']}/apply")
    fields = [field(name, required=name in required) for name in names]
    groups = [{"id": GROUP, "text": "Questions", "fields": fields}] if fields else []
    whole = {**standard, "id": ident, "text": _OWN, "customQuestions": groups, **form}
    whole.pop("eeoQuestions", None)
    if eeo:
        whole["eeoQuestions"] = {"gender": GENDER}
    account.sandbox.create("posting_forms", whole)
    return ident


def newcomer(**changes: Any) -> dict[str, Any]:
    """Return a person nobody has seen."""
    number = next(_people)
    return {
        "first_name": "Ada",
        "last_name": f"Byron {number}",
        "email_address": f"ada.{number}@example.com",
        **changes,
    }


def creation(job: str, person: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return an input of create_application."""
    return {"candidate": person or newcomer(), "job_id": f"remote:{job}", **changes}


def answer(name: str, value: object) -> dict[str, Any]:
    """Return an answer to a question of `open_job`."""
    return {"question_id": f"remote:{GROUP}:{name}", "answer": value}


def document(name: str = "cv.pdf", data: bytes = b"%PDF-1.4 a document", **changes: Any) -> dict[str, Any]:
    """Return a file by its data, as an attachment unless `type` is None."""
    file = {"name": name, "content_type": "application/pdf", "data": b64encode(data).decode(), "type": "CV"}
    return {key: value for key, value in {**file, **changes}.items() if value is not None}


def somebody(account: Recruiting) -> str:
    """Return a user (Lever's id) who may act."""
    users = account.read("/users")
    return str(users[0]["id"])


def opportunities_of(account: Recruiting, given: dict[str, Any], **filters: Any) -> list[dict[str, Any]]:
    """Return what Lever has of the person of an input."""
    found: list[dict[str, Any]] = account.read(
        "/opportunities",
        email=given["candidate"]["email_address"],
        confidentiality="all",
        expand="applications",
        **filters,
    )
    return found


def applications_of(account: Recruiting, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the person's applications for the job of an input."""
    job = given["job_id"].removeprefix("remote:")
    return [
        each
        for opportunity in opportunities_of(account, given)
        for each in opportunity["applications"]
        if each["posting"] == job
    ]


WHOLE = {
    "additional_email_addresses": [{"email_address": "countess@example.org", "type": "WORK"}],
    "company": "Acme, Inc.",
    "title": "Engineer",
    "phone_number": "+44 1",
    "additional_phone_numbers": [
        {"phone_number": "+44 2", "type": "WORK"},
        {"phone_number": "+44 3", "type": "PERSONAL"},
        {"phone_number": "+44 4"},
    ],
    "location": LONDON,
    "social_links": [{"url": "https://www.linkedin.com/in/ada"}, {"url": "https://github.com/ada"}],
}
PHONES = [
    {"type": "mobile", "value": "+44 1"},
    {"type": "work", "value": "+44 2"},
    {"type": "home", "value": "+44 3"},
    {"type": "other", "value": "+44 4"},
]


def create(
    account: Recruiting, given: dict[str, Any], user: str | None = None, **options: Any
) -> ActionAnswer:
    """Create an application that succeeds."""
    settings = {**({"perform_as": user} if user else {}), **options.pop("settings", {})}
    found = account.run("create_application", given, settings=settings, **options)
    assert found.succeeded, found.error
    return found


def in_lever(account: Recruiting, given: dict[str, Any]) -> dict[str, Any]:
    """Return the one opportunity that Lever has of the person."""
    (found,) = opportunities_of(account, given)
    return found


def person_with(**changes: Any) -> dict[str, Any]:
    """Return a person of whom everything is known that Lever keeps."""
    person = newcomer()
    extra = f"countess.of.{person['last_name'].replace(' ', '.').lower()}@example.org"
    emails = [{"email_address": extra, "type": "WORK"}]
    return {**person, **WHOLE, "additional_email_addresses": emails, **changes}
