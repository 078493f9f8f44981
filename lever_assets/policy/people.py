"""Lever's people: what hangs on an opportunity, when it is over, and which of them the settings keep."""

from datetime import datetime

from lever_assets.lever.resources import OPPORTUNITIES, Resource, all_below
from lever_assets.settings import Settings
from lever_assets.store.left_out import Limit, Terms

BELOW = tuple(each.name for each in all_below(OPPORTUNITIES.name))
"""The resources whose records hang on an opportunity."""
CONTACT = "contact"
"""Lever's id of the person, the same in all their opportunities."""
TERMS = Terms(person=(CONTACT,), ended=(("archived", "reason"), ("archived", "archivedAt")))
"""Whose an opportunity is, and that it has ended: one that is not archived is live."""


def limit_of(settings: Settings, resource: Resource, now: datetime) -> Limit:
    """Return what is kept of `resource`, seen from `now` (UTC): opportunities are limited, no list else."""
    if resource.name != OPPORTUNITIES.name:
        return Limit()
    return Limit(settings.cutoff_at(now), settings.only_created)
