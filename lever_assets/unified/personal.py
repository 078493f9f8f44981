"""Which columns tell of a person: what is erased when the record is gone and the time for it has come.

Ids, references, states and instants stay, so that counts and statistics remain true.
"""

from collections.abc import Mapping

from lever_assets.unified.catalogue import BY_NAME, MODELS

_FREE = "the account's own fields: anything may stand in them"
_PAGE = "leads to the person in Lever"

PERSONAL: Mapping[str, Mapping[str, str]] = {
    "users": {
        "first_name": "name",
        "last_name": "name",
        "email": "address",
    },
    "candidates": {
        "first_name": "name",
        "last_name": "name",
        "company": "where the person works",
        "title": "what the person does there",
        "phone_numbers": "address",
        "email_addresses": "address",
        "social_media": "profiles of the person",
        "location": "where the person lives",
        "custom_fields": _FREE,
        "integration_fields": "the headline, and what Lever adds one day",
        "remote_url": _PAGE,
    },
    "applications": {
        "screening_question_answers": "what the person answered, EEO questions included",
        "remote_url": _PAGE,
    },
    "interviews": {
        "title": "Lever's default subject names the candidate",
        "location": "written by hand, may be an address or a telephone number",
        "video_conferencing_url": "lets into the meeting",
    },
    "offers": {
        "employment_start_date": "a term of the person's contract",
        "custom_fields": _FREE,
        "integration_fields": "the terms of the person's contract, with name and salary",
    },
}
"""By model the columns that tell of a person, and why."""

_REMOTE_DATA = "remote_data"


def erased_columns(model: str) -> tuple[str, ...]:
    """Return the columns that are erased: what is personal and, of any model, Lever's own record."""
    own = tuple(PERSONAL.get(model, ()))
    return (*own, _REMOTE_DATA) if _REMOTE_DATA in BY_NAME[model].row.model_fields else own


ERASABLE: tuple[str, ...] = tuple(model.name for model in MODELS if erased_columns(model.name))
"""The models of which anything is erased, in the catalogue's order."""
