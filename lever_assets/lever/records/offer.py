"""Offers."""

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import IdentifiedRecord, Json, Listed, Part, Reference


class OfferField(Part):
    """A field of an offer form, filled in."""

    text: str | None = None
    identifier: str | None = None
    value: Json = None


class Offer(IdentifiedRecord):
    """An offer; `status`: draft, approval-sent, approved, sent, sent-manually, opened, denied, signed, ..."""

    posting: Reference = None
    creator: Reference = None
    status: str | None = None
    fields: Listed[OfferField]
    created_at: Instant | None = None
    approved_at: Instant | None = None
    sent_at: Instant | None = None
