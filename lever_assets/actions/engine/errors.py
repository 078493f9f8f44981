"""How an action fails: a code to branch on, a title for its kind, and a sentence with the remedy."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import (
    AuthenticationError,
    LeverError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionMissingError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from lever_assets.store import StoreError
from lever_assets.sync.failing import sentence


class Code(StrEnum):
    """The codes of the unified API that an action may end with."""

    INPUT_INVALID = "PLATFORM.INPUT_INVALID"
    UNKNOWN_ERROR = "PLATFORM.UNKNOWN_ERROR"
    TIMED_OUT = "PLATFORM.TASK_TIMED_OUT"
    PERMISSION_MISSING = "INTEGRATION.PERMISSION_MISSING"
    AUTHENTICATION_INVALID = "INTEGRATION.AUTHENTICATION_INVALID"
    SETUP_INCOMPLETE = "INTEGRATION.SETUP_INCOMPLETE"
    SERVICE_UNAVAILABLE = "REMOTE.SERVICE_UNAVAILABLE"
    RATE_LIMITED = "REMOTE.RATE_LIMIT_EXCEEDED"
    REMOTE_INPUT_INVALID = "REMOTE.INPUT_INVALID"
    REMOTE_UNKNOWN = "REMOTE.UNKNOWN_HTTP_ERROR"
    JOB_CLOSED = "ATS.JOB_CLOSED"
    ALREADY_APPLIED = "ATS.APPLICATION_ALREADY_EXISTS"


class ActionError(Exception):
    """An action can't be done. `unknown`: it may have been done all the same."""

    def __init__(self, code: Code, title: str, message: str, *, unknown: bool = False) -> None:
        super().__init__(code, title, message)
        self.code = code
        self.title = title
        self.message = message
        self.unknown = unknown

    def __str__(self) -> str:
        return self.message


_KINDS: tuple[tuple[type[LeverError], Code, str], ...] = (
    (AuthenticationError, Code.AUTHENTICATION_INVALID, "Lever does not accept the API key"),
    (PermissionMissingError, Code.PERMISSION_MISSING, "The API key lacks a permission"),
    (NotFoundError, Code.REMOTE_INPUT_INVALID, "Not found in Lever"),
    (RequestRejectedError, Code.REMOTE_INPUT_INVALID, "Lever refuses the data"),
    (RateLimitedError, Code.RATE_LIMITED, "Too many requests to Lever"),
    (OutcomeUnknownError, Code.TIMED_OUT, "Outcome unknown"),
    (UnavailableError, Code.SERVICE_UNAVAILABLE, "Lever can't be reached"),
    (MalformedError, Code.REMOTE_UNKNOWN, "Lever's answer can't be read"),
)


KNOWN = (ActionError, LeverError, ConnectionTroubleError, StoreError)
"""The exceptions of the layers below that `of_failure` has an error for; any other is a bug of ours."""


def invalid(title: str, message: str) -> ActionError:
    """Return the error for an input that can't be used, found before anything was sent."""
    return ActionError(Code.INPUT_INVALID, title, message)


def of_input(error: ValidationError) -> ActionError:
    """Return the error for an input that does not have its form; names every field at fault, no values."""
    faults = [
        f"{'.'.join(str(part) for part in each['loc']) or 'input'}: {told_of(each)}"
        for each in error.errors(include_input=False, include_url=False)
    ]
    return invalid(
        "Invalid input", f"The input can't be used: {'; '.join(faults)}. Correct it and try again."
    )


def unknown_outcome(what: str, why: str) -> ActionError:
    """Return the error for a write that may have happened; `why` says why Lever could not tell."""
    return ActionError(
        Code.TIMED_OUT,
        "Outcome unknown",
        f"It is not known whether Lever did this: {what}; {why}. Run the action again with the same key to "
        "find out: Lever is asked before anything is sent again.",
        unknown=True,
    )


def too_late() -> ActionError:
    """Return the error for what was to be written when nobody waited for it any more."""
    return ActionError(
        Code.SERVICE_UNAVAILABLE,
        "Lever is too slow",
        "Lever takes too long to answer, and nothing was written to it. Try again later.",
    )


def of_failure(error: Exception) -> ActionError:
    """Return the error that one of `KNOWN` stands for; raises any other exception again."""
    match error:
        case ActionError():
            return error
        case LeverError():
            return _of_lever(error)
        case ConnectionTroubleError():
            return ActionError(Code.SETUP_INCOMPLETE, "Not connected", str(error))
        case StoreError():
            return ActionError(Code.UNKNOWN_ERROR, "The database can't be used", str(error))
    raise error


def unexpected(error: Exception, *, unknown: bool = False) -> ActionError:
    """Return the error for what nobody foresaw: an answer of Lever's that is odder than what is read for.

    Tells the kind and the place, not the error's own text, in which data may be.
    """
    told = sentence(error).removesuffix(".")
    return ActionError(
        Code.REMOTE_UNKNOWN,
        "Something unexpected",
        f"{told[0].upper()}{told[1:]}; Lever may have answered in a form that it has not had before. "
        "Run the action again with the same key; if it stays so, report this place.",
        unknown=unknown,
    )


def _of_lever(error: LeverError) -> ActionError:
    for kind, code, title in _KINDS:
        if isinstance(error, kind):
            unknown = isinstance(error, OutcomeUnknownError)
            return ActionError(code, title, str(error), unknown=unknown)
    return ActionError(Code.REMOTE_UNKNOWN, "Lever can't be used", str(error))


def told_of(fault: Mapping[str, Any]) -> str:
    """Return what pydantic finds wrong with a field, without its value, which it tells of one kind alone."""
    if fault["type"] == "union_tag_invalid":
        return f"its {fault['ctx']['discriminator']} should be one of {fault['ctx']['expected_tags']}"
    return str(fault["msg"]).removeprefix("Value error, ")
