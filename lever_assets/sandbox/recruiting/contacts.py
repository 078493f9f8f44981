"""A person, of whom each of their opportunities shows the name, the addresses and the phones."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from lever_assets.sandbox.expand import contact
from lever_assets.sandbox.recruiting.changes import Changes, UnknownRecord
from lever_assets.sandbox.recruiting.events import PERSONAL
from lever_assets.sandbox.schema import Record


def change_contact(changes: Changes, ident: str, values: Record) -> Record:
    """Set fields of a person (location as text) here and on all their opportunities, whose updatedAt moves.

    UnknownRecord when nobody has that id.
    """
    account = changes.account
    with account.lock:
        body = contact(account, ident)
        if body is None:
            raise UnknownRecord(f"there is no contact {ident}")
        if account.get("contacts", ident) is None:
            account.put("contacts", [(orjson.loads(body), None)])
        shown = {name: value for name, value in values.items() if name in PERSONAL}
        stored = dict(shown)
        if "location" in stored:
            stored["location"] = {"name": stored["location"]} if stored["location"] else None
        after = changes.change("contacts", ident, lambda record: record.update(stored))
        at = changes.now()
        for opportunity in account.opportunities_of_contact(ident):
            changes.change(
                "opportunities",
                opportunity,
                lambda record: record.update(shown | {"updatedAt": at, "lastInteractionAt": at}),
                quiet=True,
            )
    return after


def learn(changes: Changes, ident: str, emails: Iterable[str], phones: Iterable[Record]) -> None:
    """Add addresses and phones to a person who came again; nothing changes when all are known."""
    body = contact(changes.account, ident)
    if body is None:
        return
    known = orjson.loads(body)
    addresses = {email.lower() for email in known["emails"]}
    numbers = {phone["value"] for phone in known["phones"]}
    new: Record = {
        "emails": [email for email in emails if email.lower() not in addresses],
        "phones": [phone for phone in phones if phone["value"] not in numbers],
    }
    grown = {name: [*known[name], *more] for name, more in new.items() if more}
    if grown:
        change_contact(changes, ident, grown)
