"""Records whose fields are missing or come in another JSON type than usual."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lever_assets.sandbox.quirks.quirk import Asked, Body
from lever_assets.sandbox.schema import Record

Odd = Callable[[Any], Any]


def listed(value: Any) -> Any:
    """The value in a list."""
    return [value]


def in_words(value: Any) -> Any:
    """The value as a text."""
    return "none" if value is None else f"{value}"


def as_object(value: Any) -> Any:
    """The value in an object."""
    return {"value": value}


def counted(value: Any) -> Any:
    """A number in place of the value."""
    return len(f"{value}")


def yes(_: Any) -> Any:
    """True in place of the value."""
    return True


# Fields that no column of the 19 models is made of, but for remote_data and integration_fields.
ODD_FIELDS: Mapping[str, Mapping[str, Odd]] = {
    "opportunities": {
        "contact": listed,
        "origin": counted,
        "sourcedBy": counted,
        "snoozedUntil": in_words,
        "lastInteractionAt": in_words,
        "opportunityLocation": as_object,
        "dataProtection": in_words,
    },
    "applications": {
        "type": listed,
        "candidateId": counted,
        "phone": in_words,
        "links": in_words,
        "comments": counted,
        "user": listed,
        "requisitionForHire": in_words,
        "ipAddress": counted,
        "referer": as_object,
        "timezone": as_object,
    },
    "interviews": {
        "panel": listed,
        "timezone": counted,
        "feedbackReminder": listed,
        "feedbackForms": in_words,
        "feedbackTemplate": listed,
        "user": counted,
    },
    "offers": {
        "creator": listed,
        "approved": in_words,
        "approvedAt": in_words,
        "sentAt": as_object,
        "signatures": listed,
        "sentDocument": in_words,
    },
    "postings": {
        "country": listed,
        "screening": in_words,
        "transcribeInterviews": in_words,
        "salaryDescription": as_object,
    },
    "requisitions": {
        "approval": in_words,
        "backfill": in_words,
        "creator": listed,
        "headcountInfinite": in_words,
        "internalNotes": counted,
        "offerIds": in_words,
        "team": listed,
    },
    "users": {
        "photo": listed,
        "jobTitle": as_object,
        "createdAt": in_words,
        "externalDirectoryId": counted,
        "linkedContactIds": in_words,
        "managerId": listed,
    },
    "archive_reasons": {"status": yes},
    "requisition_fields": {"isRequired": in_words},
    "tags": {"count": in_words},
    "sources": {"count": in_words},
}


def odd(asked: Asked, body: Body) -> Body:
    """Give side fields another type, in lists, in single records and in what is expanded inside them."""
    for record in _records(body):
        _make_odd(asked.route.resource, record)
    return body


def untyped(asked: Asked, body: Body) -> Body:
    """Leave out the `type` of archive reasons."""
    if asked.route.resource == "archive_reasons":
        for record in _records(body):
            record.pop("type", None)
    return body


def bare(asked: Asked, body: Body) -> Body:
    """Leave only the ids in a list of deletions."""
    if asked.route.template.endswith("/deleted"):
        for record in _records(body):
            record.pop("deletedAt", None)
            record.pop("deletedBy", None)
    return body


def undated(asked: Asked, body: Body) -> Body:
    """Leave `updatedAt` out of opportunities where it would be null."""
    if asked.route.resource == "opportunities":
        for record in _records(body):
            if "updatedAt" in record and record["updatedAt"] is None:
                del record["updatedAt"]
    return body


def _make_odd(resource: str, record: Record) -> None:
    for name, make in ODD_FIELDS.get(resource, {}).items():
        if name in record:
            record[name] = make(record[name])
    if resource == "opportunities":
        for application in record.get("applications") or ():
            if isinstance(application, dict):
                _make_odd("applications", application)


def _records(body: Body) -> Iterator[Record]:
    data = body.get("data")
    if isinstance(data, dict):
        yield data
    elif isinstance(data, list):
        yield from (record for record in data if isinstance(record, dict))
