"""The example bodies of Kombo's documentation, as its own package carries them, with ids that are here."""

import json
import re
from typing import Any

from kombo.ats import Ats

from lever_assets_tests.actions.newcomers import FIELDS, GROUP, newcomer, open_job
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh


def example(operation: str) -> dict[str, Any]:
    """Return the example of an operation as it is published."""
    told = re.search(r"### Example Request Body\s+```json\s(.*?)```", getattr(Ats, operation).__doc__, re.S)
    assert told is not None, operation
    found: dict[str, Any] = json.loads(told[1].replace('\\"', '"'))
    return found


def job(account: Recruiting) -> str:
    """Make a job whose form asks what the examples answer; returns its id in Lever."""
    return open_job(account, "text", "languages")


def _answers() -> list[dict[str, Any]]:
    languages = [each["optionId"] for each in FIELDS["languages"]["options"]]
    return [
        {"question_id": f"remote:{GROUP}:text", "answer": "Yes"},
        {"question_id": f"remote:{GROUP}:languages", "answer": languages},
    ]


def stage(account: Recruiting, person: Person) -> tuple[str, str]:
    """Return a stage in which a person is not: our id, and Lever's."""
    now = account.read(f"/opportunities/{person.opportunity}")["stage"]
    return next(each for each in account.live_ids("application_stages") if each[1] != now)


def full(account: Recruiting, operation: str, person: Person) -> dict[str, Any]:
    """Return an example with ids of the account; whatever would be there already is another one each time."""
    found = example(operation)
    if "candidate" in found:
        found["candidate"] |= newcomer()
        found["screening_question_answers"] = _answers()
    if operation == "create_candidate":
        found["application"] = {
            "job_id": f"remote:{job(account)}",
            "stage_id": account.live_ids("application_stages")[0][0],
        }
    if operation == "create_application":
        found["stage_id"] = account.live_ids("application_stages")[0][0]
    if operation == "move_application_to_stage":
        found["stage_id"] = stage(account, person)[0]
    if operation == "reject_application":
        found["rejection_reason_id"] = account.live_ids("rejection_reasons")[0][0]
    if "tag" in found:
        found["tag"]["name"] = fresh("Excellent Fit")
    if "content" in found:
        found["content"] += fresh("")
    if "url" in found:
        found["url"] += fresh("").strip()
    if "attachment" in found:
        found["attachment"]["name"] = fresh("Frank Doe") + ".txt"
    return found


_LEFT_OUT = ("remote_fields", "details", "note", "screening_question_answers", "attachments", "stage_id")


def minimal(account: Recruiting, operation: str, person: Person) -> dict[str, Any]:
    """Return the same with nothing but what has to be there."""
    found = full(account, operation, person)
    left = {name: each for name, each in found.items() if name not in _LEFT_OUT}
    if operation == "move_application_to_stage":
        left["stage_id"] = found["stage_id"]
    if "application" in left:
        left["application"] = {"job_id": left["application"]["job_id"]}
    if "candidate" in left:
        names = ("first_name", "last_name", "email_address")
        left["candidate"] = {name: left["candidate"][name] for name in names}
    return left


_OF_PERSON = (
    "company",
    "title",
    "phone_number",
    "gender",
    "salary_expectations",
    "availability_date",
    "location",
    "additional_email_addresses",
    "additional_phone_numbers",
    "social_links",
)
_NULLS: dict[str, dict[str, Any]] = {
    "candidate": dict.fromkeys(_OF_PERSON),
    "application": {"stage_id": None},
    "attachment": {"data_url": None},
}


def newer(account: Recruiting, operation: str, person: Person) -> dict[str, Any]:
    """Return the least with null for what is left out, and fields at every level that nobody knows yet."""
    found = minimal(account, operation, person)
    for name, part in found.items():
        if isinstance(part, dict):
            found[name] = {**_NULLS.get(name, {}), **part, "something_new": {"deep": [1]}}
    nulls = dict.fromkeys(name for name in _LEFT_OUT if name not in found)
    if "candidate" in found:
        nulls |= {"source": None, "sourced_by": None, "gdpr_consent": None}
    remote = {"lever": {"something_new": 1, "perform_as": None}, "greenhouse": {"x": 1}, "novel": None}
    return {**nulls, **found, "something_new": [1], "remote_fields": remote}
