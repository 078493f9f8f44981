"""Requisitions."""

import math
from typing import Annotated

from pydantic import PlainValidator

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.posting import Salary
from lever_assets.lever.records.record import ByKey, IdentifiedRecord, Json, Part, Reference, References


def _number_or_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if value is None or isinstance(value, str) or is_number:
        return value
    raise ValueError("neither a number nor a text")


Headcount = Annotated[int | float | str | None, PlainValidator(_number_or_text)]


class Approval(Part):
    """The chain of those who approve; `status`: pending, approved or denied."""

    status: str | None = None
    approved_at: Instant | None = None


class Requisition(IdentifiedRecord):
    """An approved need to hire; `status`: open, closed, onHold, pending, rejected, draft or canceled.

    `headcount_total` is a number or the text "unlimited".
    """

    requisition_code: str | None = None
    name: str | None = None
    status: str | None = None
    confidentiality: str | None = None
    headcount_total: Headcount = None
    headcount_hired: Headcount = None
    headcount_infinite: bool | None = None
    backfill: bool | None = None
    creator: Reference = None
    owner: Reference = None
    hiring_manager: Reference = None
    compensation_band: Salary | None = None
    employment_status: str | None = None
    location: str | None = None
    team: str | None = None
    department: str | None = None
    internal_notes: str | None = None
    approval: Approval | None = None
    postings: References
    offer_ids: References
    time_to_fill_start_at: Instant | None = None
    time_to_fill_end_at: Instant | None = None
    custom_fields: ByKey[Json]
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None
