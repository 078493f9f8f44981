"""The write endpoints of the Data API, and the reads of what only writes bring about."""

from lever_assets.sandbox.router import Route
from lever_assets.sandbox.writes.contacts import CONTACTS
from lever_assets.sandbox.writes.opportunities import OPPORTUNITIES
from lever_assets.sandbox.writes.papers import PAPERS
from lever_assets.sandbox.writes.postings import POSTINGS
from lever_assets.sandbox.writes.webhooks import WEBHOOKS

WRITES: tuple[Route, ...] = (*OPPORTUNITIES, *PAPERS, *POSTINGS, *CONTACTS, *WEBHOOKS)

__all__ = ["WRITES"]
