"""Application forms with questions of every field type, and the answers that applicants give."""

from __future__ import annotations

from typing import Any

from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.forms import default_form
from lever_assets.sandbox.schema import Record

# set -> (type, text, description, required, options)
QUESTION_SETS: dict[str, tuple[tuple[str, str, str, bool, tuple[str, ...]], ...]] = {
    "Education": (
        (
            "dropdown",
            "What is your highest level of education?",
            "",
            False,
            ("High school", "Bachelor’s degree", "Master’s degree", "Doctorate"),
        ),
        ("university", "What university did you attend?", "", False, ()),
    ),
    "About the work": (
        ("textarea", "Why do you want to work with us?", "A few sentences are enough.", True, ()),
        ("text", "Where did you hear about this role?", "", False, ()),
        ("multiple-choice", "How do you prefer to work?", "", True, ("On-site", "Hybrid", "Remote")),
        (
            "multiple-select",
            "Which languages do you speak?",
            "Tick all that apply",
            False,
            ("English", "Deutsch", "Español", "日本語"),
        ),
        ("yes-no", "Do you need sponsorship to work here?", "Now or in the future", True, ()),
        ("instruction", "Please answer in your own words.", "No answer is needed here.", False, ()),
    ),
    "Logistics": (
        ("date", "When could you start?", "", True, ()),
        ("currency", "What salary do you expect?", "A year, before tax", False, ()),
        ("number", "How many years of experience do you have?", "", False, ()),
        ("file-upload", "Portfolio", "PDF, up to 30 MB", False, ()),
    ),
    "Exercise": (
        ("code", "Reverse a list in the language you like best", "", False, ()),
        ("score", "How would you rate your English?", "1 to 4", False, ()),
        (
            "score-system",
            "Rate your experience with distributed systems",
            "",
            False,
            ("Strong", "Some", "None"),
        ),
    ),
}
GENDERS = ("Female", "Male", "Decline to self-identify")
VETERAN = ("I am a veteran", "I am not a veteran", "Decline to self-identify")
RACES = (
    ("Hispanic or Latino", "A person of Cuban, Mexican, Puerto Rican or other Spanish culture or origin."),
    ("White (Not Hispanic or Latino)", "A person having origins in Europe, the Middle East or North Africa."),
    (
        "Black or African American (Not Hispanic or Latino)",
        "A person having origins in the black racial groups of Africa.",
    ),
    (
        "Asian (Not Hispanic or Latino)",
        "A person having origins in the Far East, Southeast Asia or the Indian Subcontinent.",
    ),
    (
        "Two or More Races (Not Hispanic or Latino)",
        "All persons who identify with more than one of the above races.",
    ),
    ("Decline to self-identify", None),
)


def make_question_sets(chance: Chance) -> list[Record]:
    """The account's question sets; postings ask the same ones, with the same ids."""
    sets = []
    for text, fields in QUESTION_SETS.items():
        made = []
        for kind, question, description, required, options in fields:
            field: Record = {
                "id": chance.uuid(),
                "type": kind,
                "text": question,
                "description": description,
                "required": required,
                "prompt": "",
            }
            if options:
                # Recorded: options have no optionId in older question sets.
                field["options"] = [
                    {"text": option} if kind == "dropdown" else {"text": option, "optionId": chance.uuid()}
                    for option in options
                ]
            made.append(field | {"value": None})
        sets.append({"id": chance.uuid(), "text": text, "fields": made})
    return sets


def make_form(chance: Chance, posting: Record, sets: list[Record]) -> Record:
    """The form of a posting: some of the sets; EEO questions in the US only."""
    form = default_form(posting["id"], posting["text"])
    asked = [entry for entry in sets if chance.hit(0.4)]
    form["customQuestions"] = [
        entry | {"distribution": ["external"]} if chance.hit(0.3) else dict(entry) for entry in asked
    ]
    if posting["country"] == "US":
        form["eeoQuestions"] = {
            "gender": _eeo_question("Gender", [(text, None) for text in GENDERS]),
            "race": _eeo_question("Race", list(RACES)),
            "veteran": _eeo_question("Veteran status", [(text, None) for text in VETERAN]),
        }
    return form


def _eeo_question(text: str, options: list[tuple[str, str | None]]) -> Record:
    return {
        "description": None,
        "required": False,
        "text": text,
        "type": "dropdown",
        "options": [
            {"text": option, "optionId": option} | ({"description": description} if description else {})
            for option, description in options
        ],
        "prompt": text,
        "value": None,
    }


def answered(chance: Chance, sets: list[Record], now: int) -> list[Record]:
    """The question sets of a form with an applicant's answers; some optional ones are left open."""
    return [
        {"id": entry["id"], "text": entry["text"]}
        | {
            "fields": [
                field | {"value": _answer(chance, field, now)}
                if field["required"] or chance.hit(0.8)
                else dict(field)
                for field in entry["fields"]
            ]
        }
        for entry in sets
    ]


def _answer(chance: Chance, field: Record, now: int) -> Any:  # noqa: PLR0911 (one line a field type)
    match field["type"]:
        case "dropdown" | "multiple-choice" | "score-system":
            return chance.pick(field["options"])["text"]
        case "multiple-select":
            return [option["text"] for option in field["options"] if chance.hit(0.5)]
        case "yes-no":
            return chance.pick(("yes", "no"))
        case "date":
            return now + chance.between(7, 120) * 86_400_000
        case "currency" | "number":
            return chance.between(1, 30) * (5000 if field["type"] == "currency" else 1)
        case "score":
            return chance.between(1, 4)
        case "file-upload":
            return {"fileName": "portfolio.pdf", "uploadedAt": now, "status": "processed"}
        case "code":
            return "def reverse(items):\n    return items[::-1]  # O(n) & <short>\n"
        case "university":
            return chance.pick(("ETH Zürich", "Stanford University", "東京大学"))
        case "instruction":
            return None
        case _:
            return chance.pick(
                ("A friend told me about you.", "I’ve used the product for years.", "LinkedIn")
            )
