"""requisitions <- requisitions."""

from collections.abc import Iterator

from lever_assets.lever.records import Requisition as LeverRequisition
from lever_assets.lever.records.opportunity import CONFIDENTIAL
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.places import location
from lever_assets.mapping.rules.salary import salary_range
from lever_assets.unified.insights import Requisition

_BAND = ("requisitions.compensationBand.min", "requisitions.compensationBand.max")
_TOTAL = ("requisitions.headcountTotal", "requisitions.headcountInfinite")
_UNLIMITED = "unlimited"
SOURCES: Sources = {
    "remote_id": ("requisitions.id",),
    "requisition_code": ("requisitions.requisitionCode",),
    "name": ("requisitions.name",),
    "status": ("requisitions.status",),
    "confidential": ("requisitions.confidentiality",),
    "headcount_total": _TOTAL,
    "headcount_infinite": _TOTAL,
    "headcount_hired": ("requisitions.headcountHired",),
    "backfill": ("requisitions.backfill",),
    "compensation_amount_from": ("requisitions.compensationBand.min",),
    "compensation_amount_to": ("requisitions.compensationBand.max",),
    "compensation_currency": ("requisitions.compensationBand.currency", *_BAND),
    "compensation_period": ("requisitions.compensationBand.interval", *_BAND),
    "employment_status": ("requisitions.employmentStatus",),
    "department": ("requisitions.department",),
    "team": ("requisitions.team",),
    "location": ("requisitions.location",),
    "internal_notes": ("requisitions.internalNotes",),
    "custom_fields": ("requisitions.customFields",),
    "creator_id": ("requisitions.creator",),
    "owner_id": ("requisitions.owner",),
    "hiring_manager_id": ("requisitions.hiringManager",),
    "offer_ids": ("requisitions.offerIds",),
    "approval_status": ("requisitions.approval.status",),
    "approved_at": ("requisitions.approval.approvedAt",),
    "opened_at": ("requisitions.timeToFillStartAt", "requisitions.createdAt"),
    "closed_at": ("requisitions.closedAt",),
    "time_to_fill_start_at": ("requisitions.timeToFillStartAt",),
    "time_to_fill_end_at": ("requisitions.timeToFillEndAt",),
    "remote_created_at": ("requisitions.createdAt",),
    "remote_updated_at": ("requisitions.updatedAt",),
    "remote_data": ("requisitions.*",),
}


def rows(requisition: LeverRequisition, ctx: Context) -> Iterator[Requisition]:
    """Yield the row of a requisition."""
    band = salary_range(requisition.compensation_band)
    infinite = _is_infinite(requisition)
    approval = requisition.approval
    yield Requisition(
        id=ctx.id("requisitions", requisition.id),
        connection=ctx.connection,
        remote_id=requisition.id,
        requisition_code=requisition.requisition_code,
        name=requisition.name,
        status=requisition.status,
        confidential=requisition.confidentiality == CONFIDENTIAL,
        headcount_total=None if infinite else _whole(requisition.headcount_total),
        headcount_infinite=infinite,
        headcount_hired=_whole(requisition.headcount_hired),
        backfill=requisition.backfill,
        compensation_amount_from=band.amount_from,
        compensation_amount_to=band.amount_to,
        compensation_currency=band.currency,
        compensation_period=band.period,
        employment_status=requisition.employment_status,
        department=requisition.department,
        team=requisition.team,
        location=location(requisition.location),
        internal_notes=requisition.internal_notes,
        custom_fields=requisition.custom_fields,
        creator_id=ctx.reference("users", requisition.creator),
        owner_id=ctx.reference("users", requisition.owner),
        hiring_manager_id=ctx.reference("users", requisition.hiring_manager),
        offer_ids=[ctx.id("offers", each) for each in dict.fromkeys(requisition.offer_ids)],
        approval_status=approval.status if approval else None,
        approved_at=approval.approved_at if approval else None,
        opened_at=requisition.time_to_fill_start_at or requisition.created_at,
        closed_at=requisition.closed_at,
        time_to_fill_start_at=requisition.time_to_fill_start_at,
        time_to_fill_end_at=requisition.time_to_fill_end_at,
        remote_created_at=requisition.created_at,
        remote_updated_at=requisition.updated_at,
        remote_data=ctx.remote("/requisitions", requisition),
    )


def _is_infinite(requisition: LeverRequisition) -> bool:
    total = requisition.headcount_total
    said = isinstance(total, str) and total.strip().lower() == _UNLIMITED
    return said or requisition.headcount_infinite is True


def _whole(number: float | str | None) -> int | None:
    """Return a number of people; what is no whole number a column can hold is none."""
    try:
        found = float(number) if number is not None else None
    except ValueError:
        return None
    return int(found) if found is not None and found.is_integer() and abs(found) < _MOST else None


_MOST = 2**31
"""What an integer of a column can't hold."""

DERIVATION = ByRecord(
    "requisitions",
    "requisitions",
    LeverRequisition,
    lambda requisition, around: rows(requisition, around.ctx),
)
