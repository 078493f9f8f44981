"""What several shapes are made of."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from lever_assets.api.shapes.envelope import Shape, Success

Row = TypeVar("Row")
Instant = Annotated[
    StrictStr,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", json_schema_extra={"format": "date-time"}
    ),
]
"""An instant in UTC, with milliseconds."""
Text = StrictStr
Amount = StrictInt | StrictFloat
Yes = StrictBool
Whole = StrictInt
JsonObject = dict[str, Any]


class Page(Shape, Generic[Row]):
    """A page of a list; `next` is the cursor of the next one, null on the last."""

    next: Text | None
    results: list[Row]


class Listed(Success[Page[Row]], Generic[Row]):
    """The answer of a list."""


class Location(Shape):
    """A place; Lever has free text, in `raw`."""

    city: Text | None
    country: Text | None
    raw: Text | None
    state: Text | None
    street_1: Text | None
    street_2: Text | None
    zip_code: Text | None


class EmailAddress(Shape):
    """An e-mail address."""

    email_address: Text
    type: Text | None


class PhoneNumber(Shape):
    """A phone number, as written in Lever."""

    phone_number: Text
    type: Text | None


class SocialLink(Shape):
    """A link to a profile."""

    link: Text | None
    type: Text | None
    username: Text | None


class IntegrationField(Shape):
    """A field of Lever's without a key of its own here."""

    id: Text
    key: Text
    type: Literal["DEFAULT", "CUSTOM"]
    label: Text | None
    value: Any = None


class Tag(Shape):
    """A tag on a candidate."""

    id: Text
    name: Text | None
    remote_id: Text | None


class NamedJob(Shape):
    """The job that something is for."""

    id: Text
    name: Text | None
    remote_id: Text


class Stage(Shape):
    """A stage; Lever tells of none whether it is in use."""

    id: Text
    remote_id: Text | None
    name: Text | None
    status: Literal["ACTIVE", "INACTIVE"] | None
    custom_fields: JsonObject | None
    index: Whole | None


class SmallStage(Shape):
    """The stage that an application is in."""

    id: Text
    name: Text | None
    remote_id: Text | None
    index: Whole | None


class Person(Shape):
    """A candidate, as interviews and offers name them."""

    id: Text
    remote_id: Text
    first_name: Text | None
    last_name: Text | None
    email_addresses: list[EmailAddress] | None


class Member(Shape):
    """A user, where one takes part in something."""

    id: Text
    remote_id: Text | None
    first_name: Text | None
    last_name: Text | None
    email: Text | None


class Seen(Shape):
    """What every row of a list has."""

    changed_at: Instant = Field(description="When this row itself last changed here")
    remote_deleted_at: Instant | None = Field(description="Since when it is gone in Lever")
    remote_data: JsonObject | None = Field(
        description="Lever's own record; null with LEVER_REMOTE_DATA=false"
    )
