"""Which candidates are kept by the settings, and who of the others is still in play."""

from datetime import datetime

from lever_assets.settings import Settings
from lever_assets.store.left_out import Limit, Terms
from lever_assets.sync.resources import Resource

LIMITED = "opportunities"
"""The resource that the settings limit, with all that hangs on it."""

CANDIDACY = Terms(person=("contact",), ended=(("archived", "reason"), ("archived", "archivedAt")))
"""A contact is one person, whose candidacies are opportunities; one that is not archived is live."""


def limit_of(settings: Settings, resource: Resource, now: datetime) -> Limit:
    """Return what is kept of `resource`, seen from `now` (UTC)."""
    return Limit(settings.cutoff_at(now), settings.only_created) if resource.name == LIMITED else Limit()
