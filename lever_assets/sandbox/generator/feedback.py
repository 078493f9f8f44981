"""Feedback forms that interviewers filled in (docs/lever-api.md, Feedback)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.generator.company import HOUR, Company
from lever_assets.sandbox.schema import Record

RATINGS = ("4 - Strong Hire", "3 - Hire", "2 - No Hire", "1 - Strong No Hire")
SKILLS = ("Craft", "Communication", "Ownership")
WORDS = (
    "Explains trade-offs well and asked good questions.",
    "Knapp in der Zeit, aber solide.",
    "Would not pass the bar for this role.",
)
TOPICS = ("Architecture", "Teamwork", "Hiring")


def _template_field(ident: str, kind: str, text: str, *options: str, required: bool = False) -> Record:
    made: Record = {"id": ident, "type": kind, "text": text, "description": "", "required": required}
    return made | ({"options": [{"text": each} for each in options]} if options else {})


def _template(ident: str, text: str, instructions: str, *fields: Record) -> Record:
    return {
        "id": ident,
        "text": text,
        "group": None,
        "instructions": instructions,
        "stage": None,
        "createdAt": 1_750_000_000_000,
        "updatedAt": 1_750_000_000_000,
        "fields": [*fields],
    }


TEMPLATES: tuple[Record, ...] = (
    _template(
        "5b0f589c-b0c2-4e84-bf83-0f2ca48fc48a",
        "Assessment",
        "What a test found.",
        _template_field("6ee25ace-dae2-4aa1-a1d2-9687464a691f", "score-system", "Rating", *RATINGS),
        _template_field("142225b2-d8b7-4f70-b336-4ca38ba5837c", "textarea", "Findings", required=True),
        _template_field("730461c8-b89d-41ae-923e-317bc975514c", "text", "Score"),
        _template_field("9806aa8d-b5fa-4512-b304-0ce46b33a46a", "dropdown", "Level", "Junior", "Senior"),
    ),
    _template(
        "0d2c4233-702f-4efd-bf5f-6b12edba08d9",
        "No Feedback",
        "",
        _template_field("b7d1f0a1-53ae-411a-b7e0-4fb188249967", "score-system", "Rating", *RATINGS),
    ),
)
"""Templates of feedback; `No Feedback` is on every account."""


def make_feedback(company: Company, interviews: list[Record]) -> Iterator[Record]:
    """The forms that these interviews name.

    They are drawn from their ids, so that the rest of an account is the same with them and without.
    """
    for interview in interviews:
        for ident in interview["feedbackForms"]:
            yield _form(ident, interview, company.now)


def _form(ident: str, interview: Record, now: int) -> Record:
    chance = Chance(UUID(ident).int)
    created = min(interview["date"] + interview["duration"] * 60_000, now)
    waits = chance.hit(0.1)
    return {
        "id": ident,
        "type": "interview",
        "text": "Interview feedback",
        "instructions": "Please write what you saw, not what you heard.",
        "fields": _fields(chance, answered=not waits),
        "baseTemplateId": interview["feedbackTemplate"] or chance.uuid(),
        "interview": interview["id"],
        "panel": interview["panel"],
        "user": chance.pick(interview["interviewers"])["id"],
        "createdAt": created,
        "completedAt": None if waits else min(created + chance.between(0, 20) * HOUR, now),
        "deletedAt": None,
    }


def _fields(chance: Chance, *, answered: bool) -> list[Record]:
    start = chance.between(1_700_000_000, 1_790_000_000) * 1000
    fields = [
        _field(chance, "score-system", "Rating", chance.pick(RATINGS), RATINGS, required=True),
        _field(chance, "textarea", "What did you see?", chance.pick(WORDS)),
        _field(chance, "yes-no", "Would you work with them?", "Yes" if chance.hit(0.6) else "No"),
        _field(chance, "multiple-select", "Topics", [chance.pick(TOPICS)], TOPICS),
        _field(chance, "dropdown", "Level", chance.pick(("Junior", "Senior")), ("Junior", "Senior")),
        _field(chance, "date", "Could start on", start if chance.hit(0.5) else None),
    ]
    if not answered:
        fields = [field | {"value": None} for field in fields]
    scores = [
        {"text": skill, "description": "", "score": chance.between(1, 4) if answered else None}
        for skill in SKILLS
    ]
    return [*fields, _field(chance, "score", "Skills", None) | {"scores": scores}]


def _field(
    chance: Chance,
    kind: str,
    text: str,
    value: object,
    options: tuple[str, ...] = (),
    *,
    required: bool = False,
) -> Record:
    field: Record = {
        "id": chance.uuid(),
        "type": kind,
        "text": text,
        "description": "",
        "required": required,
        "value": value,
    }
    if options:
        field["options"] = [{"text": option, "optionId": chance.uuid()} for option in options]
    return field
