"""Applying for a posting online (POST /postings/:id/apply)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.forms import default_form
from lever_assets.sandbox.recruiting.answers import AnsweredSet, answer_form
from lever_assets.sandbox.recruiting.candidacies import (
    Applicant,
    Candidacy,
    Draft,
    LeverBody,
    Phone,
    create,
)
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.events import Origin
from lever_assets.sandbox.recruiting.papers import add_resume, uploaded
from lever_assets.sandbox.schema import Record

# `internal` means unlisted: on no site, but it takes applications (docs/lever-api.md, Postings).
TAKING = frozenset({"published", "internal"})
CONSENT_LASTS = 180 * 86_400_000
EEO = ("gender", "race", "veteran")


class NamedValue(BaseModel):
    """A field of the form's standard part."""

    model_config = ConfigDict(extra="ignore")

    name: str
    value: str | None = None


class ApplicationBody(LeverBody):
    """What an applicant sends."""

    personal_information: tuple[NamedValue, ...]
    custom_questions: tuple[AnsweredSet, ...] = ()
    eeo_responses: dict[str, Any] = Field(default_factory=dict)
    urls: tuple[NamedValue, ...] = ()
    ip_address: str | None = None
    user_agent: str | None = None
    referer: str | None = None
    accept_language: str | None = None
    timezone: str | None = None
    source: str | None = None
    origin: Origin = "applied"
    consent: dict[str, Any] = Field(default_factory=dict)


def form_of(changes: Changes, posting: Record) -> Record:
    """The form that a posting asks applicants to fill in."""
    form = changes.account.record("posting_forms", posting["id"])
    return form or default_form(posting["id"], posting["text"])


def apply(changes: Changes, posting: Record, body: ApplicationBody, user: str | None) -> Candidacy:
    """Take an application; a 400 when the posting takes none or the form isn't filled in as it should be."""
    if posting["state"] not in TAKING:
        raise bad_request(f"This posting is {posting['state']} and does not take applications")
    form = form_of(changes, posting)
    personal = _personal(form, body)
    links = [entry.value for entry in body.urls if entry.value]
    with changes.account.lock:
        answers = answer_form(changes, form["customQuestions"], body.custom_questions)
        eeo = _eeo_answers(form, body)
        resume = uploaded(changes, personal["resume"], field="resume") if personal.get("resume") else None
        phone = personal.get("phone")
        draft = Draft(
            name=personal["fullName"],
            headline=personal.get("currentCompany") or "",
            stage="applicant-new",
            location=personal.get("currentLocation") or "",
            phones=[Phone(value=phone)] if phone else [],
            emails=[personal["email"]],
            links=links,
            sources=[body.source] if body.source else ["Applied"],
            origin=body.origin,
            postings=[posting["id"]],
        )
        applicant = Applicant(
            application={
                "type": "posting",
                "name": personal["fullName"],
                "company": personal.get("currentCompany"),
                "phone": {"type": None, "value": phone} if phone else None,
                "email": personal["email"],
                "links": links,
                "comments": personal.get("additionalInformation"),
                "customQuestions": answers,
                "ipAddress": body.ip_address,
                "referer": body.referer,
                "userAgent": body.user_agent,
                "acceptLanguage": body.accept_language,
                "timezone": body.timezone,
            },
            opportunity={"owner": posting["owner"]} | _data_protection(changes, body.consent),
        )
        candidacy = create(changes, draft, user, applicant)
        if candidacy.made and candidacy.application:
            if resume is not None:
                add_resume(changes, candidacy.opportunity["id"], resume)
            if eeo:
                _keep_eeo(changes, posting, candidacy.opportunity, candidacy.application, eeo)
    return candidacy


def _personal(form: Record, body: ApplicationBody) -> dict[str, str]:
    given = {entry.name: entry.value.strip() for entry in body.personal_information if entry.value}
    required = {field["name"] for field in form["personalInformation"] if field["required"]}
    for name in sorted(required | {"fullName", "email"}):
        if not given.get(name):
            raise bad_request(f"personalInformation: {name} is required")
    missing = {field["name"] for field in form["urls"] if field["required"]} - {
        entry.name for entry in body.urls if entry.value
    }
    if missing:
        raise bad_request(f"urls: {min(missing)} is required")
    return given


def _eeo_answers(form: Record, body: ApplicationBody) -> dict[str, str]:
    """The answers to the questions that this posting asks; a 400 for one that is no option."""
    asked = form.get("eeoQuestions") or {}
    answers: dict[str, str] = {}
    for name in EEO:
        value, question = body.eeo_responses.get(name), asked.get(name)
        if question is None:
            continue
        if not value:
            if question["required"]:
                raise bad_request(f"eeoResponses: {name} is required")
            continue
        if value not in [option["text"] for option in question["options"]]:
            raise bad_request(f"eeoResponses: {name} can't be answered with {value!r}")
        answers[name] = value
    return answers


def _keep_eeo(
    changes: Changes, posting: Record, opportunity: Record, application: Record, answers: dict[str, str]
) -> None:
    response: Record = {
        "applicationArchivedAt": None,
        "applicationArchivedBy": None,
        "applicationArchiveReason": None,
        "applicationTitle": posting["text"],
        "appliedAt": application["createdAt"],
        "currentStage": opportunity["stage"],
        **answers,
    }
    who = {
        "applicationId": application["id"],
        "opportunityId": opportunity["id"],
        "contactId": opportunity["contact"],
    }
    changes.account.put("eeo_responses", [(response, None)])
    changes.account.put("eeo_responses_pii", [(response | who, None)])


def _data_protection(changes: Changes, consent: dict[str, Any]) -> Record:
    """Consent to be kept (`store`) and to hear of other jobs (`marketing`); nothing when none was asked."""
    if not consent:
        return {}
    expires = changes.clock.read() + CONSENT_LASTS
    store, marketing = (_given(consent.get(name)) for name in ("store", "marketing"))
    return {
        "dataProtection": {
            "store": {"allowed": store, "expiresAt": expires if store else None},
            "contact": {"allowed": marketing, "expiresAt": expires if marketing else None},
        }
    }


def _given(consent: Any) -> bool:
    return bool(consent.get("provided", True)) if isinstance(consent, dict) else bool(consent)
