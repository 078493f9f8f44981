"""The receiver: checks each event that Lever sends, keeps it in the inbox, and answers at once."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lever_assets.connect.vault import Vault
from lever_assets.lever.instants import from_epoch_ms
from lever_assets.settings import Settings
from lever_assets.store import Store, StoreError
from lever_assets.store.inbox import InboxEvent, receive
from lever_assets.store.secrets import secrets
from lever_assets.sync.session import now
from lever_assets.webhooks.events import About
from lever_assets.webhooks.signatures import is_signed

_LARGEST = 256 * 1024
_RELOAD_SECONDS = 5.0
SECRETS = "webhook:"
"""Names of the stored signature tokens begin with it."""

_log = logging.getLogger(__name__)


class _Delivery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=200)
    event: str = Field(min_length=1, max_length=100)
    triggered_at: int = Field(alias="triggeredAt")
    token: str = Field(min_length=1, max_length=500)
    signature: str = Field(min_length=1, max_length=200)
    data: Mapping[str, JsonValue] = Field(default_factory=dict)


class Receiver:
    """Takes the events of one connection. Raises SettingsError without LEVER_SECRET_KEY."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._connection = settings.connection
        self._window = timedelta(minutes=settings.webhook_minutes)
        self._vault = Vault(settings.secret_key)
        self._store = store
        self._keys: tuple[str, ...] = ()
        self._loaded = float("-inf")
        self._loading = threading.Lock()

    def app(self) -> Starlette:
        """Return the ASGI application: POST anywhere takes events, GET /health says that it runs."""
        return Starlette(
            routes=[
                Route("/health", self._health, methods=["GET"]),
                Route("/{path:path}", self._receive, methods=["POST"]),
            ]
        )

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _receive(self, request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _refused(400, "the body is cut short")
        if body is None:
            return _refused(413, "the body is too large")
        try:
            delivery = _Delivery.model_validate(orjson.loads(body))
            triggered_at = from_epoch_ms(delivery.triggered_at)
        except (orjson.JSONDecodeError, ValidationError, ValueError, OverflowError):
            return _refused(400, "this is not an event of Lever's")
        try:
            return await run_in_threadpool(self._take, delivery, triggered_at)
        except StoreError:
            _log.exception("An event could not be kept; Lever will send it again.")
            return _refused(503, "it can't be kept now, send it again")

    def _take(self, delivery: _Delivery, triggered_at: datetime) -> Response:
        if not self._is_ours(delivery):
            return _refused(401, "the signature is wrong")
        moment = now()
        if abs(moment - triggered_at) > self._window:
            return _refused(401, "it is too old")
        about = About.of(delivery.event, delivery.data)
        event = InboxEvent(delivery.id, delivery.event, delivery.token, triggered_at, about.as_json())
        with self._store.writing() as conn:
            kept = receive(conn, self._connection, event, now=moment)
        return JSONResponse({"status": "ok"}) if kept else _refused(401, "its token was used before")

    def _is_ours(self, delivery: _Delivery) -> bool:
        """Check the signature; keys that were set up since the receiver started are loaded."""
        parts = (delivery.token, delivery.triggered_at)
        keys = self._keys
        if is_signed(delivery.signature, keys, *parts):
            return True
        with self._loading:  # whoever comes meanwhile waits for the keys
            if self._keys is keys and time.monotonic() - self._loaded >= _RELOAD_SECONDS:
                self._keys = self._stored_keys()
                self._loaded = time.monotonic()
        return is_signed(delivery.signature, self._keys, *parts)

    def _stored_keys(self) -> tuple[str, ...]:
        with self._store.reading() as conn:
            sealed = secrets(conn, self._connection, SECRETS)
        return tuple(self._vault.open(each.secret) for each in sealed.values())


async def _body(request: Request) -> bytes | None:
    """Return the body, None if it is larger than an event can be."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"status": "refused", "message": why}, status_code=status)
