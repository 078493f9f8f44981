"""The names under which the UI may be reached, and which of a browser's pages are its own.

A page of another site can have its own name lead to 127.0.0.1 (DNS rebinding); its requests then bear that
name in `Host`. So a name counts only when it is one of ours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from lever_assets.settings import Settings

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(r"(https?)://([^/?#@\s]+)")
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A name or an IP address, in one spelling, and a port; None: none is named."""

    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what stands in `Host`, in whatever case and with a dot behind the name; None if it is none."""
        found = _HOST.fullmatch(text.strip().lower())
        if found is None:
            return None
        in_brackets, name, port = found.groups()
        try:
            name = str(ip_address(in_brackets)) if in_brackets else name.removesuffix(".")
        except ValueError:
            return None
        return cls(name, int(port) if port else None)

    def without(self, port: int) -> "Address":
        """Return the same, with no port named if it is this one."""
        return Address(self.name, None if self.port == port else self.port)


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_IPV4_IN_IPV6 = "::ffff:"


class Names:
    """Which names are ours."""

    def __init__(self, here: str, named: Iterable[Address] = ()) -> None:
        """Take the address that the UI listens on, and further names; one without a port has any."""
        self._here = _LOOPBACK | {here.lower()}
        self._named = frozenset(named)

    @classmethod
    def of(cls, settings: Settings, here: str) -> Self:
        """Return those of the settings, and of the address that the UI listens on."""
        told = [*settings.ui_hosts]
        if settings.ui_url is not None:
            told.append(urlsplit(settings.ui_url).netloc)
        return cls(here, filter(None, map(Address.read, told)))

    def has_host(self, host: Address, arrived_at: str | None) -> bool:
        """Return whether a request to this host is for us.

        So it is if it names the IP address that it arrived at: nobody else's name can do that.
        """
        arrived = None if arrived_at is None else arrived_at.removeprefix(_IPV4_IN_IPV6)
        if host.name in self._here or host.name == arrived:
            return True
        ports = _USUAL_PORTS.values() if host.port is None else (host.port,)
        return any(each.name == host.name and each.port in {None, *ports} for each in self._named)

    def has_origin(self, origin: str, host: Address) -> bool:
        """Return whether a page is ours: it comes from the very host that it asks, or bears a further name.

        The port counts: what another program on this machine serves is another site.
        """
        found = _ORIGIN.fullmatch(origin.lower())
        page = None if found is None else Address.read(found[2])
        if found is None or page is None:
            return False
        usual = _USUAL_PORTS[found[1]]
        ours = {each.without(usual) for each in (host, *self._named)}
        return page.without(usual) in ours
