"""candidates <- opportunities."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from lever_assets.lever.records import Application, Opportunity, said
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.dates import as_text
from lever_assets.mapping.rules.fields import custom_fields, default_fields
from lever_assets.mapping.rules.headline import Position, first_organisation, written_by_us
from lever_assets.mapping.rules.links import social_link
from lever_assets.mapping.rules.names import split_name
from lever_assets.mapping.rules.persons import email_addresses, phone_numbers
from lever_assets.mapping.rules.places import location
from lever_assets.unified.models import Candidate

_FIELD_KEYS = (
    "opportunities.headline",
    "opportunities.contact",
    "opportunities.origin",
    "opportunities.sources",
    "opportunities.sourcedBy",
    "opportunities.owner",
    "opportunities.followers",
    "opportunities.opportunityLocation",
    "opportunities.snoozedUntil",
    "opportunities.lastInteractionAt",
    "opportunities.lastAdvancedAt",
    "opportunities.isAnonymized",
    "opportunities.dataProtection",
)
SOURCES: Sources = {
    "remote_id": ("opportunities.id",),
    "first_name": ("opportunities.name",),
    "last_name": ("opportunities.name",),
    "company": ("applications.company", "opportunities.headline"),
    "title": ("opportunities.headline",),
    "confidential": ("opportunities.confidentiality",),
    "source": ("opportunities.sources",),
    "phone_numbers": ("opportunities.phones",),
    "email_addresses": ("opportunities.emails",),
    "social_media": ("opportunities.links",),
    "location": ("opportunities.location",),
    "custom_fields": _FIELD_KEYS,
    "integration_fields": _FIELD_KEYS,
    "remote_url": ("opportunities.urls",),
    "remote_created_at": ("opportunities.createdAt",),
    "remote_updated_at": ("opportunities.updatedAt",),
    "remote_data": ("opportunities.*",),
    "current_stage_id": ("opportunities.stage",),
    "person_id": ("opportunities.contact",),
}
COPIES: Sources = {
    "first_name": ("applications.name", "offers.signatures.name"),
    "last_name": ("applications.name", "offers.signatures.name"),
    "phone_numbers": ("applications.phone",),
    "email_addresses": ("applications.email", "offers.signatures.email"),
    "social_media": ("applications.links",),
}


def rows(
    opportunity: Opportunity,
    applications: Sequence[Application],
    ctx: Context,
    *,
    created_here: bool = False,
) -> Iterator[Candidate]:
    """Yield the candidate of an opportunity.

    `created_here`: our own create action made the opportunity, so its headline is read as that writes it.
    """
    first_name, last_name = split_name(opportunity.name)
    position = _position(opportunity, applications, created_here=created_here)
    integration_fields = default_fields(ctx, "candidates", _own_fields(opportunity))
    yield Candidate(
        id=ctx.id("candidates", opportunity.id),
        connection=ctx.connection,
        remote_id=opportunity.id,
        first_name=first_name,
        last_name=last_name,
        company=position.company,
        title=position.title,
        confidential=opportunity.is_confidential,
        source=next(iter(opportunity.sources), None),
        phone_numbers=phone_numbers(opportunity),
        email_addresses=email_addresses(opportunity),
        social_media=[social_link(link) for link in opportunity.links],
        location=location(opportunity.location),
        custom_fields=custom_fields(ctx, "candidates", integration_fields),
        integration_fields=integration_fields,
        remote_url=opportunity.show_url or None,
        remote_created_at=opportunity.created_at,
        remote_updated_at=opportunity.updated_at,  # null on old records
        remote_data=ctx.remote("/opportunities", opportunity),
        current_stage_id=ctx.reference("application_stages", opportunity.stage),
        person_id=ctx.reference("people", opportunity.contact),
    )


def _position(
    opportunity: Opportunity, applications: Sequence[Application], *, created_here: bool
) -> Position:
    if created_here:
        return written_by_us(opportunity.headline)
    companies = (application.company for application in applications)
    company = next((each for each in companies if said(each)), None)
    return first_organisation(opportunity.headline, company)


def _own_fields(opportunity: Opportunity) -> Iterator[tuple[str, JsonValue]]:
    """Yield what Lever knows of a candidate and the unified model has no column for."""
    yield "headline", opportunity.headline
    yield "contact", opportunity.contact
    yield "origin", opportunity.origin
    yield "sources", list(opportunity.sources)
    yield "sourcedBy", opportunity.sourced_by
    yield "owner", opportunity.owner
    yield "followers", list(opportunity.followers)
    yield "opportunityLocation", opportunity.opportunity_location
    yield "snoozedUntil", as_text(opportunity.snoozed_until)
    yield "lastInteractionAt", as_text(opportunity.last_interaction_at)
    yield "lastAdvancedAt", as_text(opportunity.last_advanced_at)
    yield "isAnonymized", opportunity.is_anonymized
    yield "dataProtection", opportunity.data_protection


DERIVATION = ByRecord(
    "candidates",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(
        opportunity, around.applications, around.ctx, created_here=around.created_here
    ),
    below=("applications",),
    created=True,
)
