"""What a notice says, and how it is signed: as the unified API's webhooks do."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import orjson
from pydantic import JsonValue

from lever_assets.connect.states import Issue, IssueKind, State
from lever_assets.settings import NoticeType
from lever_assets.unified.ids import integration_id, unified_id

SIGNATURE_HEADER = "X-Kombo-Signature"
"""The name that clients of the unified API look for."""
PREVIOUS_SIGNATURE_HEADER = "X-Kombo-Signature-Previous"
"""Ours: the signature by the secret before the last rotation, while that is not long ago."""

Fields = dict[str, JsonValue]
_TITLES = {
    IssueKind.AUTHENTICATION_FAILED: "Lever refuses the key or token",
    IssueKind.AUTHENTICATION_ENDING: "The connection ends soon",
    IssueKind.PERMISSION_MISSING: "A permission is missing in Lever",
    IssueKind.WEBHOOKS_SILENT: "Lever sends no events",
    IssueKind.NOTICES_GIVEN_UP: "Notices do not arrive",
}
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


class Ending(StrEnum):
    """How a sync ended, as the unified API has it."""

    SUCCEEDED = "SUCCEEDED"
    PARTIALLY_FAILED = "PARTIALLY_FAILED"
    FAILED = "FAILED"
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    CANCELLED = "CANCELLED"


def model_name(model: str) -> str:
    """Return the name that a model has in notices."""
    return _NAMES.get(model, f"ats_{model}")


@dataclass(frozen=True)
class Integration:
    """A connection as notices tell of it.

    Its id is made of `named_at_first`, so that a new name changes nothing; the others are its end user's.
    """

    named_at_first: str
    organization_name: str
    email: str | None = field(default=None, repr=False)
    origin_id: str | None = None

    @property
    def id(self) -> str:
        """What the unified API calls it."""
        return integration_id(self.named_at_first)

    @property
    def _named(self) -> Fields:
        return {"id": self.id, "tool": "lever", "category": "ATS"}

    @property
    def _prefixed(self) -> Fields:
        return {f"integration_{name}": value for name, value in self._named.items()}

    @property
    def _end_user(self) -> Fields:
        return {
            "organization_name": self.organization_name,
            "creator_email": self.email,
            "origin_id": self.origin_id,
        }

    def data_changed(self, models: Iterable[str]) -> Fields:
        """Return what is told when tables have changed."""
        return {**self._prefixed, "changed_models": [{"name": model_name(model)} for model in models]}

    def created(self) -> Fields:
        """Return what is told when it was made."""
        return {**self._named, "end_user": self._end_user}

    def flow_failed(self, log_url: str) -> Fields:
        """Return what is told when somebody could not connect it."""
        named = {name: value for name, value in self._prefixed.items() if name != "integration_id"}
        return {**named, "end_user": self._end_user, "log_url": log_url}

    def deleted(self, at: datetime) -> Fields:
        """Return what is told when it was removed."""
        return {**self.created(), "deleted_at": instant(at)}

    def state_changed(self, api_state: str, setup_status: str, at: datetime) -> Fields:
        """Return what is told when it is in another state."""
        return {
            **self._prefixed,
            "end_user": self._end_user,
            "qa_status": "PASSED",
            "setup_status": setup_status,
            "state": api_state,
            "updated_at": instant(at),
        }

    def sync_finished(
        self, sync_id: str, ending: Ending, began: datetime, ended: datetime, log_url: str
    ) -> Fields:
        """Return what is told when a sync is over."""
        return {
            "sync_id": sync_id,
            "sync_state": ending.value,
            "sync_started_at": instant(began),
            "sync_ended_at": instant(ended),
            "sync_duration_seconds": max(0, int((ended - began).total_seconds())),
            **self._prefixed,
            "end_user": self._end_user,
            "log_url": log_url,
        }

    def issue_changed(self, issue: Issue, resolved_at: datetime | None) -> Fields:
        """Return what is told when there is something to see to, or it was seen to (`resolved_at`)."""
        named = issue.permission or issue.about
        name = f": {named}" if named else ""
        return {
            "change": "raised" if resolved_at is None else "resolved",
            "issue": {
                "id": unified_id(self.named_at_first, "issues", f"{issue.key} {issue.since}"),
                "type": f"integration.{issue.kind}",
                "title": f"{_TITLES[issue.kind]}{name}",
                "status": "OPEN" if resolved_at is None else "RESOLVED",
                "markdown_message": issue.told,
                "first_observed_at": instant(issue.since),
                "resolved_at": None if resolved_at is None else instant(resolved_at),
            },
            "integration": self.created(),
        }


def api_state(state: State) -> str:
    """Return a state as the unified API has it: it tells those apart in which no sync is to be expected."""
    return {State.INACTIVE: "INACTIVE", State.INVALID: "INVALID"}.get(state, "ACTIVE")


def setup_status(state: State, *, was_read: bool) -> str:
    """Return how far a connection is set up, as the unified API has it."""
    if state is State.SET_UP_INCOMPLETE:
        return "INCOMPLETE"
    return "COMPLETED" if was_read else "FINAL_SYNC_PENDING"


def instant(at: datetime) -> str:
    """Return an instant as the unified API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(notice_id: str, of: NoticeType, data: Fields) -> str:
    """Return the body of a notice."""
    return orjson.dumps({"id": notice_id, "type": of.value, "data": data}).decode()


def signature(secret: str, body: bytes) -> str:
    """Return HMAC-SHA256 of the raw body in base64url without padding."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).rstrip(b"=").decode()
