"""What is kept of an anonymised opportunity and of what hangs on it: nothing that tells of the person.

Lever empties most of such a record, but not all of it everywhere; and what was read before is in the tables.
As the payload is reduced on arrival, a replay and a fresh sync give the same rows.
"""

from lever_assets.lever import JsonObject

FLAG = "isAnonymized"

_EMPTY: dict[str, JsonObject] = {
    "opportunities": {
        "name": "",
        "headline": "",
        "location": "",
        "opportunityLocation": None,
        "emails": [],
        "phones": [],
        "links": [],
        "urls": None,
    },
    "applications": {
        "name": None,
        "company": None,
        "email": None,
        "phone": None,
        "links": [],
        "comments": None,
        "customQuestions": [],
        "ipAddress": None,
        "referer": None,
        "userAgent": None,
        "acceptLanguage": None,
        "timezone": None,
    },
    "interviews": {"subject": "", "note": None, "location": None, "gcalEventUrl": None},
    "offers": {"fields": [], "signatures": None, "sentDocument": None, "signedDocument": None},
}
"""By resource the fields that tell of a person, and what stands in their place."""


def reduced(resource: str, record: JsonObject) -> JsonObject:
    """Return a record of an anonymised person without what is personal; fields that it lacks stay absent."""
    empty = _EMPTY.get(resource, {})
    return {name: empty.get(name, value) for name, value in record.items()}
