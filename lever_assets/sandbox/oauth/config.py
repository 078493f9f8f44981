"""How the OAuth server is set up: the one client that it knows, how long things last, how tokens rotate."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Environment = Literal["production", "sandbox"]
Rotation = Literal["overlap", "strict", "off"]

HOUR = 3600.0
YEAR = 365 * 24 * HOUR


class OAuthConfig(BaseModel):
    """The client that is registered, and what its tokens are like; times are in seconds.

    `redirect_uri` is where answers may go besides any loopback address. `rotation` says what a renewal does
    to the refresh token that it used: with `overlap` it stays good until one of the new tokens is used, with
    `strict` it ends at once and using it again revokes all tokens of its grant, with `off` it stays and there
    is no new one. `invalid_grant_status` is that of a code or refresh token which is not good: 403 as at
    Auth0, on which Lever's server runs, or 400 as RFC 6749 has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(default="sandbox-client", min_length=1)
    client_secret: str = Field(default="sandbox-secret", min_length=1)
    client_name: str = "lever-assets"
    redirect_uri: str = "http://127.0.0.1:8765/callback"
    rotation: Rotation = "overlap"
    code_seconds: float = Field(default=600.0, gt=0)
    access_seconds: float = Field(default=HOUR, gt=0)
    refresh_seconds: float = Field(default=YEAR, gt=0)
    invalid_grant_status: Literal[400, 403] = 403
