"""offers <- the offers of opportunities."""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from lever_assets.lever.records import Application, OfferField, said
from lever_assets.lever.records import Offer as LeverOffer
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.dates import as_instant
from lever_assets.mapping.rules.fields import Origin, custom_fields, integration_field
from lever_assets.mapping.rules.linked import APPLICATION_KEYS, application_for
from lever_assets.unified.enums import OfferStatus
from lever_assets.unified.models import Offer
from lever_assets.unified.parts import IntegrationField

logger = logging.getLogger(__name__)

_STATUS = {
    "draft": OfferStatus.DRAFT,
    "approval-sent": OfferStatus.DRAFT,
    "approved": OfferStatus.APPROVED,
    "sent": OfferStatus.SENT,
    "opened": OfferStatus.SENT,
    "sent-manually": OfferStatus.SENT,
    "signed": OfferStatus.ACCEPTED,
    "denied": OfferStatus.DECLINED,
    "rescinded": OfferStatus.ABANDONED,
    "expired": OfferStatus.ABANDONED,
}
_WORD = re.compile(r"[a-z]+(-[a-z]+)*")
# The identifiers that Lever documents; any other one belongs to a field that the account made.
_LEVER_FIELDS = frozenset(
    {
        "company_name",
        "candidate_name",
        "candidate_email",
        "job_title",
        "location",
        "department",
        "team",
        "work_type",
        "salary_amount",
        "salary_interval",
        "salary_currency",
        "bonus",
        "start_date",
        "anticipated_start_date",
        "hiring_manager",
    }
)

SOURCES: Sources = {
    "remote_id": ("offers.id",),
    "status": ("offers.status",),
    "application_id": ("offers.posting", *APPLICATION_KEYS),
    "employment_start_date": ("offers.fields",),
    "custom_fields": ("offers.fields",),
    "integration_fields": ("offers.fields",),
    "remote_created_at": ("offers.createdAt",),
}


def rows(offer: LeverOffer, applications: Sequence[Application], ctx: Context) -> Iterator[Offer]:
    """Yield the row of an offer; `applications` are those of its opportunity."""
    application = application_for([offer.posting] if offer.posting else [], applications)
    integration_fields = _integration_fields(offer.fields, ctx)
    yield Offer(
        id=ctx.id("offers", offer.id),
        connection=ctx.connection,
        remote_id=offer.id,
        status=_status(offer),
        application_id=ctx.reference("applications", application.id if application else None),
        employment_start_date=_start_date(offer.fields),
        custom_fields=custom_fields(ctx, "offers", integration_fields),
        integration_fields=integration_fields,
        remote_created_at=offer.created_at,
    )


def _status(offer: LeverOffer) -> OfferStatus | None:
    status = _STATUS.get(offer.status or "")
    if status is None and offer.status:
        word = offer.status if _WORD.fullmatch(offer.status) else "that is none of Lever's words"
        logger.warning("Offer %s has a status which is not known (%s): stored as null", offer.id, word)
    return status


def _start_date(fields: Sequence[OfferField]) -> datetime | None:
    """Return the first date among the fields named start_date, anticipated_start_date or the like."""
    dates = (as_instant(each.value) for each in fields if is_start_date(each.identifier))
    return next((date for date in dates if date is not None), None)


def is_start_date(identifier: str | None) -> bool:
    """Tell whether a field of this identifier, or of this key, holds the day on which somebody starts."""
    return "startdate" in re.sub(r"[\W_]+", "", (identifier or "").lower())


def _integration_fields(fields: Sequence[OfferField], ctx: Context) -> list[IntegrationField]:
    """Return every field of the form; a key that comes again gets a number."""
    found: dict[str, IntegrationField] = {}
    for each in fields:
        own = said(each.identifier) or said(each.text)
        if not own:
            continue
        key, number = own, 1
        while key in found:
            number += 1
            key = f"{own}_{number}"
        origin: Origin = "DEFAULT" if each.identifier in _LEVER_FIELDS else "CUSTOM"
        found[key] = integration_field(
            ctx, "offers", origin=origin, key=key, label=each.text, value=each.value
        )
    return list(found.values())


DERIVATION = ByRecord(
    "offers",
    "offers",
    LeverOffer,
    lambda offer, around: rows(offer, around.applications, around.ctx),
    siblings="applications",
)
