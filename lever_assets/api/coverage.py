"""What of the unified API Lever has: models, actions and features, from tables that all else is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.notices.wording import model_name
from lever_assets.policy.exclusion import Exclusion
from lever_assets.unified.catalogue import EXTRA_MODELS, MODELS, Model

SUPPORTED, UNSUPPORTED = "SUPPORTED", "UNSUPPORTED"

_LABELS = {
    "users": "Users",
    "roles": "Roles",
    "user_roles": "User roles",
    "application_stages": "Application stages",
    "rejection_reasons": "Rejection reasons",
    "jobs": "Jobs",
    "job_postings": "Job postings",
    "job_application_stages": "Job-specific application stages",
    "job_hiring_team_members": "Job hiring team members",
    "job_user_role_assignments": "Job user role assignments",
    "screening_questions": "Screening questions",
    "job_screening_questions": "Job-specific screening questions",
    "candidates": "Candidates",
    "tags": "Tags",
    "candidate_tags": "Candidate tags",
    "applications": "Applications",
    "interviews": "Interviews",
    "interviewing_team_members": "Interviewing team members",
    "offers": "Offers",
    "notes": "Notes",
    "scorecards": "Scorecards",
    "attachments": "Attachments",
}
_OURS = frozenset({"connection"})
_ADDED = ("changed_at", "remote_deleted_at")
"""What the store adds to each row."""
_NOT_IN_LEVER: dict[str, tuple[str, ...]] = {
    "jobs": ("weekly_hours", "category", "salary_amount"),
    "application_stages": ("status", "custom_fields"),
    "applications": ("custom_fields", "integration_fields"),
    "interviews": ("remote_created_at", "remote_updated_at"),
    "offers": ("remote_updated_at", "remote_data"),
}
"""Fields of the unified models that are null for Lever."""
_NOT_WRITTEN = frozenset(
    {
        "candidate.additional_email_addresses.type",
        "candidate.additional_phone_numbers.type",
        "candidate.availability_date",
        "candidate.gender",
        "candidate.location.state",
        "candidate.location.street_1",
        "candidate.location.zip_code",
        "candidate.salary_expectations.amount",
        "candidate.salary_expectations.period",
        "gdpr_consent.expires_at",
        "gdpr_consent.given",
    }
)
"""What of a new candidate Lever has no place for, or the unified API does not name for Lever."""
_NOT_COUNTED = frozenset({"remote_fields"})
_CALLED = {
    ("create_application", "job_id"): "application.job_id",
    ("create_application", "stage_id"): "application.stage_id",
}
"""Fields that the unified API calls otherwise here than in the request."""
FEATURES: tuple[tuple[str, str], ...] = (
    ("automatic_source_writing", "Source Writing"),
    ("sync_only_created_applications", "Sync Only Created Applications"),
    ("connection_guide", "Connection Guide"),
    ("prerequisites", "Prerequisites"),
    ("create_candidate_full_attachment_retry", "Create Candidate Full Attachment Retry"),
    ("candidate_cutoff_filtering", "Candidate Cutoff Filtering"),
    ("roles", "Roles"),
    ("system_roles", "System roles (e.g. Admin)"),
    ("job_roles", "Job roles (e.g. Hiring Manager)"),
    ("oauth", "OAuth"),
    ("api_passthrough", "API Passthrough"),
    ("webhook_subscriptions", "Webhook Subscriptions"),
    ("webhook_automatic_setup", "Automatic Setup"),
    ("delta_syncs", "Delta Syncs"),
    ("custom_field_explorer", "Custom Field Explorer"),
    ("eeo_questions", "EEO Questions"),
)
"""Each with its id and name."""


@dataclass(frozen=True)
class Field:
    """A field of a model or an action; `column`: the one that it is read from."""

    id: str
    is_there: bool
    column: str | None = None


@dataclass(frozen=True)
class Part:
    """A model or an action of the unified API, with its fields; `model`: the table of ours that it is."""

    id: str
    label: str
    is_there: bool
    fields: tuple[Field, ...]
    model: str | None = None

    def is_kept(self, exclusion: Exclusion, field: Field | None = None) -> bool:
        """Tell whether the settings of a connection keep it, or a field of it."""
        if self.model is None:
            return True
        if not exclusion.keeps(self.model):
            return False
        return field is None or field.column not in exclusion.fields(self.model)


@cache
def read_models() -> tuple[Part, ...]:
    """Return the models, those included that are read only where the settings ask for them."""
    return tuple(map(_of_model, (*MODELS, *EXTRA_MODELS)))


@cache
def write_actions() -> tuple[Part, ...]:
    """Return the actions, each with what it takes."""
    return tuple(
        Part(
            f"ats_{each.name}",
            each.title,
            is_there=True,
            fields=tuple(
                Field(_CALLED.get((each.name, name), name), name not in _NOT_WRITTEN)
                for name in _taken(each.input)
            ),
        )
        for each in ACTIONS
    )


def _of_model(model: Model) -> Part:
    own = [name for name in model.row.model_fields if name not in {*_OURS, *model.ours}]
    fields = [Field(name, is_there=True, column=name) for name in (*own, *_ADDED)]
    fields += [Field(name, is_there=False) for name in _NOT_IN_LEVER.get(model.name, ())]
    label = _LABELS[model.name]
    return Part(model_name(model.name), label, is_there=True, fields=tuple(fields), model=model.name)


def _taken(given: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the fields of an input, those of objects in it with a dot."""
    for name, each in given.model_fields.items():
        if name in _NOT_COUNTED:
            continue
        inner = None if name == "answer" else _object_in(each.annotation)  # a file is one kind of answer
        if inner is None:
            yield f"{before}{name}"
        else:
            yield from _taken(inner, f"{before}{name}.")


def _object_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_object_in, get_args(annotation))), None)
