"""Where others reach this server."""

from fastapi import Request

from lever_assets.settings import Settings


def public_address(settings: Settings, request: Request) -> str:
    """Return the address of this server, without a slash at the end: LEVER_API_URL, else as it was asked."""
    given = settings.api_url or str(request.base_url)
    return given.rstrip("/").removesuffix("/v1")
