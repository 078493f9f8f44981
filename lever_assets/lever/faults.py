"""Turns an answer that refuses, or can't be read, into the error that says it in one sentence."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import orjson

from lever_assets.lever import paths, wire
from lever_assets.lever.errors import (
    AuthenticationError,
    BrokenListError,
    InterceptedError,
    LeverError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionMissingError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from lever_assets.lever.instants import duration, from_http_date
from lever_assets.lever.quoting import quoted, without_people

CREDENTIALS = "in Lever under Settings > Integrations and API > API credentials"
"""Where keys are made, and their permissions ticked."""
_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")
_A_YEAR = 366 * 24 * 3600.0
LATER = "try again later; what was read so far is kept"
"""What to do where nothing else helps."""
_BETWEEN = "check that {} is the Data API and no proxy or firewall stands between; else try again later"
_SCOPE = re.compile(r"[a-z_]+:(?:read|write|access):admin")
_MOST_SAID = 200
_MOST_READ = 2000

# Statuses of Lever's own: the others among 5xx are a gateway's, behind which Lever may still be at work.
_OVER = frozenset({500, 501, 503})


@dataclass(frozen=True)
class LetInBy:
    """What requests are let in by, and what to do when Lever refuses it, or when it lacks a permission.

    `if_left_out` is about a permission that was not among those `asked_for` (None: that is not known).
    `address` is what says where Lever is, `rate` what says how often it may be asked.
    """

    name: str
    if_refused: str
    if_lacking: str
    if_left_out: str = ""
    asked_for: Collection[str] | None = None
    address: str = "LEVER_BASE_URL"
    rate: str = "LEVER_RATE_LIMIT"

    def remedy_for(self, scope: str) -> str:
        """Return what to do when it lacks a permission."""
        left_out = self.asked_for is not None and scope not in self.asked_for
        return self.if_left_out if left_out else self.if_lacking


WRITES = ":write:"
"""Part of the name of each permission to write."""
API_KEY = LetInBy(
    "API key",
    f"check the key: it may be mistyped or revoked; keys are made {CREDENTIALS}",
    f"grant it to the key {CREDENTIALS}",
)
ACCESS_TOKEN = LetInBy(
    "access token",
    "it may be revoked in Lever: connect again",
    "connect again, as somebody who has it, and accept it there",
)


def of_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    method: str,
    path: str,
    *,
    secrets: Iterable[str] = (),
    sent: Iterable[str] = (),
    by: LetInBy = API_KEY,
) -> LeverError:
    """Return the error for an answer that is not 2xx; none of `secrets` is quoted from it.

    `by`: what was sent to be let in, and what to do about it.

    `path` is the path without the query, `sent` are the texts that the request wrote: neither they nor what
    else may be a person's is quoted (see `quoting`).
    """
    where = f"({method} {path}, status {status})"
    if status in {403, 404} and not wire.is_object(body):
        return InterceptedError(
            f"Something other than Lever answered: its refusal is not Lever's JSON {where}",
            _BETWEEN.format(by.address),
        )
    said = _said(body, secrets, sent)
    named = _SCOPE.search(said)  # it may be another than the path's: that of a parameter
    scope = named[0] if named else paths.scope(method, path)
    found = _of_lever(status, headers, scope, quoted(said), where, by=by)
    found.said = said
    return found


def _of_lever(
    status: int, headers: Mapping[str, str], scope: str, reason: str, where: str, *, by: LetInBy
) -> LeverError:
    if status == 401:
        return AuthenticationError(f"Lever does not accept the {by.name} {where}", by.if_refused)
    if status == 403:
        return PermissionMissingError(
            f"The {by.name} lacks the permission {scope}{reason} {where}", by.remedy_for(scope), scope
        )
    if status == 404:
        return NotFoundError(
            f"Lever has no such record or endpoint{reason} {where}",
            f"it may have been deleted; if every request fails like this, check {by.address}",
        )
    if status in {408, 429} or status >= 500:
        return _delayed(status, headers, reason, where, by.rate)
    return _refused(status, headers, reason, where, by.address)


def of_outcome(error: LeverError, method: str, path: str) -> OutcomeUnknownError:
    """Return the error for a write that went out and ended in `error`."""
    return OutcomeUnknownError(
        f"It is not known whether Lever did what it was asked: {error.problem}",
        f"look in Lever whether it happened before it is sent again ({method} {path})",
        over=isinstance(error, UnavailableError) and error.over,
    )


def of_body(error: wire.WrongShapeError, method: str, path: str, *, by: LetInBy) -> LeverError:
    """Return the error for an answer that has the status of a success but not the body of one.

    `by` as for `of_status`.
    """
    if not isinstance(error, wire.NotJsonError):
        return of_shape(str(error), method, path, by=by)
    return InterceptedError(
        f"Something other than Lever answered: {error} ({method} {path})", _BETWEEN.format(by.address)
    )


def of_shape(problem: str, method: str, path: str, *, by: LetInBy) -> MalformedError:
    """Return the error for an answer of Lever's, in JSON, that can't be read; `by` as for `of_status`."""
    return MalformedError(
        f"Lever's answer can't be read: {problem} ({method} {path})", _BETWEEN.format(by.address)
    )


def of_endless(problem: str, path: str) -> BrokenListError:
    """Return the error for a list that does not get anywhere."""
    return BrokenListError(
        f"Lever's answer can't be read: {problem} (GET {path})",
        "try again later: the list is then read from its beginning; if it stays so, tell Lever's support",
    )


def of_token(error: LeverError) -> MalformedError:
    """Return the error for a list in whose middle Lever refuses a page, also after it was begun anew."""
    return MalformedError(
        f"Lever's list can't be read to its end, since a page in the middle is refused: {error.problem}",
        "try again later: the list is then read from its beginning",
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that the header Retry-After asks to wait; None if it says nothing that can be told.

    It holds seconds (also with decimals, as some servers write them) or a date, which is seen from the `Date`
    of the same answer, else from `now` (default: our clock). A date that is past is 0, more than a year is a
    year.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), _A_YEAR)
    at = from_http_date(value)
    if at is None:
        return None
    seen_from = now or from_http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (at - seen_from).total_seconds()), _A_YEAR)


def of_hold(seconds: float) -> RateLimitedError:
    """Return the error of a request that was not sent, since Lever takes none for so many seconds."""
    return RateLimitedError(
        f"Lever has had too many requests, and takes none for another {duration(seconds)}",
        "try again when that is over",
        seconds,
    )


def _delayed(status: int, headers: Mapping[str, str], reason: str, where: str, rate: str) -> LeverError:
    seconds = retry_after(headers)
    asks = f", and asks to wait {duration(seconds)}" if seconds else ""
    if status == 429:
        return RateLimitedError(
            f"Lever still answers that there are too many requests{asks} {where}",
            f"try again later, or lower {rate} if other programs use the same key",
            seconds,
        )
    found = UnavailableError(f"Lever is out of order{reason}{asks} {where}", LATER, seconds)
    found.over = status in _OVER
    return found


def _refused(
    status: int, headers: Mapping[str, str], reason: str, where: str, address: str
) -> RequestRejectedError:
    if 300 <= status < 400:
        problem = f"Lever's answer is a redirect{_target(headers)}, which is not followed {where}"
        return RequestRejectedError(problem, f"check {address}")
    problem = f"Lever refuses the request{reason} {where}"
    return RequestRejectedError(problem, "check the parameters against Lever's documentation")


def _target(headers: Mapping[str, str]) -> str:
    """Name the host of a redirect; the rest of the address may hold secrets."""
    try:
        host = httpx.URL(headers.get("location", "")).host
    except httpx.InvalidURL:
        return ""
    return f" to {host}" if host else ""


def _said(body: bytes, secrets: Iterable[str], sent: Iterable[str]) -> str:
    """Return what Lever says is wrong, shortened, on one line, without secrets and what may be a person's."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    message = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(message, str):
        return ""
    for secret in secrets:
        message = message.replace(secret, "***")
    return without_people(message[:_MOST_READ], sent)[:_MOST_SAID]
