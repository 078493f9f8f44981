"""What endpoints ask for: the parts of the server, and the integration that a request is about."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from lever_assets.api.acting import Acting
from lever_assets.api.addresses import public_address
from lever_assets.api.connection import Connections
from lever_assets.api.errors import invalid
from lever_assets.api.keys import Keys
from lever_assets.api.links import Links
from lever_assets.api.runs import Runs
from lever_assets.settings import Settings
from lever_assets.store import Store

_READERS_WAIT = 4.0
"""Seconds that a list waits for a SQLite file that another program has locked; clients give up after five."""


@dataclass(frozen=True)
class Parts:
    """What the server works with; `reads` is the store for those who only read, and do not wait for long."""

    settings: Settings
    store: Store
    reads: Store
    keys: Keys
    connections: Connections
    acting: Acting
    links: Links
    runs: Runs

    @classmethod
    def of(cls, settings: Settings, store: Store) -> "Parts":
        """Return the parts over an open store."""
        reads = store.hasty(_READERS_WAIT)
        connections = Connections(reads, settings)
        return cls(
            settings,
            store,
            reads,
            Keys(reads, settings),
            connections,
            Acting(connections, store),
            Links(settings),
            Runs(store, settings),
        )


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


def _integration(
    x_integration_id: Annotated[
        str | None, Header(description="Which integration is meant, such as lever:8g…")
    ] = None,
) -> str:
    if x_integration_id is None or not x_integration_id.strip():
        raise invalid("Say which integration is meant: send its id in the header X-Integration-Id.")
    return x_integration_id.strip()


def _our_address(request: Request) -> str:
    """Return under which address the caller reaches this server, as far as we know."""
    parts: Parts = request.app.state.parts
    return public_address(parts.settings, request)


OurAddress = Annotated[str, Depends(_our_address)]
"""The server's own address: LEVER_API_URL, else the one that was asked."""
ThePartsHere = Annotated[Parts, Depends(_parts)]
"""The parts of the server."""
IntegrationId = Annotated[str, Depends(_integration)]
"""The id in the header X-Integration-Id; whether there is such an integration is not looked at yet."""
