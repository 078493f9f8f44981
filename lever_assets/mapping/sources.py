"""Which of Lever's keys each unified column is mapped from: what may go when a column is left out.

A path is `resource.key`, `resource.key.inner` inside an object or a list of objects; `gcal*` stands for every
key that begins so, `resource.*` for every key that no column of any model names.
"""

from collections.abc import Mapping

Paths = tuple[str, ...]

_REASON = ("archive_reasons.id", "archive_reasons.type", "archive_reasons.text")
"""Of reasons without a type the name tells which mean a hire."""
_ARCHIVED = ("applications.archived", "opportunities.archived", *_REASON)
_APPLICATION = ("applications.id", "applications.posting", "applications.archived", "applications.createdAt")
"""What finds the application that an interview or an offer is about."""
_REQUISITION = (
    "postings.requisitionCodes",
    "requisitions.id",
    "requisitions.postings",
    "requisitions.requisitionCode",
    "requisitions.status",
    "requisitions.createdAt",
)
"""What finds the requisition of a posting."""
_POSTED = ("postings.salaryRange.min", "postings.salaryRange.max", *_REQUISITION)
"""What tells the posting's salary from the requisition's."""
_SALARY = ("requisitions.compensationBand.min", "requisitions.compensationBand.max", *_POSTED)
_TEAM = (
    "postings.hiringManager",
    "postings.owner",
    "postings.followers",
    "requisitions.hiringManager",
    *_REQUISITION,
)
_FORM = ("posting_forms.id", "posting_forms.customQuestions", "posting_forms.eeoQuestions")
_QUESTION = (*_FORM, "postings.createdAt")
"""Where forms differ about a question, the newest posting's counts."""
_JOB_FIELDS = (
    "postings.categories.team",
    "postings.categories.allLocations",
    "postings.country",
    "postings.tags",
    "requisitions.headcountTotal",
    "requisitions.headcountHired",
    "requisitions.customFields",
    "requisition_fields.id",
    "requisition_fields.type",
    *_REQUISITION,
)
_CANDIDATE_FIELDS = (
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

SOURCES: Mapping[str, Mapping[str, Paths]] = {
    "users": {
        "remote_id": ("users.id",),
        "first_name": ("users.name",),
        "last_name": ("users.name",),
        "email": ("users.email",),
        "status": ("users.deactivatedAt",),
        "remote_data": ("users.*",),
    },
    "roles": {
        "remote_id": ("users.accessRole",),
        "remote_label": ("users.accessRole",),
        "scope": ("users.accessRole",),
        "unified_type": ("users.accessRole",),
    },
    "user_roles": {
        "remote_id": (),
        "user_id": ("users.id",),
        "role_id": ("users.accessRole",),
    },
    "application_stages": {
        "remote_id": ("stages.id",),
        "name": ("stages.text",),
        "global_index": ("stages.id",),  # the place in the list
        "remote_data": ("stages.*",),
    },
    "rejection_reasons": {
        "remote_id": _REASON,
        "name": ("archive_reasons.text",),
        "remote_data": ("archive_reasons.*",),
    },
    "jobs": {
        "remote_id": ("postings.id",),
        "name": ("postings.text",),
        "description": ("postings.content",),
        "confidential": ("postings.confidentiality",),
        "employment_type": ("postings.categories.commitment", "requisitions.employmentStatus", *_REQUISITION),
        "status": ("postings.state",),
        "visibility": ("postings.state", "postings.confidentiality", "postings.distributionChannels"),
        "department": ("postings.categories.department", "postings.categories.team"),
        "post_url": ("postings.state", "postings.urls"),
        "experience_level": ("postings.categories.level",),
        "remote_work_status": ("postings.workplaceType",),
        "salary_amount_from": ("requisitions.compensationBand.min", *_POSTED),
        "salary_amount_to": ("requisitions.compensationBand.max", *_POSTED),
        "salary_currency": (
            "postings.salaryRange.currency",
            "requisitions.compensationBand.currency",
            *_SALARY,
        ),
        "salary_period": (
            "postings.salaryRange.interval",
            "requisitions.compensationBand.interval",
            *_SALARY,
        ),
        "location": ("postings.categories.location",),
        "custom_fields": _JOB_FIELDS,
        "integration_fields": ("requisition_fields.text", *_JOB_FIELDS),
        "remote_url": ("postings.urls",),
        "opened_at": (
            "postings.createdAt",
            "postings.state",
            "requisitions.timeToFillStartAt",
            *_REQUISITION,
        ),
        "closed_at": (
            "postings.state",
            "postings.updatedAt",
            "requisitions.closedAt",
            "requisitions.timeToFillEndAt",
            *_REQUISITION,
        ),
        "remote_created_at": ("postings.createdAt",),
        "remote_updated_at": ("postings.updatedAt",),
        "contact_id": ("postings.owner", "postings.hiringManager", "postings.user"),
        "job_code": ("postings.reqCode", *_REQUISITION),
        "remote_data": ("postings.*", "requisitions.*", *_REQUISITION),
    },
    "job_postings": {
        "remote_id": ("postings.id",),
        "title": ("postings.text",),
        "description_html": ("postings.content",),
        "status": ("postings.state",),
        "visibility": ("postings.state", "postings.confidentiality", "postings.distributionChannels"),
        "job_id": ("postings.id",),
        "url": ("postings.state", "postings.urls"),
    },
    "job_application_stages": {
        "remote_id": (),
        "index": ("stages.id",),
        "job_id": ("postings.id",),
        "stage_id": ("stages.id",),
    },
    "job_hiring_team_members": {
        "remote_id": (),
        "roles": _TEAM,
        "job_id": ("postings.id",),
        "user_id": _TEAM,
    },
    "job_user_role_assignments": {
        "remote_id": (),
        "job_user_id": ("postings.id", *_TEAM),
        "role_id": _TEAM,
    },
    "screening_questions": {
        "remote_id": _FORM,
        "title": _QUESTION,
        "description": _QUESTION,
        "format": _QUESTION,
        "category": _FORM,
    },
    "job_screening_questions": {
        "remote_id": (),
        "index": _FORM,
        "required": _FORM,
        "precondition_question_id": (),  # Lever has no conditional questions
        "precondition_options": (),
        "job_id": ("posting_forms.id",),
        "question_id": _FORM,
    },
    "candidates": {
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
        "custom_fields": _CANDIDATE_FIELDS,
        "integration_fields": _CANDIDATE_FIELDS,
        "remote_url": ("opportunities.urls",),
        "remote_created_at": ("opportunities.createdAt",),
        "remote_updated_at": ("opportunities.updatedAt",),
        "remote_data": ("opportunities.*",),
    },
    "tags": {
        "remote_id": ("tags.text", "opportunities.tags"),
        "name": ("tags.text", "opportunities.tags"),
        "remote_data": ("tags.*",),
    },
    "candidate_tags": {
        "remote_id": (),
        "candidate_id": ("opportunities.id",),
        "tag_id": ("opportunities.tags",),
    },
    "applications": {
        "remote_id": ("applications.id", "opportunities.applications"),
        "outcome": _ARCHIVED,
        "rejection_reason_name": _ARCHIVED,
        "rejected_at": _ARCHIVED,
        "current_stage_id": ("opportunities.stage",),
        "job_id": ("applications.posting",),
        "candidate_id": ("opportunities.id",),
        "screening_question_answers": ("applications.customQuestions",),
        "remote_url": ("opportunities.urls",),
        "remote_created_at": ("applications.createdAt",),
        "remote_updated_at": ("opportunities.updatedAt",),
        "remote_data": ("applications.*",),
    },
    "interviews": {
        "remote_id": ("interviews.id",),
        "title": ("interviews.subject",),
        "starting_at": ("interviews.date",),
        "ending_at": ("interviews.date", "interviews.duration"),
        "location": ("interviews.location",),
        "video_conferencing_url": ("interviews.location", "interviews.note", "interviews.gcal*"),
        "application_id": ("interviews.postings", *_APPLICATION),
        "stage_id": ("interviews.stage",),
        "canceled": ("interviews.canceledAt",),
        "remote_data": ("interviews.*",),
    },
    "interviewing_team_members": {
        "remote_id": (),
        "interview_id": ("interviews.id",),
        "user_id": ("interviews.interviewers.id",),
    },
    "offers": {
        "remote_id": ("offers.id",),
        "status": ("offers.status",),
        "application_id": ("offers.posting", *_APPLICATION),
        "employment_start_date": ("offers.fields",),
        "custom_fields": ("offers.fields",),
        "integration_fields": ("offers.fields",),
        "remote_created_at": ("offers.createdAt",),
    },
}
"""By model and column; the columns that every row has (`id`, `connection`) need no more than `remote_id`."""

_APPROVER = "requisitions.approval.steps.approvers.user"

COPIES: Mapping[str, Paths] = {
    "users.first_name": ("interviews.interviewers.name", f"{_APPROVER}.name"),
    "users.last_name": ("interviews.interviewers.name", f"{_APPROVER}.name"),
    "users.email": ("users.username", "interviews.interviewers.email", f"{_APPROVER}.email"),
    "jobs.salary_amount_from": ("postings.salaryDescription*",),
    "jobs.salary_amount_to": ("postings.salaryDescription*",),
    "candidates.first_name": ("applications.name", "offers.signatures.name"),
    "candidates.last_name": ("applications.name", "offers.signatures.name"),
    "candidates.phone_numbers": ("applications.phone",),
    "candidates.email_addresses": ("applications.email", "offers.signatures.email"),
    "candidates.social_media": ("applications.links",),
    "interviewing_team_members.user_id": ("interviews.interviewers",),
}
"""Where Lever says the same once more, in keys that no column is mapped from: they go with the columns."""

STRUCTURE: Mapping[str, Paths] = {
    "users": ("id",),
    "stages": ("id",),
    "archive_reasons": ("id", "text", "type"),
    "tags": ("text",),
    "sources": ("text",),
    "requisition_fields": ("id",),
    "postings": ("id", "state", "requisitionCodes", "createdAt", "updatedAt"),
    "posting_forms": ("id",),
    "requisitions": ("id", "status", "postings", "requisitionCode", "createdAt", "updatedAt"),
    "opportunities": (
        "id",
        "contact",
        "stage",
        "archived",
        "applications",
        "isAnonymized",
        "createdAt",
        "updatedAt",
    ),
    "applications": ("id", "opportunityId", "candidateId", "posting", "archived", "createdAt"),
    "interviews": ("id", "postings", "stage", "createdAt"),
    "offers": ("id", "posting", "createdAt"),
}
"""The keys of each resource that stay whatever is left out: ids, instants, what links and orders records."""

LISTS: Mapping[str, str] = {"sources": "opportunities.sources"}
"""Resources that no model is mapped from: lists of all values of a key, of use as long as the key is kept."""
