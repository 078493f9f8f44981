"""Subscriptions to events. The token that signs deliveries is told once, when the subscription is made."""

from __future__ import annotations

import secrets
from typing import Literal
from uuid import uuid4

import orjson
from pydantic import Field

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.endpoints.body import parse, validate
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.writes.answers import data, nothing
from lever_assets.sandbox.errors import bad_request, not_found
from lever_assets.sandbox.recruiting.candidacies import LeverBody
from lever_assets.sandbox.recruiting.events import EVENTS, ORIGINS, Origin
from lever_assets.sandbox.schema import Record

TOKEN_BYTES = 24  # 48 hexadecimal digits


class _Conditions(LeverBody):
    origins: list[Origin] = Field(default_factory=lambda: list(ORIGINS))


class _Configuration(LeverBody):
    conditions: _Conditions = Field(default_factory=_Conditions)


class _Subscription(LeverBody):
    event: Literal[EVENTS]  # type: ignore[valid-type]  # a constant of the ten names
    url: str
    configuration: _Configuration = Field(default_factory=_Configuration)


class _Change(LeverBody):
    event: Literal[EVENTS] | None = None  # type: ignore[valid-type]  # as above
    url: str | None = None
    configuration: _Configuration | None = None


def list_webhooks(call: Call) -> bytes:
    """GET /webhooks: a short list that comes without hasNext."""
    page = call.account.page("webhooks", Where(), 1000, None)
    return orjson.dumps({"data": [_shown(orjson.loads(row)) for row in page.rows]})


def post_webhook(call: Call) -> Answer:
    """POST /webhooks {event, url, configuration?}: 201 with the signature token."""
    body = validate(_Subscription, parse(call.raw).values)
    _check_url(body.url)
    at = call.changes.now()
    record: Record = {
        "id": str(uuid4()),
        "event": body.event,
        "url": body.url,
        "configuration": body.configuration.model_dump() | {"signatureToken": secrets.token_hex(TOKEN_BYTES)},
        "createdAt": at,
        "updatedAt": at,
    }
    return data(call.changes.add("webhooks", record), 201)


def put_webhook(call: Call) -> Answer:
    """PUT /webhooks/:id: what is given is set; the token stays."""
    ident = _known(call)
    body = validate(_Change, parse(call.raw).values)
    if body.url is not None:
        _check_url(body.url)

    def edit(record: Record) -> None:
        for name in ("event", "url"):
            record[name] = getattr(body, name) or record[name]
        if body.configuration is not None:
            record["configuration"] |= body.configuration.model_dump()
        record["updatedAt"] = call.changes.now()

    return data(_shown(call.changes.change("webhooks", ident, edit)))


def delete_webhook(call: Call) -> Answer:
    """DELETE /webhooks/:id: 204."""
    call.changes.remove("webhooks", _known(call))
    return nothing()


def _known(call: Call) -> str:
    ident = call.path[0]
    if call.account.get("webhooks", ident) is None:
        raise not_found()
    return ident


def _check_url(url: str) -> None:
    # Lever asks for https; receivers in tests and demos have none.
    if not url.startswith(("https://", "http://")):
        raise bad_request(f"url: {url!r} is no web address")


def _shown(record: Record) -> Record:
    """A subscription without its secret."""
    configuration = record.get("configuration") or {}
    shown = {name: value for name, value in configuration.items() if name != "signatureToken"}
    return record | {"configuration": shown}


WEBHOOKS: tuple[Route, ...] = (
    Route("GET", "/webhooks", "webhooks", list_webhooks),
    Route("POST", "/webhooks", "webhooks", post_webhook),
    Route("PUT", "/webhooks/:id", "webhooks", put_webhook),
    Route("DELETE", "/webhooks/:id", "webhooks", delete_webhook),
)
