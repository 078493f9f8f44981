"""Any request to the Data API, as it is."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, JsonValue, ValidationError

from lever_assets.actions.engine.errors import of_input
from lever_assets.actions.engine.unknown_fields import read
from lever_assets.actions.passthrough import SET_BY_US, Passthrough
from lever_assets.api.asking import IntegrationId, ThePartsHere
from lever_assets.api.bodies import JsonBody, described_by
from lever_assets.api.errors import invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes.envelope import Done

router = APIRouter(prefix=PREFIX, tags=["General"])

_UNUSED = "api_options"
"""Options of single tools, of which Lever has none."""


class PassedThrough(BaseModel):
    """What Lever answered, whatever its status."""

    url: str
    status: int
    headers: dict[str, str | list[str]]
    data: JsonValue


@router.post(
    "/passthrough/{tool}/{api}",
    operation_id="sendPassthroughRequest",
    summary="Send passthrough request",
    response_model=Done[PassedThrough],
    openapi_extra=described_by(Passthrough),
)
async def send_passthrough_request(
    tool: str, api: str, parts: ThePartsHere, integration: IntegrationId, given: JsonBody
) -> Response:
    """Send a request with the integration's credentials; whatever Lever answers is a success."""
    if (tool, api) != ("lever", "v1"):
        raise invalid("There is no such API to ask; there is lever/v1.")
    return await parts.acting.sent(integration, partial(_asked, given))


def _asked(given: dict[str, Any]) -> tuple[Passthrough, tuple[str, ...]]:
    """Return the request, with a sentence for each field that nobody knows; raises ApiError.

    Credentials are ours to give: a caller's own are not sent on.
    """
    path, headers = given.get("path"), given.get("headers")
    if isinstance(path, str):
        if path.removeprefix("/").startswith("@"):
            raise invalid("The request can't be used: path: begin it with a name, such as /opportunities.")
        given = {**given, "path": path if path.startswith("/") else f"/{path}"}
    if isinstance(headers, dict):
        own = {name: each for name, each in headers.items() if name.lower() not in SET_BY_US}
        given = {**given, "headers": own}
    try:
        return read(
            Passthrough, {name: each for name, each in given.items() if name != _UNUSED}, ignore_unknown=True
        )
    except ValidationError as error:
        raise invalid(of_input(error).message) from None
