"""Which addresses are the public internet's: by a list of our own, the same on every Python.

From IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry and
iana-ipv6-special-registry) whatever is not globally reachable as a whole; and multicast. Of IPv6, only what
IANA gives out as global unicast addresses (2000::/3) can be public at all.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # behind a provider's NAT (RFC 6598); a cloud's metadata, 100.100.100.200
            "127.0.0.0/8",  # this machine (RFC 1122)
            "168.63.129.16/32",  # Azure's platform, as its virtual machines see it: no registry has it
            "169.254.0.0/16",  # link-local (RFC 3927); clouds' metadata, 169.254.169.254
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocols of the IETF (RFC 6890); a cloud's metadata, 192.0.0.192
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # 6to4: the nearest relay, given up (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # measurements (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved (RFC 1112), and broadcast
        ),
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols of the IETF (RFC 2928), of which Teredo (RFC 4380) is 2001::/32
            "2001:db8::/32",  # documentation (RFC 3849)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the internet's, not of a private network, a link or this machine.

    An IPv6 address that stands for an IPv4 address is as public as that one.
    """
    inner = _carried(address) if isinstance(address, IPv6Address) else address
    if inner is not None:
        return not any(inner in network for network in _SPECIAL_V4)
    return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a packet to this one ends up at; None: it is an IPv6 address indeed."""
    if address in _MAPPED or address in _NAT64:  # RFC 4291, 2.5.5.2; RFC 6052
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:  # RFC 3056
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None
