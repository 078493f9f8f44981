"""An endpoint: its path, its permission and what answers it; and a request as that sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.endpoints.body import Raw
from lever_assets.sandbox.errors import ApiError
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.schema import TABLES

NO_BODY = Raw()


@dataclass(frozen=True)
class Call:
    """One request as handlers see it: what the path named, the query, the body and whose eyes it is for.

    `authorization` is that header, for the one endpoint that reads it itself: that of tokens.
    """

    changes: Changes
    path: tuple[str, ...]
    query: Mapping[str, list[str]]
    confidential_access: bool
    raw: Raw = NO_BODY
    authorization: bytes | None = None

    @property
    def account(self) -> Account:
        """The account that is asked for."""
        return self.changes.account

    def one(self, name: str) -> str | None:
        """The last value of a parameter."""
        values = self.query.get(name)
        return values[-1] if values else None


@dataclass(frozen=True)
class Answer:
    """An answer other than 200 with JSON: its status, its body and headers that replace the usual ones."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


Handler = Callable[[Call], bytes | Answer]


@dataclass(frozen=True)
class Route:
    """An endpoint: template (`/opportunities/:id/offers`), resource it needs permission for, handler."""

    method: str
    template: str
    resource: str
    handler: Handler

    @property
    def scope(self) -> str:
        """The permission that Lever asks for."""
        return f"{self.resource}:{self.access}:admin"

    @property
    def access(self) -> str:
        """`read` or `write`."""
        return "read" if self.method == "GET" else "write"

    @property
    def name(self) -> str:
        """How the request log calls it."""
        return f"{self.method} {self.template}"


def of_another(route: Route, call: Call) -> bytes | None:
    """What the same endpoint answers for the next record, None where it names none."""
    if route.method != "GET" or len(call.path) != 1:
        return None
    resource = route.template.split("/")[1]
    idents = call.account.ids(resource) if resource in TABLES else []
    others = [ident for ident in idents if ident != call.path[0]]
    for other in others:
        try:
            answer = route.handler(replace(call, path=(other,)))
        except ApiError:  # one that the key may not see
            continue
        return answer if isinstance(answer, bytes) else None
    return None
