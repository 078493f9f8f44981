"""One builder per Lever object: its JSON as Lever sends it; a test spells out only what matters to it.

Keywords are Lever's own keys: `opportunity(updatedAt=None)`.
"""

from uuid import NAMESPACE_OID, uuid5

from pydantic import JsonValue

from lever_assets.lever.records import JsonObject

CREATED_AT = 1_767_225_600_000  # 2026-01-01T00:00:00Z
UPDATED_AT = 1_767_312_000_000  # 2026-01-02T00:00:00Z
DAY = 86_400_000


def uuid(word: str) -> str:
    """Return a UUID that is always the same for a word."""
    return str(uuid5(NAMESPACE_OID, word))


def opportunity(**changes: JsonValue) -> JsonObject:
    """Build an opportunity in the stage "new applicant" with one application."""
    defaults: JsonObject = {
        "id": uuid("opportunity"),
        "name": "Ada Lovelace",
        "contact": uuid("contact"),
        "headline": "",
        "stage": "applicant-new",
        "confidentiality": "non-confidential",
        "location": "",
        "phones": [{"type": "mobile", "value": "+44 20 7946 0000"}],
        "emails": ["ada@example.com"],
        "links": [],
        "archived": None,
        "tags": ["Engineering"],
        "sources": ["LinkedIn"],
        "stageChanges": [],
        "origin": "applied",
        "sourcedBy": None,
        "owner": uuid("owner"),
        "followers": [],
        "applications": [uuid("application")],
        "createdAt": CREATED_AT,
        "updatedAt": UPDATED_AT,
        "lastInteractionAt": UPDATED_AT,
        "lastAdvancedAt": CREATED_AT,
        "snoozedUntil": None,
        "urls": {
            "list": "https://hire.lever.co/candidates",
            "show": f"https://hire.lever.co/candidates/{uuid('opportunity')}",
        },
        "isAnonymized": False,
        "dataProtection": None,
        "opportunityLocation": "London",
    }
    return {**defaults, **changes}


def stage_changes(*stages: str, at: int = CREATED_AT, user: str | None = None) -> JsonValue:
    """Build the changes by which an opportunity came into these stages, a day after one another."""
    return [
        {
            "toStageId": stage,
            "toStageIndex": index,
            "updatedAt": at + index * DAY,
            "userId": user or uuid("owner"),
        }
        for index, stage in enumerate(stages)
    ]


def application(**changes: JsonValue) -> JsonObject:
    """Build an application of that opportunity to the posting."""
    defaults: JsonObject = {
        "id": uuid("application"),
        "type": "posting",
        "candidateId": uuid("opportunity"),
        "opportunityId": uuid("opportunity"),
        "posting": uuid("posting"),
        "postingHiringManager": None,
        "postingOwner": uuid("owner"),
        "name": "Ada Lovelace",
        "company": None,
        "phone": None,
        "email": "ada@example.com",
        "links": [],
        "comments": None,
        "user": None,
        "customQuestions": [],
        "createdAt": CREATED_AT,
        "archived": None,
        "requisitionForHire": None,
    }
    return {**defaults, **changes}


def posting(**changes: JsonValue) -> JsonObject:
    """Build a published posting on all channels."""
    page = f"https://jobs.lever.co/acme/{uuid('posting')}"
    defaults: JsonObject = {
        "id": uuid("posting"),
        "text": "Engineer",
        "state": "published",
        "distributionChannels": ["public", "internal"],
        "user": uuid("creator"),
        "owner": uuid("owner"),
        "hiringManager": uuid("manager"),
        "confidentiality": "non-confidential",
        "categories": {
            "commitment": "Full-time",
            "department": "Technology",
            "level": "Senior",
            "location": "London",
            "team": "Platform",
            "allLocations": ["London", "Paris"],
        },
        "tags": [],
        "content": {
            "description": "We build engines.",
            "descriptionHtml": "<div>We build engines.</div>",
            "lists": [{"text": "You bring", "content": "<li>Curiosity</li>"}],
            "closing": "Join us.",
            "closingHtml": "<div>Join us.</div>",
        },
        "country": "GB",
        "followers": [],
        "reqCode": None,
        "requisitionCodes": [],
        "urls": {"list": "https://jobs.lever.co/acme", "show": page, "apply": f"{page}/apply"},
        "workplaceType": "hybrid",
        "createdAt": CREATED_AT,
        "updatedAt": UPDATED_AT,
    }
    return {**defaults, **changes}


