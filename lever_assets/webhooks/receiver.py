"""The receiver: checks each event that Lever sends, keeps it in the inbox, and answers at once."""

import asyncio
import logging
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
from lever_assets.store.inbox import InboxEvent
from lever_assets.store.transaction import now
from lever_assets.sync.failing import sentence
from lever_assets.webhooks.addresses import Addresses
from lever_assets.webhooks.events import About
from lever_assets.webhooks.intake import Intake
from lever_assets.webhooks.keyring import Keyring
from lever_assets.webhooks.signatures import is_signed

_LARGEST = 256 * 1024
_PLAIN = r"^[^\x00-\x1f]+$"
"""What databases take: an event of anything else would hold up those that are kept together with it."""
_SECONDS = 10.0
"""How long a body may take to arrive."""

_log = logging.getLogger(__name__)


class _Delivery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(max_length=200, pattern=_PLAIN)
    event: str = Field(max_length=100, pattern=_PLAIN)
    triggered_at: int = Field(alias="triggeredAt")
    token: str = Field(max_length=500, pattern=_PLAIN)
    signature: str = Field(min_length=1, max_length=200)
    data: Mapping[str, JsonValue] = Field(default_factory=dict)


class _RefusedError(Exception):
    """What came is not taken: the HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Receiver:
    """Takes the events of every connection, each at its address (`addresses.py`).

    Raises SettingsError without a key that encrypts secrets.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._window = timedelta(minutes=settings.webhook_minutes)
        self._vault = Vault.of(settings)
        self._addresses = Addresses(store, settings)
        self._keyrings: dict[str, Keyring] = {}
        self._intake = Intake(store)
        self._store = store

    def app(self) -> Starlette:
        """Return the ASGI application: POST takes events, GET /health says that it can keep them."""
        return Starlette(
            routes=[
                Route("/health", self._health, methods=["GET"]),
                Route("/{path:path}", self._receive, methods=["POST"]),
            ]
        )

    async def _health(self, _request: Request) -> Response:
        try:
            await run_in_threadpool(self._look)
        except StoreError as error:
            _log.error("The database can't be used: %s", error)
            return JSONResponse({"status": "the database can't be used"}, status_code=503)
        return JSONResponse({"status": "ok"})

    def _look(self) -> None:
        with self._store.reading("") as tx:
            tx.sql.exec_driver_sql("SELECT 1")

    async def _receive(self, request: Request) -> Response:
        try:
            await self._take(request)
        except _RefusedError as refusal:
            # Of what comes from anybody nothing is logged but that it came.
            _log.warning("Refused an event (%d): %s", refusal.status, refusal)
            return JSONResponse({"status": "refused", "message": str(refusal)}, status_code=refusal.status)
        except Exception as error:  # also what nobody foresaw: its text may quote the event
            _log.error("An event could not be kept; Lever will send it again: %s", sentence(error))
            return JSONResponse({"status": "refused", "message": "send it again"}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def _take(self, request: Request) -> None:
        account = await run_in_threadpool(self._addresses.whose, request.path_params["path"])
        if account is None:
            raise _RefusedError(404, "there is nothing here")
        delivery, triggered_at = _read(await _body(request))
        await self._check_signature(delivery, self._keyring(account))
        if abs(now() - triggered_at) > self._window:
            raise _RefusedError(403, "it was sent too long ago: see LEVER_WEBHOOK_MINUTES")
        about = About.of(delivery.event, delivery.data)
        event = InboxEvent(delivery.id, delivery.event, delivery.token, triggered_at, about.as_json())
        if not await self._intake.keep(account, event):
            raise _RefusedError(401, "its token was used for another event")
        _log.info("Kept %s %s", delivery.event, delivery.id)

    def _keyring(self, account: str) -> Keyring:
        """Return the keyring of a connection; there are no more of them than connections."""
        if account not in self._keyrings:
            there = self._addresses.connections
            kept = {name: each for name, each in self._keyrings.items() if name in there}
            self._keyrings = {**kept, account: Keyring(self._store, account, self._vault)}
        return self._keyrings[account]

    async def _check_signature(self, delivery: _Delivery, keyring: Keyring) -> None:
        """Check the signature by the keys as they are now; what is plainly forged costs no look at them."""
        signed = _is_signed(delivery, keyring)
        await run_in_threadpool(keyring.renew if signed else keyring.load)
        if not _is_signed(delivery, keyring):
            raise _RefusedError(401, "the signature is wrong")


def _is_signed(delivery: _Delivery, keyring: Keyring) -> bool:
    key = keyring.key_of(delivery.event)
    return key is not None and is_signed(delivery.signature, key, delivery.token, delivery.triggered_at)


def _read(body: bytes) -> tuple[_Delivery, datetime]:
    try:
        delivery = _Delivery.model_validate(orjson.loads(body))
        return delivery, from_epoch_ms(delivery.triggered_at)
    except (orjson.JSONDecodeError, ValidationError, ValueError, OverflowError):
        raise _RefusedError(400, "it is not an event of Lever's") from None


async def _body(request: Request) -> bytes:
    """Return the body; refuses one that is larger than an event can be, or does not arrive."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > _LARGEST:
                    raise _RefusedError(413, "the body is too large")
                parts.append(part)
    except ClientDisconnect:
        raise _RefusedError(400, "the body is cut short") from None
    except TimeoutError:
        raise _RefusedError(408, "the body took too long") from None
    return b"".join(parts)
