"""Postings."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import ByKey, IdentifiedRecord, Listed, Part, Reference, References


def _blank_as_null(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _amount_of_money(value: Decimal | None) -> Decimal | None:
    if value is not None and abs(value.adjusted()) > _DIGITS:
        raise ValueError("no amount of money")
    return value


def _channels(value: object) -> object:
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        raise ValueError("not a list of texts")
    return value


def _empty_object(value: object) -> object:
    return {} if value is None else value


_DIGITS = 30
Amount = Annotated[Decimal | None, BeforeValidator(_blank_as_null), AfterValidator(_amount_of_money)]


class Salary(Part):
    """A salary range; `interval` is a text such as per-year-salary."""

    min: Amount = None
    max: Amount = None
    currency: str | None = None
    interval: str | None = None


class Categories(Part):
    """Where a posting belongs in the company."""

    team: str | None = None
    department: str | None = None
    location: str | None = None
    all_locations: Listed[str]
    commitment: str | None = None
    level: str | None = None


class ContentList(Part):
    """A heading and its list of HTML items."""

    text: str | None = None
    content: str | None = None


class Content(Part):
    """The description of a posting."""

    description: str | None = None
    description_html: str | None = None
    lists: Listed[ContentList]
    closing: str | None = None
    closing_html: str | None = None


class Posting(IdentifiedRecord):
    """A posting; `state`: published, internal (that is: unlisted), closed, draft, pending or rejected.

    `distribution_channels` is null or a list of public and internal; null and empty mean different things,
    so a list of which an item is odd is no list.
    """

    text: str | None = None
    state: str | None = None
    distribution_channels: Annotated[list[str] | None, BeforeValidator(_channels)] = None
    user: Reference = None
    owner: Reference = None
    hiring_manager: Reference = None
    confidentiality: str | None = None
    categories: Annotated[Categories, BeforeValidator(_empty_object), Field(default_factory=Categories)]
    content: Annotated[Content, BeforeValidator(_empty_object), Field(default_factory=Content)]
    country: str | None = None
    followers: References
    tags: Listed[str]
    req_code: str | None = None
    requisition_codes: Listed[str]
    urls: ByKey[str]
    salary_range: Salary | None = None
    workplace_type: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
