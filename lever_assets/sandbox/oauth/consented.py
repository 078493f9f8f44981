"""What came of a consent: the grant and its tokens, as they are listed and as their client gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lever_assets.sandbox.oauth.config import Environment

Kind = Literal["access", "refresh"]


@dataclass(frozen=True)
class Token:
    """A token without its text: which pair of its grant, and its instants in epoch milliseconds."""

    kind: Kind
    pair: int
    issued_at: int
    expires_at: int
    ended_at: int | None


@dataclass(frozen=True)
class Grant:
    """A consent: its scopes, its tokens, and since when and why it is no more (epoch milliseconds)."""

    id: str
    environment: Environment
    scopes: tuple[str, ...]
    created_at: int
    revoked_at: int | None
    revoked_because: str | None
    tokens: tuple[Token, ...]


@dataclass(frozen=True, repr=False)
class Issued:
    """A pair as its client gets it, once. Without a `refresh_token` there is none, or the old one stays."""

    access_token: str
    refresh_token: str | None
    scopes: tuple[str, ...]
    expires_in: int

    def answer(self) -> dict[str, Any]:
        """The JSON of the token endpoint."""
        refresh = {"refresh_token": self.refresh_token} if self.refresh_token else {}
        shared = {"scope": " ".join(self.scopes), "expires_in": self.expires_in, "token_type": "Bearer"}
        return {"access_token": self.access_token, **refresh, **shared}
