"""What a notice says, and how it is signed: as the unified API's webhooks do."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable

import orjson

from lever_assets.unified.ids import integration_id

SIGNATURE_HEADER = "X-Kombo-Signature"
"""The name that clients of the unified API look for."""

_NAMES = {
    "candidate_tags": "ats_join_candidates_tags",
    "job_application_stages": "ats_join_jobs_application_stages",
    "job_screening_questions": "ats_join_jobs_screening_questions",
    "job_user_role_assignments": "ats_join_user_job_role_assignments",
    "job_hiring_team_members": "ats_join_jobs_users",
    "user_roles": "ats_join_users_roles",
    "interviewing_team_members": "ats_join_interviews_users",
}
"""The joins; any other model is `ats_` and its own name."""


def model_name(model: str) -> str:
    """Return the name that a model has in notices."""
    return _NAMES.get(model, f"ats_{model}")


def data_changed(notice_id: str, account: str, models: Iterable[str]) -> str:
    """Return the body of a notice: which models of a connection have changed.

    `account` is the name that its ids are made of: whoever is told knows it by that after it was renamed.
    """
    data = {
        "integration_id": integration_id(account),
        "integration_tool": "lever",
        "integration_category": "ATS",
        "changed_models": [{"name": model_name(model)} for model in models],
    }
    return orjson.dumps({"id": notice_id, "type": "data-changed", "data": data}).decode()


def signature(secret: str, body: bytes) -> str:
    """Return HMAC-SHA256 of the raw body in base64url without padding."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).rstrip(b"=").decode()