def categories(**changes: JsonValue) -> JsonObject:
    """Build the categories of a posting, all empty unless told."""
    defaults: JsonObject = dict.fromkeys(("commitment", "department", "level", "location", "team"))
    return {**defaults, "allLocations": [], **changes}


def requisition(**changes: JsonValue) -> JsonObject:
    """Build an open requisition for the posting."""
    defaults: JsonObject = {
        "id": uuid("requisition"),
        "requisitionCode": "REQ-1",
        "name": "Engineer",
        "status": "open",
        "confidentiality": "non-confidential",
        "headcountTotal": 2,
        "headcountHired": 0,
        "headcountInfinite": False,
        "backfill": False,
        "creator": uuid("creator"),
        "owner": uuid("owner"),
        "hiringManager": None,
        "compensationBand": None,
        "employmentStatus": None,
        "location": None,
        "team": None,
        "department": None,
        "postings": [uuid("posting")],
        "offerIds": [],
        "timeToFillStartAt": None,
        "timeToFillEndAt": None,
        "customFields": {},
        "createdAt": CREATED_AT,
        "updatedAt": UPDATED_AT,
        "closedAt": None,
    }
    return {**defaults, **changes}


def requisition_field(**changes: JsonValue) -> JsonObject:
    """Build the definition of a date field."""
    return {
        "id": "target_hire_date",
        "text": "Target Hire Date",
        "type": "date",
        "isRequired": False,
        **changes,
    }


def question(**changes: JsonValue) -> JsonObject:
    """Build a question that takes one line of text."""
    return {
        "id": uuid("question"),
        "type": "text",
        "text": "Why us?",
        "description": "",
        "required": False,
        "prompt": "",
        "value": None,
        **changes,
    }


def question_set(*questions: JsonObject, **changes: JsonValue) -> JsonObject:
    """Build a question set of these questions."""
    return {"id": uuid("question set"), "text": "Questions", "fields": list(questions), **changes}


def eeo_question(**changes: JsonValue) -> JsonObject:
    """Build an EEO question; it has no id of its own."""
    return {
        "type": "dropdown",
        "text": "Gender",
        "description": None,
        "required": False,
        "prompt": "Gender",
        "options": [{"text": "Female", "optionId": "Female"}, {"text": "Male", "optionId": "Male"}],
        "value": None,
        **changes,
    }


def posting_form(**changes: JsonValue) -> JsonObject:
    """Build the posting's form with one question."""
    defaults: JsonObject = {
        "id": uuid("posting"),
        "text": "Engineer",
        "customQuestions": [question_set(question())],
        "personalInformation": [
            {"name": "fullName", "text": "Full name", "type": "text", "required": True, "value": None}
        ],
        "urls": [{"name": "LinkedIn", "text": "LinkedIn", "type": "text", "required": False, "value": None}],
    }
    return {**defaults, **changes}


def interview(**changes: JsonValue) -> JsonObject:
    """Build an interview of an hour for the posting."""
    defaults: JsonObject = {
        "id": uuid("interview"),
        "panel": uuid("panel"),
        "subject": "Technical interview",
        "note": "",
        "interviewers": [{"id": uuid("interviewer"), "name": "Grace", "email": "grace@example.com"}],
        "timezone": "Europe/London",
        "createdAt": CREATED_AT,
        "date": UPDATED_AT,
        "duration": 60,
        "location": None,
        "stage": uuid("onsite"),
        "canceledAt": None,
        "postings": [uuid("posting")],
        "gcalEventUrl": None,
    }
    return {**defaults, **changes}


