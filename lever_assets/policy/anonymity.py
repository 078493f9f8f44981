"""What is kept of an anonymised opportunity and of what hangs on it: nothing that tells of the person.

Lever empties most of such a record, but not all of it everywhere; and what was read before is in the tables.
As the payload is reduced on arrival, a replay and a fresh sync give the same rows. What is kept is named, not
what is left out: a field that Lever adds one day does not slip through.
"""

from pydantic import JsonValue

from lever_assets.lever import JsonObject
from lever_assets.lever.resources import OPPORTUNITIES

FLAG = "isAnonymized"
_APPLICATIONS = "applications"
_URLS = "urls"

_KEPT: dict[str, frozenset[str]] = {
    OPPORTUNITIES.name: frozenset(
        {
            *("id", "contact", FLAG, "confidentiality", "dataProtection"),
            *("stage", "stageChanges", "archived", "snoozedUntil", _APPLICATIONS),
            *("tags", "sources", "origin", "sourcedBy", "owner", "followers"),
            *("createdAt", "updatedAt", "lastInteractionAt", "lastAdvancedAt", _URLS),
        }
    ),
    _APPLICATIONS: frozenset(
        {
            *("id", "type", "candidateId", "opportunityId", "user", "createdAt", "archived"),
            *("posting", "postingHiringManager", "postingOwner", "requisitionForHire"),
        }
    ),
    "interviews": frozenset(
        {
            *("id", "opportunityId", "panel", "postings", "stage", "user", "interviewers"),
            *("date", "duration", "timezone", "createdAt", "canceledAt"),
            *("feedbackTemplate", "feedbackForms", "feedbackReminder"),
        }
    ),
    "offers": frozenset(
        {"id", "posting", "creator", "status", "createdAt", "approved", "approvedAt", "sentAt"}
    ),
    "notes": frozenset({"id", "user", "secret", "createdAt", "completedAt", "deletedAt"}),
    "feedback": frozenset(
        {
            *("id", "type", "baseTemplateId", "interview", "panel", "user"),
            *("createdAt", "completedAt", "deletedAt"),
        }
    ),
    "files": frozenset({"id", "uploadedAt", "status"}),
    "resumes": frozenset({"id", "createdAt"}),
}
"""By resource the fields that stay: ids, states, instants, and who in the company had to do with it."""
_ONLY_ID = frozenset({"id"})
_PAGES = frozenset({"show", "list"})
"""The pages of the Lever app, which are named by ids; what else `urls` may hold one day is not known."""


def reduced(resource: str, record: JsonObject) -> JsonObject:
    """Return a record of an anonymised person without what is personal; of a resource not known only its id.

    Applications inside an opportunity are reduced likewise.
    """
    kept = _KEPT.get(resource, _ONLY_ID)
    plain = {name: value for name, value in record.items() if name in kept}
    if _URLS in plain:
        plain[_URLS] = _pages(plain[_URLS])
    inside = plain.get(_APPLICATIONS)
    if isinstance(inside, list):
        plain[_APPLICATIONS] = [
            reduced(_APPLICATIONS, each) if isinstance(each, dict) else each for each in inside
        ]
    return plain


def _pages(urls: JsonValue) -> JsonValue:
    listed = urls.items() if isinstance(urls, dict) else ()
    return {name: url for name, url in listed if name in _PAGES and isinstance(url, str)}
