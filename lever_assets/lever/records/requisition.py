"""Requisitions."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.posting import Salary
from lever_assets.lever.records.record import IdentifiedRecord, Json, Reference, References


def _empty_as_default(value: object) -> object:
    return {} if value is None else value


class Requisition(IdentifiedRecord):
    """An approved need to hire; `status`: open, closed, onHold, pending, rejected, draft or canceled.

    `headcount_total` is a number or the text "unlimited".
    """

    requisition_code: str | None = None
    name: str | None = None
    status: str | None = None
    confidentiality: str | None = None
    headcount_total: int | float | str | None = None
    headcount_hired: int | float | str | None = None
    headcount_infinite: bool | None = None
    backfill: bool | None = None
    owner: Reference = None
    hiring_manager: Reference = None
    compensation_band: Salary | None = None
    employment_status: str | None = None
    location: str | None = None
    team: str | None = None
    department: str | None = None
    postings: References
    time_to_fill_start_at: Instant | None = None
    time_to_fill_end_at: Instant | None = None
    custom_fields: Annotated[dict[str, Json], BeforeValidator(_empty_as_default), Field(default_factory=dict)]
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None
