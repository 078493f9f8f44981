"""What is about the server itself: whose key it is."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from lever_assets.api.answers import success
from lever_assets.api.asking import ThePartsHere
from lever_assets.api.guard import PREFIX
from lever_assets.api.installation import installation_id

router = APIRouter(prefix=PREFIX, tags=["General"])


class Installation(BaseModel):
    """Which installation this is; it is its own customer."""

    environment_id: str
    customer_id: str


class KeyIsGood(BaseModel):
    """The key is good."""

    status: Literal["success"]
    data: Installation


@router.get("/check-api-key", operation_id="checkApiKey", summary="Check API Key", response_model=KeyIsGood)
def check_api_key(parts: ThePartsHere) -> Response:
    """Say that the key is good, and which installation this is."""
    found = installation_id(parts.reads)
    return success({"environment_id": found, "customer_id": found})
