"""The write endpoints of the Data API, and the reads of what only writes bring about."""

from lever_assets.sandbox.endpoints.route import Route
from lever_assets.sandbox.endpoints.writes.contacts import CONTACTS
from lever_assets.sandbox.endpoints.writes.feedback import FEEDBACK
from lever_assets.sandbox.endpoints.writes.opportunities import OPPORTUNITIES
from lever_assets.sandbox.endpoints.writes.papers import PAPERS
from lever_assets.sandbox.endpoints.writes.postings import POSTINGS
from lever_assets.sandbox.endpoints.writes.webhooks import WEBHOOKS

WRITES: tuple[Route, ...] = (*OPPORTUNITIES, *PAPERS, *FEEDBACK, *POSTINGS, *CONTACTS, *WEBHOOKS)

__all__ = ["WRITES"]
