"""Syncs that are asked for."""

from typing import Literal

from fastapi import APIRouter, Response

from lever_assets.api.answers import success
from lever_assets.api.apart import apart
from lever_assets.api.asking import IntegrationId, ThePartsHere
from lever_assets.api.bodies import JsonBody
from lever_assets.api.connection import Connection
from lever_assets.api.errors import ApiError, invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes.envelope import Shape, Success
from lever_assets.connect.states import State
from lever_assets.orchestration.asked_runs import Kind

router = APIRouter(prefix=PREFIX, tags=["General"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "type": {
                            "type": "string",
                            "enum": [*Kind],
                            "default": Kind.FULL.value,
                            "description": "The whole account, or what changed",
                        }
                    },
                }
            }
        },
    }
}


class StartedSync(Shape):
    """The sync that is queued or running now."""

    already_queued: bool
    sync_id: str
    type: Literal["FULL", "DELTA"]


@router.post(
    "/force-sync",
    operation_id="triggerSync",
    summary="Trigger sync",
    response_model=Success[StartedSync],
    openapi_extra=_BODY,
)
@apart
def trigger_sync(parts: ThePartsHere, integration: IntegrationId, given: JsonBody) -> Response:
    """Start a sync unless one is queued or running; answer which one is."""
    connection = parts.connections.connection(integration)
    asked = given.get("type")
    try:
        kind = Kind.FULL if asked is None else Kind(asked)
    except ValueError:
        raise invalid(f"The request can't be used: type: write one of {', '.join(Kind)}.") from None
    _see_that_it_can_sync(connection)
    found = parts.runs.force(connection, kind)
    return success({"already_queued": not found.is_new, "sync_id": found.id, "type": found.kind.value})


def _see_that_it_can_sync(connection: Connection) -> None:
    """Raise ApiError for a connection of which nothing can be read now."""
    connection.see_that_it_is_connected()
    if connection.state is State.INVALID:
        raise ApiError(
            None,
            "Lever has refused the credentials of this integration for days: connect it again first.",
            title="The credentials are refused",
        )
