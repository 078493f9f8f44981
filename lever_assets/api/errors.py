"""What goes wrong, in the one shape of the unified API, on every answer that is no success.

Official clients take an error for what it is only if all four keys are there and the code is one that its
family of endpoints knows; whatever else comes as JSON is to them a broken answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson
from fastapi import Response
from pydantic import JsonValue

from lever_assets.actions.engine.errors import Code as ActionCode


class Code(StrEnum):
    """Every code of the unified API."""

    RATE_LIMITED = "PLATFORM.RATE_LIMIT_EXCEEDED"
    CONCURRENCY = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"
    INTEGRATION_NOT_FOUND = "PLATFORM.INTEGRATION_NOT_FOUND"
    INPUT_INVALID = "PLATFORM.INPUT_INVALID"
    UNKNOWN_ERROR = "PLATFORM.UNKNOWN_ERROR"
    IP_NOT_ALLOWED = "PLATFORM.IP_NOT_WHITELISTED"
    KEY_INVALID = "PLATFORM.AUTHENTICATION_INVALID"
    TIMED_OUT = "PLATFORM.TASK_TIMED_OUT"
    PERMISSION_MISSING = "INTEGRATION.PERMISSION_MISSING"
    CREDENTIALS_REFUSED = "INTEGRATION.AUTHENTICATION_INVALID"
    QA_FAILED = "INTEGRATION.QA_FAILED"
    SYNC_PENDING = "INTEGRATION.SETUP_SYNC_PENDING"
    SETUP_INCOMPLETE = "INTEGRATION.SETUP_INCOMPLETE"
    INACTIVE = "INTEGRATION.INACTIVE"
    MODEL_NOT_AVAILABLE = "INTEGRATION.MODEL_NOT_AVAILABLE"
    MODEL_DISABLED = "INTEGRATION.MODEL_DISABLED"
    ACTION_NOT_AVAILABLE = "INTEGRATION.ACTION_NOT_AVAILABLE"
    ACTION_DISABLED = "INTEGRATION.ACTION_DISABLED"
    REMOTE_UNAVAILABLE = "REMOTE.SERVICE_UNAVAILABLE"
    REMOTE_RATE_LIMITED = "REMOTE.RATE_LIMIT_EXCEEDED"
    REMOTE_INPUT_INVALID = "REMOTE.INPUT_INVALID"
    REMOTE_UNKNOWN = "REMOTE.UNKNOWN_HTTP_ERROR"
    JOB_CLOSED = "ATS.JOB_CLOSED"
    ALREADY_APPLIED = "ATS.APPLICATION_ALREADY_EXISTS"


_STATUS: Mapping[Code, int] = {
    Code.RATE_LIMITED: 429,
    Code.CONCURRENCY: 429,
    Code.INTEGRATION_NOT_FOUND: 404,
    Code.INPUT_INVALID: 400,
    Code.UNKNOWN_ERROR: 500,
    Code.IP_NOT_ALLOWED: 403,
    Code.KEY_INVALID: 401,
    Code.TIMED_OUT: 504,
    Code.PERMISSION_MISSING: 403,
    Code.CREDENTIALS_REFUSED: 400,
    Code.QA_FAILED: 409,
    Code.SYNC_PENDING: 409,
    Code.SETUP_INCOMPLETE: 409,
    Code.INACTIVE: 400,
    Code.MODEL_NOT_AVAILABLE: 400,
    Code.MODEL_DISABLED: 400,
    Code.ACTION_NOT_AVAILABLE: 400,
    Code.ACTION_DISABLED: 400,
    Code.REMOTE_UNAVAILABLE: 503,
    Code.REMOTE_RATE_LIMITED: 503,
    Code.REMOTE_INPUT_INVALID: 400,
    Code.REMOTE_UNKNOWN: 502,
    Code.JOB_CLOSED: 400,
    Code.ALREADY_APPLIED: 400,
}

_TITLES: Mapping[Code, str] = {
    Code.RATE_LIMITED: "Too many requests",
    Code.CONCURRENCY: "Too many actions at once",
    Code.INTEGRATION_NOT_FOUND: "No such integration",
    Code.INPUT_INVALID: "Invalid input",
    Code.UNKNOWN_ERROR: "Something went wrong here",
    Code.IP_NOT_ALLOWED: "Address not allowed",
    Code.KEY_INVALID: "Invalid API key",
    Code.TIMED_OUT: "Outcome unknown",
    Code.SYNC_PENDING: "The first sync is not finished",
    Code.SETUP_INCOMPLETE: "Not set up",
    Code.INACTIVE: "Switched off",
    Code.MODEL_NOT_AVAILABLE: "Not available for Lever",
    Code.MODEL_DISABLED: "Left out",
    Code.ACTION_NOT_AVAILABLE: "Not available for Lever",
    Code.ACTION_DISABLED: "Left out",
}


class Family(StrEnum):
    """Which codes an endpoint may answer with; each client has an error class for each."""

    ATS = "ats"
    HRIS = "hris"
    GENERAL = "general"

    @classmethod
    def of(cls, path: str) -> "Family":
        """Return the family of a path, which begins with /v1."""
        place = path.removeprefix("/v1/").partition("/")[0]
        return {"ats": cls.ATS, "assessment": cls.ATS, "hris": cls.HRIS, "lms": cls.HRIS}.get(
            place, cls.GENERAL
        )

    def has(self, code: Code | None) -> bool:
        """Tell whether clients take an error with a code from it."""
        match self:
            case Family.ATS:
                return True
            case Family.HRIS:
                return code is None or not code.startswith("ATS.")
            case Family.GENERAL:
                return code is None or code.startswith("PLATFORM.")


@dataclass(eq=False)  # not frozen: a `with` that it passes through writes its traceback into it
class ApiError(Exception):
    """An answer that is no success; `code` None where the unified API has none for it.

    `status` None is the code's own. `message` is for people and says what to do; nothing of the inside.
    `action` is the row in the ledger of the action that it is about; None: it has none.
    """

    code: Code | None
    message: str
    title: str | None = None
    status: int | None = None
    log_url: str | None = None
    action: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def response(self, family: Family) -> Response:
        """Return the answer, with the code if the family of endpoints has it."""
        status = self.status or (400 if self.code is None else _STATUS[self.code])
        title = self.title or (None if self.code is None else _TITLES.get(self.code))
        told: dict[str, JsonValue] = {
            "code": self.code.value if self.code is not None and family.has(self.code) else None,
            "title": title,
            "message": self.message,
            "log_url": self.log_url,
        }
        body = orjson.dumps({"status": "error", "error": told})
        return Response(body, status, dict(self.headers), "application/json")


def invalid(message: str, status: int = 400, *, headers: Mapping[str, str] | None = None) -> ApiError:
    """Return the error for what a caller has to put right."""
    return ApiError(Code.INPUT_INVALID, message, status=status, headers=headers or {})


def of_action(error: Mapping[str, JsonValue]) -> ApiError:
    """Return the error that an action ended with (`ActionAnswer.error`)."""
    code = Code(ActionCode(str(error["code"])).value)
    log_url = error["log_url"]
    return ApiError(
        code,
        str(error["message"]),
        title=str(error["title"]),
        log_url=None if log_url is None else str(log_url),
    )
