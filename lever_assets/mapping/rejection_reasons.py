"""rejection_reasons <- GET /archive_reasons, without those that mean a hire."""

from collections.abc import Iterator

from lever_assets.lever.records import ArchiveReason
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.models import RejectionReason

REASON_KEYS = ("archive_reasons.id", "archive_reasons.type", "archive_reasons.text")
"""Of reasons without a type the name tells which mean a hire."""
SOURCES: Sources = {
    "remote_id": REASON_KEYS,
    "name": ("archive_reasons.text",),
    "remote_data": ("archive_reasons.*",),
}


def rows(reason: ArchiveReason, ctx: Context) -> Iterator[RejectionReason]:
    """Yield the row of a reason, inactive or not; nothing for a reason of type hired."""
    if not reason.is_hired:
        yield RejectionReason(
            id=ctx.id("rejection_reasons", reason.id),
            connection=ctx.connection,
            remote_id=reason.id,
            name=reason.text,
            remote_data=ctx.remote("/archive_reasons", reason),
        )


DERIVATION = ByRecord(
    "rejection_reasons", "archive_reasons", ArchiveReason, lambda reason, around: rows(reason, around.ctx)
)
