"""A result as a feedback form in Lever, made from a template: in fields of its names, and whole in a text.

Lever's documentation, "Create a feedback form": `baseTemplateId` and `perform_as` are wanted; values go by
the ids of the template's fields and have to be of their types, a choice the text of one of its options.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue

from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.effects import Added
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.input_model import Text
from lever_assets.actions.engine.work import Work, its_id
from lever_assets.actions.inputs import ApplicationResultLink
from lever_assets.lever import JsonObject, LeverClient, Outgoing
from lever_assets.lever.paths import path_to, scope

_ADD = "add_feedback"
_TEXTS = ("textarea", "text")
"""Types of fields that take any text; what does not fit elsewhere goes rather into several lines."""
_CHOICES = frozenset({"dropdown", "multiple-choice", "yes-no", "score-system"})
_SEVERAL = "multiple-select"


class Feedback(ApplicationResultLink):
    """A result to fill a form with: what the note about it has, too."""

    template: Text = Field(description="The feedback template: Lever's id, or its name")
    completed_at: datetime | None = Field(None, description="When the test was over")


@dataclass(frozen=True)
class FormAdded(Added):
    """A form of a template, with these texts in its fields by their ids, by a user."""

    template: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None

    def is_it(self, record: JsonObject) -> bool:
        """Compare the template, who filled it in, and the texts, whose ends Lever may trim."""
        fields: Any = record.get("fields")
        if record.get("baseTemplateId") != self.template or record.get("user") not in {self.user, None}:
            return False
        told = fields if isinstance(fields, list) else []
        there = {str(each.get("id")): each.get("value") for each in told if isinstance(each, dict)}
        return all(str(there.get(ident) or "").strip() == text.strip() for ident, text in self.texts.items())


async def add_feedback(work: Work, asked: Feedback) -> JsonObject:
    """Add a form with a result to the application's opportunity."""
    work.must_act_as_somebody("fills in the feedback form")
    opportunity = work.resolve.application(asked.application_id).opportunity
    template = await _template(work.lever, asked.template)
    values = filled(template.get("fields"), asked)
    if not values:
        raise invalid(
            "No field for the result",
            f"The feedback template {asked.template!r} has no field that takes any of the result: give it a "
            "field for text.",
        )
    given: list[JsonValue] = [{"id": ident, "value": value} for ident, value in values.items()]
    form: JsonObject = {"baseTemplateId": template["id"], "fieldValues": given}
    if asked.completed_at is not None:
        form["completedAt"] = round(asked.completed_at.timestamp() * 1000)
    request = Outgoing("POST", path_to("opportunities", opportunity, "feedback"), work.params, json=form)
    texts = {ident: value for ident, value in values.items() if isinstance(value, str)}
    effect = FormAdded(opportunity, "feedback", str(template["id"]), texts, work.written_as(_ADD))
    await work.write(_ADD, request, effect, keep=its_id)
    await work.refresh([opportunity], below=["feedback"])
    return {}


ADD_FEEDBACK = Action(
    "add_application_feedback",
    "Add feedback to application",
    "Adds a feedback form with the result of an assessment.",
    Feedback,
    add_feedback,
    (scope("GET", "/feedback_templates"), scope("POST", "/opportunities/:id/feedback")),
)
"""It is of assessments alone: the unified API knows no such action, so that it is in no catalogue."""


async def _template(lever: LeverClient, named: str) -> JsonObject:
    """Return the template of an id or, if none has it, of a name; raises ActionError where there is none."""
    every = [each for each in await lever.list_all("/feedback_templates") if isinstance(each.get("id"), str)]
    wanted = named.strip().casefold()
    by_name = (each for each in every if str(each.get("text")).strip().casefold() == wanted)
    found = next((each for each in every if each["id"] == named), None) or next(by_name, None)
    if found is None:
        raise invalid(
            "No such feedback template",
            f"There is no feedback template {named!r} in Lever, see LEVER_ASSESSMENT_FEEDBACK_TEMPLATE.",
        )
    return found


def filled(fields: object, result: ApplicationResultLink) -> dict[str, JsonValue]:
    """Return values for the fields of a template, by their ids: details of a field's name, and all in a text.

    Of names case and blanks around don't count.
    """
    told = fields if isinstance(fields, list) else []
    known = [each for each in told if isinstance(each, dict) and isinstance(each.get("id"), str)]
    details = () if result.details is None else result.details.attributes
    by_name = {each.key.strip().casefold(): each.value for each in reversed(details)}
    values: dict[str, JsonValue] = {}
    for each in known:
        value = _fitting(each, by_name.get(str(each.get("text")).strip().casefold()))
        if value is not None:
            values[str(each["id"])] = value
    at = _for_the_rest(known, values)
    if at is not None:
        lines = result.note.splitlines()
        values[str(at["id"])] = (
            "\n".join(lines) if at["type"] == "textarea" else "; ".join(map(str.strip, lines))
        )
    return {str(each["id"]): values[str(each["id"])] for each in known if str(each["id"]) in values}


def _fitting(described: Mapping[str, Any], text: str | None) -> JsonValue:
    """Return a text as a value of a field; None: it does not fit."""
    if text is None:
        return None
    kind = described.get("type")
    if kind in _TEXTS:
        return text if kind == "textarea" else " ".join(text.split())
    chosen = next((each for each in _options(described) if each.casefold() == text.strip().casefold()), None)
    if chosen is None or kind not in {*_CHOICES, _SEVERAL}:
        return None
    return [chosen] if kind == _SEVERAL else chosen


def _options(described: Mapping[str, Any]) -> list[str]:
    if described.get("type") == "yes-no" and not described.get("options"):
        return ["Yes", "No"]
    options: Any = described.get("options")
    told = options if isinstance(options, list) else []
    return [
        str(each["text"]) for each in told if isinstance(each, dict) and isinstance(each.get("text"), str)
    ]


def _for_the_rest(
    known: Iterable[Mapping[str, Any]], values: Mapping[str, JsonValue]
) -> Mapping[str, Any] | None:
    """Return the first text that is empty yet, one of several lines if there is any."""
    free = [each for each in known if each.get("type") in _TEXTS and str(each["id"]) not in values]
    return min(free, key=lambda each: _TEXTS.index(each["type"]), default=None)
