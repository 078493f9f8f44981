"""Error answers as Lever words them: `{"code": ..., "message": ...}` (docs/lever-api.md, Conventions)."""

from __future__ import annotations

import orjson

NOT_FOUND_MESSAGE = "Resource was not found"


class ApiError(Exception):
    """An answer other than success; the router turns it into a JSON body with `status`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> bytes:
        """The JSON that goes over the wire."""
        return orjson.dumps({"code": self.code, "message": self.message})


def bad_request(message: str) -> ApiError:
    """400: a parameter that Lever refuses."""
    return ApiError(400, "BadRequestError", message)


def unauthorized() -> ApiError:
    """401: no credentials at all."""
    return ApiError(401, "Unauthorized", "Authentication is required: give an API key or an access token")


def invalid_credentials() -> ApiError:
    """401: credentials that are not known or were revoked."""
    return ApiError(401, "InvalidCredentials", "The API key or access token is not valid")


def forbidden(scope: str, holder: str = "API key") -> ApiError:
    """403: the key, or the access token, lacks the permission `scope`."""
    return ApiError(403, "Forbidden", f"This {holder} lacks the permission {scope}")


def not_found(message: str = NOT_FOUND_MESSAGE) -> ApiError:
    """404: no such record, or one that the key may not see."""
    return ApiError(404, "ResourceNotFound", message)


def too_large(message: str) -> ApiError:
    """413: a file or body beyond what Lever takes."""
    return ApiError(413, "RequestEntityTooLarge", message)


def rate_limited() -> ApiError:
    """429: the key's bucket is empty."""
    return ApiError(429, "RateLimit", "Too many requests: the rate limit of this key is exceeded")


def internal_error() -> ApiError:
    """500: Lever's own failure."""
    return ApiError(500, "InternalServerError", "Something went wrong on our side")


def unavailable() -> ApiError:
    """503: Lever is down for a moment."""
    return ApiError(503, "ServiceUnavailable", "The service is temporarily unavailable")


def of_status(status: int, scope: str) -> ApiError:
    """The error of a status; `scope` is the permission that a 403 misses."""
    known = {
        400: bad_request("The request can't be read"),
        401: invalid_credentials(),
        403: forbidden(scope),
        404: not_found(),
        413: too_large("The request is too large"),
        429: rate_limited(),
        500: internal_error(),
        503: unavailable(),
    }
    fallback = bad_request("The request can't be read") if status < 500 else internal_error()
    return known.get(status) or ApiError(status, fallback.code, fallback.message)