def offer(**changes: JsonValue) -> JsonObject:
    """Build an offer that was sent."""
    defaults: JsonObject = {
        "id": uuid("offer"),
        "posting": uuid("posting"),
        "createdAt": CREATED_AT,
        "status": "sent",
        "creator": uuid("creator"),
        "fields": [{"text": "Salary", "identifier": "salary_amount", "value": 50000}],
    }
    return {**defaults, **changes}


def note(**changes: JsonValue) -> JsonObject:
    """Build a note with one comment."""
    comment: JsonObject = {"type": "note", "text": "Comment", "value": "Great call", "user": uuid("owner")}
    defaults: JsonObject = {
        "id": uuid("note"),
        "text": "Note",
        "fields": [comment],
        "user": uuid("owner"),
        "secret": False,
        "completedAt": UPDATED_AT,
        "createdAt": CREATED_AT,
        "deletedAt": None,
    }
    return {**defaults, **changes}


def feedback(*fields: JsonObject, **changes: JsonValue) -> JsonObject:
    """Build a feedback form with these fields, or with a rating."""
    rating = question(
        id=uuid("rating"),
        type="score-system",
        text="Rating",
        required=True,
        options=[{"text": "3 - Hire", "optionId": "hire"}, {"text": "2 - No Hire", "optionId": "no"}],
        value="3 - Hire",
    )
    defaults: JsonObject = {
        "id": uuid("feedback"),
        "type": "interview",
        "text": "Interview feedback",
        "instructions": "",
        "fields": list(fields) or [rating],
        "baseTemplateId": uuid("template"),
        "interview": uuid("interview"),
        "panel": uuid("panel"),
        "user": uuid("interviewer"),
        "createdAt": CREATED_AT,
        "completedAt": UPDATED_AT,
        "deletedAt": None,
    }
    return {**defaults, **changes}


def file(**changes: JsonValue) -> JsonObject:
    """Build a file."""
    defaults: JsonObject = {
        "id": uuid("file"),
        "downloadUrl": "https://hire.lever.co/files/download",
        "ext": ".pdf",
        "name": "Cover letter.pdf",
        "uploadedAt": CREATED_AT,
        "status": "processed",
        "size": 9000,
    }
    return {**defaults, **changes}


def resume(**changes: JsonValue) -> JsonObject:
    """Build a résumé, with its file inside."""
    defaults: JsonObject = {
        "id": uuid("resume"),
        "createdAt": UPDATED_AT,
        "file": file(id=uuid("resume file"), name="Ada Lovelace.pdf"),
        "parsedData": {"positions": [], "schools": []},
    }
    return {**defaults, **changes}


def user(**changes: JsonValue) -> JsonObject:
    """Build an active user."""
    defaults: JsonObject = {
        "id": uuid("owner"),
        "name": "Charles Babbage",
        "username": "charles",
        "email": "charles@example.com",
        "accessRole": "super admin",
        "photo": None,
        "createdAt": CREATED_AT,
        "deactivatedAt": None,
    }
    return {**defaults, **changes}


def stage(**changes: JsonValue) -> JsonObject:
    """Build a stage."""
    return {"id": "applicant-new", "text": "New applicant", **changes}


def archive_reason(**changes: JsonValue) -> JsonObject:
    """Build an active reason that isn't a hire."""
    return {
        "id": uuid("reason"),
        "text": "Underqualified",
        "status": "active",
        "type": "non-hired",
        **changes,
    }


def tag(**changes: JsonValue) -> JsonObject:
    """Build a tag."""
    return {"text": "Engineering", "count": 7, **changes}


def source(**changes: JsonValue) -> JsonObject:
    """Build a source."""
    return {"text": "LinkedIn", "count": 7, **changes}
