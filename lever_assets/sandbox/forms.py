"""The standard part of an application form, recorded from a real account (docs/lever-api.md, Postings)."""

from __future__ import annotations

from lever_assets.sandbox.schema import Record

PERSONAL_INFORMATION: tuple[tuple[str, str, str, bool], ...] = (
    ("fullName", "Full name", "text", True),
    ("email", "Email", "text", True),
    ("currentCompany", "Current company", "text", False),
    ("currentLocation", "Current location", "text", False),
    ("phone", "Phone", "text", False),
    ("resume", "Resume", "file-upload", False),
    ("additionalInformation", "Additional information", "textarea", False),
)


def default_form(ident: str, text: str) -> Record:
    """The form of a posting that asks nothing of its own: no custom questions, no EEO."""
    return {
        "id": ident,
        "text": text,
        "customQuestions": [],
        "personalInformation": [
            {"text": label, "name": name, "type": kind, "required": required, "value": None}
            for name, label, kind, required in PERSONAL_INFORMATION
        ],
        "urls": [
            {"text": name, "name": name, "type": "text", "required": False, "value": None}
            for name in ("LinkedIn", "Other")
        ],
        "consentDisclosures": None,
    }
