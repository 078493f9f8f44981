"""Integration fields of jobs: what a posting has no column for, and its requisition's custom fields."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from lever_assets.lever.records import Posting, Requisition, RequisitionField
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.dates import as_instant, as_text
from lever_assets.mapping.rules.fields import default_fields, has_value, integration_field
from lever_assets.mapping.rules.linked import REQUISITION_KEYS
from lever_assets.unified.parts import IntegrationField

JOB_FIELD_KEYS = (
    "postings.categories.team",
    "postings.categories.allLocations",
    "postings.country",
    "postings.tags",
    "requisitions.headcountTotal",
    "requisitions.headcountHired",
    "requisitions.customFields",
    "requisition_fields.id",
    "requisition_fields.type",
    *REQUISITION_KEYS,
)


def job_fields(
    posting: Posting,
    requisition: Requisition | None,
    definitions: Mapping[str, RequisitionField],
    ctx: Context,
) -> list[IntegrationField]:
    """Return the fields of a job that have a value."""
    fields = default_fields(ctx, "jobs", _own(posting))
    if requisition is not None:
        fields += default_fields(ctx, "jobs", _requisition(requisition))
        fields += [
            _custom(key, requisition.custom_fields[key], definitions.get(key), ctx)
            for key in sorted(requisition.custom_fields)
            if has_value(requisition.custom_fields[key])
        ]
    return fields


def _custom(
    key: str, value: JsonValue, definition: RequisitionField | None, ctx: Context
) -> IntegrationField:
    label = definition.text if definition else key
    return integration_field(
        ctx, "jobs", origin="CUSTOM", key=key, label=label, value=_value(value, definition)
    )


def _own(posting: Posting) -> Iterator[tuple[str, JsonValue]]:
    yield "team", posting.categories.team
    yield "allLocations", list(posting.categories.all_locations)
    yield "country", posting.country
    yield "tags", list(posting.tags)
    yield "requisitionCodes", list(posting.requisition_codes)


def _requisition(requisition: Requisition) -> Iterator[tuple[str, JsonValue]]:
    yield "requisitionCode", requisition.requisition_code
    yield "headcountTotal", requisition.headcount_total  # a number, or "unlimited"
    yield "headcountHired", requisition.headcount_hired


def _value(value: JsonValue, definition: RequisitionField | None) -> JsonValue:
    """Return a custom field's value: a date as text, anything else as Lever has it."""
    if definition is not None and definition.type == "date":
        instant = as_instant(value)
        return as_text(instant) if instant is not None else value
    return value
