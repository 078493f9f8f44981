"""Where the UI listens: on this machine alone, or, behind a password, for others too."""

import os
import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

_BACKLOG = 2048
"""As uvicorn's own."""


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
        try:
            family, address = self._resolved()
            if not (with_password or _is_loopback(address[0])):
                raise UiError(
                    f"others reach {self.host}, and whoever opens the UI may do what Lever's key may: set "
                    "LEVER_UI_PASSWORD first, or serve it on 127.0.0.1"
                )
            return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
        except (OSError, UnicodeError) as error:
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            if isinstance(error, socket.gaierror):
                why = "there is no such host"
            raise UiError(f"{self.url} can't be used ({why}): give another --port or --host") from None

    def _resolved(self) -> tuple[socket.AddressFamily, tuple[str, int]]:
        """Return what the host stands for, an IPv4 address first; an empty one stands for all."""
        found = socket.getaddrinfo(self.host or "0.0.0.0", self.port, type=socket.SOCK_STREAM)  # noqa: S104
        family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        return family, (str(address[0]), self.port)


def _is_loopback(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback
