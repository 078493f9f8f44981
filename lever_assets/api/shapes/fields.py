"""The fields of an integration: Lever's, and the user's own names for them."""

from typing import Literal

from lever_assets.api.shapes.envelope import Shape

Origin = Literal["DEFAULT", "CUSTOM"]


class FieldOfLever(Shape):
    """A field of Lever's that has no place of its own in a model."""

    id: str
    key: str
    model: str
    type: Origin
    label: str | None
    is_passthrough_enabled: bool
    is_writable: Literal[False]


class FieldsOfLever(Shape):
    """A page of them."""

    results: list[FieldOfLever]
    next: str | None
    next_cursor: str | None


class MappedField(Shape):
    """The field that fills a custom field."""

    id: str
    key: str
    type: Origin
    label: str | None


class CustomField(Shape):
    """A key of the user's own, and what fills it."""

    id: str
    key: str
    model: str
    label: str | None
    description: str | None
    integration_field: MappedField | None


class CustomFields(Shape):
    """A page of them."""

    results: list[CustomField]
    next: str | None
    next_cursor: str | None
