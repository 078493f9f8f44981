"""The controls of a running sandbox, outside /v1 and without a key: what was asked, changes, faults.

GET    /__requests                        counts by endpoint and status, concurrency, last requests
DELETE /__requests                        begin counting anew
POST   /__touch?share=0.01&seed=1         work on a share of the opportunities; answers their ids
POST   /__edit    {resource, id, changes}
POST   /__create  {resource, parent?, record}
POST   /__delete  {resource, id}
POST   /__faults  {faults: ["NAME=RATE,when=after" or {name, rate?, value?, endpoint?, path?, method?, from?,
                            times?, seconds?, when?}]}
POST   /__quirks  {quirks: [NAME or "all" or "absent=NAME" or "denied=NAME"]}
GET    /__grants                          what was granted by OAuth, and its tokens without their texts
POST   /__revoke  {grant?}                revoke all tokens, or one grant's (its id, or one of its tokens)
POST   /__end_access_tokens {grant?}      likewise, but the refresh tokens stay
POST   /__rotation {rotation}             overlap, strict or off
POST   /__simulate {do, with: {...}}      a method of Simulation by its name: move, archive, add_interview …;
                                          or play, {days, a_day?}: the company recruits for so many days
GET    /__happenings                      what happened on the days that were simulated, oldest first
GET    /__clock                           what time it is, in epoch milliseconds
POST   /__clock   {now, frozen?} or {advance}
GET    /__webhooks                        deliveries so far and how many are pending
DELETE /__webhooks                        begin the log of deliveries anew
POST   /__emit    {event, data, origin?}  send an event though nothing changed; answers its id
POST   /__redeliver {id}                  send the deliveries of an event once more
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lever_assets.sandbox.errors import ApiError, bad_request, not_found
from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.oauth import Rotation
from lever_assets.sandbox.recruiting.changes import UnknownRecord
from lever_assets.sandbox.recruiting.events import EVENTS, Origin
from lever_assets.sandbox.sandbox import Sandbox

DEEDS = (
    "add_opportunity",
    "add_posting",
    "add_interview",
    "add_offer",
    "add_feedback",
    "move",
    "archive",
    "anonymise",
    "deactivate",
    "remove_tag",
    "remove_source",
    "remove_stage",
    "play",
)


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Edit(_Command):
    resource: str
    id: str
    changes: dict[str, Any]


class _Create(_Command):
    resource: str
    record: dict[str, Any]
    parent: str | None = None


class _Delete(_Command):
    resource: str
    id: str
    by: str | None = None


class _Simulate(_Command):
    do: Literal[DEEDS]  # type: ignore[valid-type]  # a constant of names
    arguments: dict[str, Any] = Field(default_factory=dict, alias="with")


class _Clock(_Command):
    now: int | None = None
    frozen: bool = False
    advance: int | None = None


class _Emit(_Command):
    event: Literal[EVENTS]  # type: ignore[valid-type]  # as above
    data: dict[str, Any]
    origin: Origin | None = None


class _Redeliver(_Command):
    id: str


class _Tokens(_Command):
    grant: str | None = None


class _Rotation(_Command):
    rotation: Rotation


class _Faults(_Command):
    faults: list[Fault | str] = Field(default_factory=list)


class _Quirks(_Command):
    quirks: list[str] = Field(default_factory=list)


def create_control(sandbox: Sandbox) -> Starlette:
    """The application that answers /__ paths, and 404 for everything else outside /v1."""
    routes = [
        *_log_routes(sandbox),
        *_change_routes(sandbox),
        *_week_routes(sandbox),
        *_token_routes(sandbox),
    ]
    refusals = {
        404: _not_found,
        ValueError: _refused,
        ValidationError: _refused,
        TypeError: _refused,
        ApiError: _refused_by_lever,
        UnknownRecord: _unknown,
    }
    return Starlette(routes=routes, exception_handlers=refusals)


def _log_routes(sandbox: Sandbox) -> list[Route]:

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.reset_requests()
            return Response(status_code=204)
        return _json(asdict(sandbox.requests()))

    async def faults(request: Request) -> Response:
        given = _Faults.model_validate_json(await request.body()).faults
        sandbox.set_faults(*given)
        return Response(status_code=204)

    async def quirks(request: Request) -> Response:
        sandbox.set_quirks(*_Quirks.model_validate_json(await request.body()).quirks)
        return Response(status_code=204)

    async def webhooks(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.webhooks.forget()
            return Response(status_code=204)
        log = sandbox.deliveries()
        pending = sum(delivery.state == "pending" for delivery in log)
        return _json({"deliveries": [asdict(delivery) for delivery in log], "pending": pending})

    return [
        Route("/__requests", requests, methods=["GET", "DELETE"]),
        Route("/__faults", faults, methods=["POST"]),
        Route("/__quirks", quirks, methods=["POST"]),
        Route("/__webhooks", webhooks, methods=["GET", "DELETE"]),
    ]


def _change_routes(sandbox: Sandbox) -> list[Route]:
    workday = sandbox.workday

    async def touch(request: Request) -> Response:
        query = request.query_params
        at = query.get("at")
        ids = workday.touch(
            float(query.get("share", "0.01")),
            int(query.get("seed", "1")),
            int(at) if at is not None else None,
        )
        return _json({"ids": ids})

    async def edit(request: Request) -> Response:
        command = _Edit.model_validate_json(await request.body())
        return _json({"data": workday.edit(command.resource, command.id, command.changes)})

    async def create(request: Request) -> Response:
        command = _Create.model_validate_json(await request.body())
        return _json({"data": workday.create(command.resource, command.record, command.parent)}, 201)

    async def delete(request: Request) -> Response:
        command = _Delete.model_validate_json(await request.body())
        workday.delete(command.resource, command.id, command.by)
        return Response(status_code=204)

    return [
        Route("/__touch", touch, methods=["POST"]),
        Route("/__edit", edit, methods=["POST"]),
        Route("/__create", create, methods=["POST"]),
        Route("/__delete", delete, methods=["POST"]),
    ]


def _week_routes(sandbox: Sandbox) -> list[Route]:
    async def simulate(request: Request) -> Response:
        command = _Simulate.model_validate_json(await request.body())
        return _json({"data": getattr(sandbox, command.do)(**command.arguments)})

    async def happenings(_: Request) -> Response:
        return _json({"happenings": sandbox.year.log})

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            command = _Clock.model_validate_json(await request.body())
            if command.now is not None:
                sandbox.set_now(command.now, frozen=command.frozen)
            if command.advance is not None:
                sandbox.advance(command.advance)
        return _json({"now": sandbox.now()})

    async def emit(request: Request) -> Response:
        command = _Emit.model_validate_json(await request.body())
        return _json({"id": sandbox.emit(command.event, command.data, command.origin)}, 201)

    async def redeliver(request: Request) -> Response:
        command = _Redeliver.model_validate_json(await request.body())
        return _json({"deliveries": sandbox.redeliver(command.id)})

    return [
        Route("/__simulate", simulate, methods=["POST"]),
        Route("/__happenings", happenings, methods=["GET"]),
        Route("/__clock", clock, methods=["GET", "POST"]),
        Route("/__emit", emit, methods=["POST"]),
        Route("/__redeliver", redeliver, methods=["POST"]),
    ]


def _token_routes(sandbox: Sandbox) -> list[Route]:
    async def grants(_: Request) -> Response:
        return _json({"grants": [asdict(grant) for grant in sandbox.grants()]})

    async def revoke(request: Request) -> Response:
        command = _Tokens.model_validate_json(await request.body() or b"{}")
        return _json({"grants": sandbox.revoke_tokens(command.grant)})

    async def end_access_tokens(request: Request) -> Response:
        command = _Tokens.model_validate_json(await request.body() or b"{}")
        return _json({"tokens": sandbox.end_access_tokens(command.grant)})

    async def rotation(request: Request) -> Response:
        sandbox.set_rotation(_Rotation.model_validate_json(await request.body()).rotation)
        return Response(status_code=204)

    return [
        Route("/__grants", grants, methods=["GET"]),
        Route("/__revoke", revoke, methods=["POST"]),
        Route("/__end_access_tokens", end_access_tokens, methods=["POST"]),
        Route("/__rotation", rotation, methods=["POST"]),
    ]


def _json(content: object, status: int = 200) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json")


def _not_found(request: Request, _: Exception) -> Response:
    return _error(404, not_found(f"There is no {request.method} {request.url.path}").body())


def _refused(_: Request, error: Exception) -> Response:
    return _error(400, bad_request(str(error)).body())


def _refused_by_lever(_: Request, error: Exception) -> Response:
    return _error(error.status, error.body()) if isinstance(error, ApiError) else _refused(_, error)


def _unknown(_: Request, error: Exception) -> Response:
    return _error(404, not_found(str(error)).body())


def _error(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
