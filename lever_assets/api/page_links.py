"""The address of a link to connect by."""

from urllib.parse import urlencode

from fastapi import Request
from pydantic import SecretStr

from lever_assets.api.addresses import public_address
from lever_assets.api.asking import Parts

PAGE = "/connect"


def link_to(parts: Parts, request: Request, token: SecretStr) -> str:
    """Return the address of the page for a link's token."""
    query = urlencode({"token": token.get_secret_value()})
    return f"{public_address(parts.settings, request)}{PAGE}?{query}"
