"""That a record was archived, in which both an application and its opportunity have a say."""

from collections.abc import Sequence

from lever_assets.lever.records import Application, Archived, Opportunity


def said(archived: Archived | None) -> Archived | None:
    """An object without reason and time says what null says: not archived."""
    empty = archived is None or (archived.reason is None and archived.archived_at is None)
    return None if empty else archived


def archived_of(opportunity: Opportunity, applications: Sequence[Application]) -> Archived | None:
    """Return how an opportunity was archived; told by its only application where it says nothing itself."""
    own = said(opportunity.archived)
    if own is not None or len(applications) != 1:
        return own
    return said(applications[0].archived)
