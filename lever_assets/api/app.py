"""The application: its routes, and errors that always have the shape of the unified API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from lever_assets.actions.engine.errors import told_of
from lever_assets.api.addresses import public_address
from lever_assets.api.asking import Parts
from lever_assets.api.errors import ApiError, Code, Family, invalid
from lever_assets.api.guard import PREFIX, Guard, unforeseen
from lever_assets.api.routes import (
    actions,
    assessment,
    connect_page,
    connecting,
    fields,
    files,
    general,
    health,
    integrations,
    ledger,
    passthrough,
    reads,
    static,
    syncs,
    tools,
)

_ROUTERS = (
    health.router,
    general.router,
    integrations.router,
    fields.router,
    integrations.last,
    tools.router,
    reads.router,
    actions.router,
    ledger.router,
    files.router,
    assessment.router,
    reads.elsewhere,
    passthrough.router,
    syncs.router,
    connecting.router,
    connect_page.router,
    static.router,
)


def make_app(parts: Parts) -> ASGIApp:
    """Return the ASGI application over the parts of a server."""
    app = FastAPI(
        title="lever_assets",
        description="The unified API over one or several Lever accounts.",
        openapi_url=None,  # below /v1, where it needs a key
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.parts = parts
    for router in _ROUTERS:
        app.include_router(router)
    app.add_exception_handler(ApiError, _of_ours)
    app.add_exception_handler(Exception, _of_nobody)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_input)
    return Guard(app, parts.keys, parts.settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    parts: Parts = app.state.parts
    await run_in_threadpool(parts.acting.finish)


def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - it is registered for these
    parts: Parts = request.app.state.parts
    if error.action is not None and error.log_url is None and parts.settings.ui_url is not None:
        here = public_address(parts.settings, request)
        error = replace(error, log_url=f"{here}{PREFIX}/actions/{error.action}")
    return error.response(Family.of(request.url.path))


async def _of_nobody(request: Request, error: Exception) -> Response:
    return unforeseen(error).response(Family.of(request.url.path))


def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these
    told = {
        404: "There is no such endpoint.",
        405: "This endpoint does not take this method.",
        413: "The body is too large.",
    }.get(error.status_code, "The request can't be understood.")
    headers = dict(error.headers or {})
    refused = ApiError(Code.INPUT_INVALID, told, status=error.status_code, headers=headers)
    return refused.response(Family.of(request.url.path))


def _of_input(request: Request, error: Exception) -> Response:
    """Tell each field at fault, and none of the values: an address may be among them."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    faults = []
    for each in error.errors():
        place = ".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0])
        faults.append(f"{place}: {told_of(each)}")
    return invalid(f"The request can't be used: {'; '.join(faults)}.").response(Family.of(request.url.path))
