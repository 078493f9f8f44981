"""`expand=`: ids in a record replaced by the objects they stand for."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.schema import Record

# resource -> field that may be expanded -> where the objects are
EXPANDABLE: dict[str, dict[str, str]] = {
    "opportunities": {
        "applications": "applications",
        "stage": "stages",
        "owner": "users",
        "followers": "users",
        "sourcedBy": "users",
        "contact": "contacts",
    },
    "postings": {"user": "users", "owner": "users", "hiringManager": "users", "followers": "users"},
    "applications": {
        "user": "users",
        "posting": "postings",
        "postingOwner": "users",
        "postingHiringManager": "users",
    },
    "interviews": {"user": "users", "stage": "stages"},
    "panels": {"user": "users", "stage": "stages"},
    "offers": {"creator": "users"},
    "requisitions": {"owner": "users", "hiringManager": "users", "creator": "users"},
}


def expand(account: Account, resource: str, rows: list[bytes], fields: Iterable[str]) -> list[bytes]:
    """The rows with the named fields expanded; others are ignored, ids without object stay ids."""
    known = EXPANDABLE.get(resource, {})
    wanted = {field: known[field] for field in fields if field in known}
    if not wanted or not rows:
        return rows
    records: list[Record] = [orjson.loads(row) for row in rows]
    for field, target in wanted.items():
        objects = _objects(account, target, _ids(records, field))
        for record in records:
            value = record.get(field)
            if isinstance(value, list):
                record[field] = [objects.get(item, item) for item in value]
            elif value is not None:
                record[field] = objects.get(value, value)
    return [orjson.dumps(record) for record in records]


def _ids(records: list[Record], field: str) -> list[str]:
    found: list[str] = []
    for record in records:
        value = record.get(field)
        if isinstance(value, list):
            found += value
        elif value is not None:
            found.append(value)
    return found


def _objects(account: Account, target: str, idents: list[str]) -> dict[str, orjson.Fragment]:
    if target == "contacts":
        bodies = {ident: body for ident in idents if (body := contact(account, ident)) is not None}
    else:
        bodies = account.many(target, idents)
    return {ident: orjson.Fragment(body) for ident, body in bodies.items()}


def contact(account: Account, ident: str) -> bytes | None:
    """A person as `GET /contacts/:id` shows them: as edited, else drawn from their newest opportunity."""
    stored = account.get("contacts", ident)
    if stored is not None:
        return stored
    opportunity = account.newest_of_contact(ident)
    if opportunity is None:
        return None
    return orjson.dumps(
        {
            "id": ident,
            "name": opportunity["name"],
            "headline": opportunity["headline"],
            "isAnonymized": opportunity["isAnonymized"],
            "location": {"name": opportunity["location"]} if opportunity["location"] else None,
            "emails": opportunity["emails"],
            "phones": opportunity["phones"],
            "dataProtection": opportunity["dataProtection"],
        }
    )
