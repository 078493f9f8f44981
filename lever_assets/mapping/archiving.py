"""How an application ended, told by its archiving or its opportunity's."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from lever_assets.lever.records import Application, Archived, ArchiveReason, Opportunity
from lever_assets.unified.enums import ApplicationOutcome


class Ending(NamedTuple):
    """Outcome of an application, with reason and time when it was declined."""

    outcome: ApplicationOutcome
    rejection_reason_name: str | None = None
    rejected_at: datetime | None = None


def ending(
    opportunity: Opportunity, application: Application, reasons: Mapping[str, ArchiveReason]
) -> Ending:
    """Return how an application stands. A reason that is null or unknown means that it was declined."""
    archived = _said(application.archived) or _said(opportunity.archived)
    if archived is None:
        return Ending(ApplicationOutcome.PENDING)
    reason = reasons.get(archived.reason) if archived.reason else None
    if reason is not None and reason.is_hired:
        return Ending(ApplicationOutcome.HIRED)
    return Ending(ApplicationOutcome.DECLINED, reason.text if reason else None, archived.archived_at)


def _said(archived: Archived | None) -> Archived | None:
    """An object without reason and time says what null says: not archived."""
    empty = archived is None or (archived.reason is None and archived.archived_at is None)
    return None if empty else archived
