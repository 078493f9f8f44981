"""Which record belongs to which: an application among an opportunity's, a requisition among a posting's."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from lever_assets.lever.records import Application, Requisition

_NEVER = datetime.min.replace(tzinfo=UTC)

APPLICATION_KEYS = (
    "applications.id",
    "applications.posting",
    "applications.archived",
    "applications.createdAt",
)
"""What finds the application that an interview or an offer is about."""
ONLY_APPLICATION_KEYS = ("applications.id",)
"""What finds the application of what Lever keeps on the opportunity."""
REQUISITION_KEYS = (
    "postings.requisitionCodes",
    "requisitions.id",
    "requisitions.postings",
    "requisitions.requisitionCode",
    "requisitions.status",
    "requisitions.createdAt",
)
"""What finds the requisition of a posting."""


def application_for(postings: Collection[str], applications: Sequence[Application]) -> Application | None:
    """Return the opportunity's application for one of `postings`: one that isn't archived, then the newest.

    A record that names no posting belongs to the opportunity's application when there is just one.
    """
    if not postings:
        return applications[0] if len(applications) == 1 else None
    found = [application for application in applications if application.posting in postings]
    return max(found, key=lambda one: (one.archived is None, one.created_at or _NEVER, one.id), default=None)


def only_application(applications: Sequence[Application]) -> str | None:
    """Return Lever's id of the application of what names none: the opportunity's, when there is just one."""
    found = application_for((), applications)
    return found.id if found else None


def requisition_for(requisitions: Sequence[Requisition]) -> Requisition | None:
    """Return the requisition that describes a posting: an open one, then the newest."""
    return max(
        requisitions,
        key=lambda one: (one.status == "open", one.created_at or _NEVER, one.id),
        default=None,
    )
