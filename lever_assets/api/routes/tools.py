"""The tools that can be connected."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from lever_assets.api.addresses import public_address
from lever_assets.api.answers import success
from lever_assets.api.asking import ThePartsHere
from lever_assets.api.describing import tools
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes.envelope import Success
from lever_assets.api.shapes.integrations import Tools

router = APIRouter(prefix=PREFIX, tags=["General"])


@router.get(
    "/tools/{category}",
    operation_id="getTools",
    summary="Get tools",
    response_model=Success[Tools],
)
def get_tools(
    category: Literal["hris", "ats", "assessment", "lms"], parts: ThePartsHere, request: Request
) -> Response:
    """List the tools of a category, with all that they cover."""
    return success(tools(category, public_address(parts.settings, request)))
