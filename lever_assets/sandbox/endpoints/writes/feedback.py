"""Feedback forms: written from a template, as Lever documents it under Feedback, "Create a feedback form"."""

from __future__ import annotations

from uuid import uuid4

from pydantic import Field, JsonValue

from lever_assets.sandbox.endpoints.body import parse, validate
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.visibility import acting_user, must_see
from lever_assets.sandbox.endpoints.writes.answers import data
from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.recruiting.candidacies import LeverBody
from lever_assets.sandbox.recruiting.opportunities import note_work
from lever_assets.sandbox.schema import Record


class _Value(LeverBody):
    id: str
    value: JsonValue = None


class _Form(LeverBody):
    base_template_id: str
    panel: str | None = None
    interview: str | None = None
    field_values: tuple[_Value, ...] = Field(())
    created_at: int | None = None
    completed_at: int | None = None


def post_feedback(call: Call) -> Answer:
    """POST /opportunities/:id/feedback {baseTemplateId, fieldValues, …}: 201. Lever wants to know by whom."""
    ident = call.path[0]
    must_see(call, "opportunities", ident)
    user = acting_user(call)
    if user is None:
        raise bad_request("perform_as is required")
    body = validate(_Form, parse(call.raw).values)
    if (body.panel is None) != (body.interview is None):
        raise bad_request("panel and interview are required together")
    template = call.account.record("feedback_templates", body.base_template_id)
    if template is None:
        raise bad_request("baseTemplateId: there is no such feedback template")
    fields = _filled(template["fields"], {each.id: each.value for each in body.field_values})
    with call.account.lock:
        at = note_work(call.changes, ident)["updatedAt"]
        form = {
            "id": str(uuid4()),
            "type": "interview",
            "text": template["text"],
            "instructions": template["instructions"],
            "fields": fields,
            "baseTemplateId": template["id"],
            "interview": body.interview,
            "panel": body.panel,
            "user": user,
            "createdAt": body.created_at or at,
            "completedAt": body.completed_at or at,
            "deletedAt": None,
        }
        return data(call.changes.add("feedback", form, ident), 201)


def _filled(fields: list[Record], values: dict[str, JsonValue]) -> list[Record]:
    """The fields of a template with values; each "must match the field's UID and value type"."""
    unknown = values.keys() - {field["id"] for field in fields}
    if unknown:
        raise bad_request("fieldValues: there is no such field in the template")
    for field in fields:
        value = values.get(field["id"])
        if value is None:
            if field["required"]:
                raise bad_request(f"fieldValues: {field['text']} is required")
            continue
        chosen = value if isinstance(value, list) else [value]
        options = [option["text"] for option in field.get("options", ())]
        if options and not all(each in options for each in chosen):
            raise bad_request(f"fieldValues: {field['text']} has no such option")
        if isinstance(value, list) != (field["type"] == "multiple-select"):
            raise bad_request(f"fieldValues: {field['text']} is of another type")
    return [field | {"value": values.get(field["id"])} for field in fields]


FEEDBACK: tuple[Route, ...] = (Route("POST", "/opportunities/:id/feedback", "feedback", post_feedback),)
