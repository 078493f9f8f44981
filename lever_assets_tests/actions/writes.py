"""The actions that write, each with an input and a way to count its effect in Lever."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lever_assets_tests.actions.newcomers import somebody
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh

Counting = Callable[[Recruiting], int]


@dataclass(frozen=True)
class Trial:
    """An input for one action, what in Lever it writes to, and how often its effect is there."""

    given: dict[str, Any]
    endpoint: str
    effects: Counting


def tag(account: Recruiting, person: Person) -> Trial:
    text = fresh("tag")
    return Trial(
        {"candidate_id": person.candidate, "tag": {"name": text}},
        "POST /opportunities/:id/addTags",
        lambda account: _opportunity(account, person)["tags"].count(text),
    )


def untag(account: Recruiting, person: Person) -> Trial:
    text = fresh("tag")
    account.run("add_candidate_tag", {"candidate_id": person.candidate, "tag": {"name": text}})
    assert text in _opportunity(account, person)["tags"]
    return Trial(
        {"candidate_id": person.candidate, "tag": {"name": text}},
        "POST /opportunities/:id/removeTags",
        lambda account: int(text not in _opportunity(account, person)["tags"]),
    )


def move(account: Recruiting, person: Person) -> Trial:
    before = _opportunity(account, person)
    stage = next(each for each in account.live_ids("application_stages") if each[1] != before["stage"])
    changes = len(before["stageChanges"])
    return Trial(
        {"application_id": person.application, "stage_id": stage[0]},
        "PUT /opportunities/:id/stage",
        lambda account: len(_opportunity(account, person)["stageChanges"]) - changes,
    )


def reject(account: Recruiting, person: Person) -> Trial:
    reason = account.live_ids("rejection_reasons")[0]
    return Trial(
        {"application_id": person.application, "rejection_reason_id": reason[0]},
        "PUT /opportunities/:id/archived",
        lambda account: int((_opportunity(account, person)["archived"] or {}).get("reason") == reason[1]),
    )


def link(account: Recruiting, person: Person) -> Trial:
    url = f"https://results.example.com/{fresh('x').replace(' ', '/')}"
    return Trial(
        {"candidate_id": person.candidate, "label": "Test", "url": url},
        "POST /opportunities/:id/addLinks",
        lambda account: _opportunity(account, person)["links"].count(url),
    )


def note(account: Recruiting, person: Person) -> Trial:
    text = fresh("note")
    return Trial(
        {"application_id": person.application, "content": text},
        "POST /opportunities/:id/notes",
        lambda account: account.notes(person).count(text),
    )


def attachment(account: Recruiting, person: Person) -> Trial:
    name = f"{fresh('cv')}.pdf"
    data = b64encode(b"%PDF-1.4 " + name.encode()).decode()
    file = {"name": name, "type": "OTHER", "content_type": "application/pdf", "data": data}
    return Trial(
        {
            "candidate_id": person.candidate,
            "attachment": file,
            "remote_fields": {"lever": {"perform_as": somebody(account)}},
        },
        "POST /opportunities/:id/files",
        lambda account: account.files(person).count(name),
    )


WRITES: dict[str, Callable[[Recruiting, Person], Trial]] = {
    "add_candidate_tag": tag,
    "remove_candidate_tag": untag,
    "move_application_to_stage": move,
    "reject_application": reject,
    "add_candidate_result_link": link,
    "add_application_note": note,
    "add_candidate_attachment": attachment,
}


def _opportunity(account: Recruiting, person: Person) -> dict[str, Any]:
    found: dict[str, Any] = account.read(f"/opportunities/{person.opportunity}")
    return found
