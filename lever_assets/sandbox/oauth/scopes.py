"""Every scope that can be asked for, with what it opens in words (docs/lever-api.md, Access)."""

from __future__ import annotations

from collections.abc import Iterable

OFFLINE = "offline_access"
CONFIDENTIAL = "confidential:access:admin"

RESOURCES: dict[str, str] = {
    "applications": "applications",
    "archive_reasons": "archive reasons",
    "audit_events": "audit events",
    "contact": "contacts: names, e-mail addresses, telephone numbers",
    "diversity_surveys": "diversity surveys",
    "eeo_responses": "EEO answers without names",
    "eeo_responses_pii": "EEO answers with names",
    "feedback": "feedback on candidates",
    "feedback_templates": "templates of feedback",
    "files": "files of candidates",
    "form_templates": "templates of forms",
    "forms": "forms of candidates",
    "groups": "groups",
    "interviews": "interviews",
    "notes": "notes on candidates",
    "offers": "offers",
    "opportunities": "opportunities: candidates and where they stand",
    "panels": "panels of interviews",
    "permissions": "permissions of users",
    "postings": "postings and their application forms",
    "referrals": "referrals",
    "requisition_fields": "fields of requisitions",
    "requisitions": "requisitions",
    "resumes": "résumés",
    "roles": "roles of users",
    "sources": "sources of candidates",
    "stages": "stages of the pipeline",
    "tags": "tags",
    "uploads": "uploads",
    "users": "users",
    "webhooks": "webhooks",
}

READING = {f"{name}:read:admin": words for name, words in RESOURCES.items()}
WRITING = {f"{name}:write:admin": words for name, words in RESOURCES.items()}
OTHERS = {
    CONFIDENTIAL: "confidential postings, opportunities and requisitions are among all this",
    OFFLINE: "it stays connected while nobody is signed in, until you take this back",
}
SCOPES: dict[str, str] = {**READING, **WRITING, **OTHERS}


def parse_scopes(text: str) -> tuple[str, ...]:
    """The scopes of a parameter, each once and in their order."""
    return tuple(dict.fromkeys(text.split()))


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that there are not."""
    return [scope for scope in scopes if scope not in SCOPES]
