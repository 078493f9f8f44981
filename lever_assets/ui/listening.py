"""Where the UI listens: on this machine alone, or, behind a password, for others too."""

import socket
from dataclasses import dataclass

from lever_assets.arrivals import take_port, why_not


class UiError(Exception):
    """The UI can't be served, or not any more; one sentence says why and what to do."""


@dataclass(frozen=True)
class Place:
    """Where the UI listens: a name or an IP address, and a port."""

    host: str = "127.0.0.1"
    port: int = 3000

    @property
    def url(self) -> str:
        """The UI's address in a browser on this machine."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url_here(self) -> str:
        """An address for a program on this machine, also where the UI listens on all of its addresses."""
        everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        return Place(everywhere.get(self.host, self.host), self.port).url

    def listen(self, *, with_password: bool) -> socket.socket:
        """Take the port; raises UiError if that can't be, or if others would reach it without a password."""

        def refuse_others() -> None:
            if not with_password:
                raise UiError(
                    f"others reach {self.host}, and whoever opens the UI may do what Lever's key may: set "
                    "LEVER_UI_PASSWORD first, or serve it on 127.0.0.1"
                )

        try:
            return take_port(self.host, self.port, refuse_others=refuse_others)
        except (OSError, UnicodeError) as error:
            told = f"{self.url} can't be used ({why_not(error)}): give another --port or --host"
            raise UiError(told) from None
