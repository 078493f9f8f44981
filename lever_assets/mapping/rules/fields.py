"""Integration fields (what Lever has and the unified models have no column for) and custom fields."""

from collections.abc import Iterable
from typing import Literal

from pydantic import JsonValue

from lever_assets.lever.records import is_nothing, said
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.known_fields import KNOWN
from lever_assets.unified.models import JsonObject
from lever_assets.unified.parts import IntegrationField

Origin = Literal["DEFAULT", "CUSTOM"]


def integration_field(
    ctx: Context, model: str, *, origin: Origin, key: str, label: str | None, value: JsonValue
) -> IntegrationField:
    """Return one field. Its id is the same on every record of the model."""
    return {
        "id": ctx.id("integration_fields", model, origin, key),
        "key": key,
        "type": origin,
        "label": said(label),
        "value": None if is_nothing(value) else value,
    }


def default_fields(
    ctx: Context, model: str, fields: Iterable[tuple[str, JsonValue]]
) -> list[IntegrationField]:
    """Return Lever's own fields (`KNOWN`), given as (key, value); those without a value are left out."""
    known = KNOWN[model]
    return [
        integration_field(ctx, model, origin="DEFAULT", key=key, label=known[key].label, value=value)
        for key, value in fields
        if has_value(value)
    ]


def has_value(value: JsonValue) -> bool:
    """Whether there is something to show: null, empty texts, lists and objects are not."""
    return not is_nothing(value) and value not in ([], {})


def custom_fields(ctx: Context, model: str, fields: Iterable[IntegrationField]) -> JsonObject | None:
    """Return the user's own keys with the values of the fields that they are mapped to.

    A key whose field isn't on the record is null; without keys for the model the whole is None. Where the
    account and Lever have a field with the same key, the account's is meant.
    """
    mapping = ctx.custom_fields.get(model)
    if not mapping:
        return None
    values = {
        field["key"]: field["value"] for field in sorted(fields, key=lambda one: one["type"] == "CUSTOM")
    }
    return {ours: values.get(theirs) for ours, theirs in mapping.items()}
