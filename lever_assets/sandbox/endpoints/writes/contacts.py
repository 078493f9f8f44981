"""Edits of persons."""

from __future__ import annotations

from lever_assets.sandbox.endpoints.body import parse, validate
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.visibility import acting_user
from lever_assets.sandbox.endpoints.writes.answers import data
from lever_assets.sandbox.errors import not_found
from lever_assets.sandbox.recruiting.candidacies import LeverBody, Phone
from lever_assets.sandbox.recruiting.changes import UnknownRecord
from lever_assets.sandbox.recruiting.contacts import change_contact


class _Place(LeverBody):
    name: str


class _Contact(LeverBody):
    name: str | None = None
    emails: list[str] | None = None
    phones: list[Phone] | None = None
    location: str | _Place | None = None
    headline: str | None = None


def put_contact(call: Call) -> Answer:
    """PUT /contacts/:id {name, emails, phones, location, headline}: what is given is set."""
    acting_user(call)
    body = validate(_Contact, parse(call.raw).values)
    values = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    if isinstance(body.location, _Place):
        values["location"] = body.location.name
    try:
        return data(change_contact(call.changes, call.path[0], values))
    except UnknownRecord as error:
        raise not_found() from error


CONTACTS: tuple[Route, ...] = (Route("PUT", "/contacts/:id", "contact", put_contact),)
