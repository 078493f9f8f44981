"""The controls of a running sandbox, outside /v1 and without a key: what was asked, changes, faults.

GET    /__requests                        counts by endpoint and status, concurrency, last requests
DELETE /__requests                        begin counting anew
POST   /__touch?share=0.01&seed=1         work on a share of the opportunities; answers their ids
POST   /__edit    {resource, id, changes}
POST   /__create  {resource, parent?, record}
POST   /__delete  {resource, id}
POST   /__faults  {faults: [{name, rate?, endpoint?, times?} or "NAME=RATE"]}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lever_assets.sandbox.app import LeverApi
from lever_assets.sandbox.errors import bad_request, not_found
from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.recruiting.changes import UnknownRecord
from lever_assets.sandbox.workday import Workday


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


class _Faults(_Command):
    faults: list[Fault | str] = Field(default_factory=list)


def create_control(api: LeverApi, workday: Workday) -> Starlette:
    """The application that answers /__ paths, and 404 for everything else outside /v1."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            api.log.reset()
            return Response(status_code=204)
        return _json(asdict(api.log.snapshot()))

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

    async def faults(request: Request) -> Response:
        given = _Faults.model_validate_json(await request.body()).faults
        api.faults.set([Fault.parse(fault) if isinstance(fault, str) else fault for fault in given])
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/__requests", requests, methods=["GET", "DELETE"]),
            Route("/__touch", touch, methods=["POST"]),
            Route("/__edit", edit, methods=["POST"]),
            Route("/__create", create, methods=["POST"]),
            Route("/__delete", delete, methods=["POST"]),
            Route("/__faults", faults, methods=["POST"]),
        ],
        exception_handlers={
            404: _not_found,
            ValueError: _refused,
            ValidationError: _refused,
            UnknownRecord: _unknown,
        },
    )


def _json(content: object, status: int = 200) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json")


def _not_found(request: Request, _: Exception) -> Response:
    return _error(404, not_found(f"There is no {request.method} {request.url.path}").body())


def _refused(_: Request, error: Exception) -> Response:
    return _error(400, bad_request(str(error)).body())


def _unknown(_: Request, error: Exception) -> Response:
    return _error(404, not_found(str(error)).body())


def _error(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
