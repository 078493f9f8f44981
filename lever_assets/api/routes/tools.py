"""The tools that can be connected."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from lever_assets.api.addresses import public_address
from lever_assets.api.answers import success
from lever_assets.api.asking import Parts, ThePartsHere
from lever_assets.api.describing import tools
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes.envelope import Success
from lever_assets.api.shapes.integrations import Tools
from lever_assets.store.accounts import stored_accounts
from lever_assets.store.transaction import NOBODY

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
    here = public_address(parts.settings, request)
    return success(tools(category, here, assessing=_orders_assessments(parts)))


def _orders_assessments(parts: Parts) -> bool:
    """Tell whether a connection orders assessments."""
    if parts.settings.assessment_stage is not None:
        return True
    with parts.reads.reading(NOBODY) as tx:
        return any(each.settings.get("assessment_stage") for each in stored_accounts(tx))
