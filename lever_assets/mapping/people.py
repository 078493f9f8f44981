"""people <- the contacts of opportunities."""

from collections.abc import Iterator
from datetime import UTC, datetime

from lever_assets.lever.records import Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import Gathered
from lever_assets.mapping.rules.links import social_link
from lever_assets.mapping.rules.names import split_name
from lever_assets.mapping.rules.persons import email_addresses, phone_numbers
from lever_assets.mapping.rules.places import location
from lever_assets.unified.insights import Person

_NEVER = datetime.min.replace(tzinfo=UTC)
_NEWEST = ("opportunities.isAnonymized", "opportunities.updatedAt", "opportunities.createdAt")
"""What tells which opportunity of a person is the newest."""
SOURCES: Sources = {
    "remote_id": ("opportunities.contact",),
    "first_name": ("opportunities.name", *_NEWEST),
    "last_name": ("opportunities.name", *_NEWEST),
    "phone_numbers": ("opportunities.phones", *_NEWEST),
    "email_addresses": ("opportunities.emails", *_NEWEST),
    "social_media": ("opportunities.links", *_NEWEST),
    "location": ("opportunities.location", *_NEWEST),
}


def rows(opportunity: Opportunity, ctx: Context) -> Iterator[Person]:
    """Yield the person of an opportunity, the newest of theirs; none where Lever names no contact."""
    if not opportunity.contact:
        return
    first_name, last_name = split_name(opportunity.name)
    yield Person(
        id=ctx.id("people", opportunity.contact),
        connection=ctx.connection,
        remote_id=opportunity.contact,
        first_name=first_name,
        last_name=last_name,
        phone_numbers=phone_numbers(opportunity),
        email_addresses=email_addresses(opportunity),
        social_media=[social_link(link) for link in opportunity.links],
        location=location(opportunity.location),
    )


def _age(opportunity: Opportunity) -> tuple[bool, datetime, str]:
    """Order a person's opportunities: one that is anonymised tells nothing, and so comes first."""
    changed = opportunity.updated_at or opportunity.created_at or _NEVER
    return not opportunity.is_anonymized, changed, opportunity.id


DERIVATION = Gathered(
    "people",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(opportunity, around.ctx),
    key=lambda opportunity: opportunity.contact,
    age=_age,
    known_by=("candidates", "person_id"),
)
