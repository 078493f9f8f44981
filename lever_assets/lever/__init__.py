"""The Lever Data API as a typed, async client; knows nothing of Dagster or SQL.

Give it a key and a limiter, and read::

    limiter = RateLimiter.for_key(key, rate=10, burst=20, folder=folder)
    async with LeverClient(auth=ApiKeyAuth(key), base_url=BASE_URL, limiter=limiter) as lever:
        async for page in lever.pages("/opportunities", {"expand": ["applications"]}):
            ...

and write::

    answer = await lever.send(Outgoing("POST", "/opportunities/<id>/addTags", json={"tags": ["seen"]}))

A request begins in `client`, waits for its turn in `limiter`, goes out through `transport` and is counted in
`traffic`; `pages` leads along a list, `refusals` leaves out what Lever refuses, `retry` says whether it is
sent again, and `faults` turns what went wrong into one of `errors`.

The records that the JSON stands for are in `lever_assets.lever.records`.
"""

from lever_assets.lever.client import LeverClient
from lever_assets.lever.credentials import ApiKeyAuth, BearerAuth, LeverAuth, Tokens
from lever_assets.lever.downloads import Downloaded
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
from lever_assets.lever.lenient import Fragment
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.pages import Page
from lever_assets.lever.requests import Answer, Outgoing, RawAnswer, Upload
from lever_assets.lever.retry import RetryPolicy
from lever_assets.lever.traffic import Traffic, TrafficSnapshot
from lever_assets.lever.wire import JsonObject, Params

BASE_URL = "https://api.lever.co/v1"
"""Where the Data API is (docs/lever-api.md, Access)."""

__all__ = [
    "BASE_URL",
    "Answer",
    "ApiKeyAuth",
    "AuthenticationError",
    "BearerAuth",
    "BrokenListError",
    "Downloaded",
    "Fragment",
    "InterceptedError",
    "JsonObject",
    "LeverAuth",
    "LeverClient",
    "LeverError",
    "MalformedError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Outgoing",
    "Page",
    "Params",
    "PermissionMissingError",
    "RateLimitedError",
    "RateLimiter",
    "RawAnswer",
    "RequestRejectedError",
    "RetryPolicy",
    "Tokens",
    "Traffic",
    "TrafficSnapshot",
    "UnavailableError",
    "Upload",
]
