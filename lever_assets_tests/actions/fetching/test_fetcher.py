"""Files are fetched from public hosts only, and only so much, for so long."""

import gzip
import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest

from lever_assets.actions.fetching.fetcher import PUBLIC, Fetcher, FileUnreachableError, RefusedError
from lever_assets.actions.fetching.public_addresses import Address, is_public
from lever_assets_tests.actions.file_host import FileHost, Reply, file_host

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "192.0.0.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    # What the registries have besides, some of it global to older releases of Python.
    "192.0.0.8", "192.0.0.9", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.88.99.255",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "100.127.255.255", "100.100.100.200", "172.31.255.255",
    "239.1.1.1", "168.63.129.16",
    "64:ff9b:1::808:808", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:20::1", "2001:1ff::1",
    "3fff::1", "3fff:fff:ffff::1", "5f00::1", "4000::1", "::8.8.8.8", "::ffff:0:808:808", "ff0e::1",
    "::ffff:168.63.129.16", "::ffff:192.88.99.1", "64:ff9b::a83f:8110", "64:ff9b::c058:6301",
    "64:ff9b::c000:aa", "2002:a83f:8110::1", "2002:c058:6301::", "2002:c000:aa::", "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::f7f7:f7f7", "2001:0:808:808::f5ff:fffe", "2001:0:808:808::57c0:7eef",
]  # fmt: skip


def on_loopback(address: Address) -> bool:
    return address.is_loopback and str(address) == "127.0.0.1"


@pytest.fixture
def host() -> Iterator[FileHost]:
    with file_host() as running:
        yield running


LOCAL = Fetcher(allowed=on_loopback, limit=10_000, seconds=5, pause=0.001)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"),
        # The neighbours of what is not.
        *("100.63.255.255", "100.128.0.1", "168.63.129.15", "168.63.129.17", "172.32.0.1", "191.255.255.255"),
        *("192.0.1.1", "192.0.3.1", "192.88.98.255", "192.88.100.1", "198.17.255.255", "198.20.0.1"),
        *("223.255.255.255", "2001:200::1", "2001:db7::1", "2001:db9::1", "3fff:1000::1", "2002:808:808::1"),
    ],
)
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_what_is_public_does_not_hang_on_pythons_own_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("is_global", "is_private", "is_reserved", "is_multicast", "is_link_local", "is_loopback"):
        for kind in (IPv4Address, IPv6Address):
            monkeypatch.setattr(kind, name, property(lambda _: pytest.fail("Python's list was asked")))

    assert not is_public(ip_address("10.0.0.1"))
    assert not is_public(ip_address("3fff::1"))
    assert is_public(ip_address("2606:2800:220:1::1"))


async def test_a_file_comes_with_its_type(host: FileHost) -> None:
    found = await LOCAL.fetch(host.gives("/cv.pdf", Reply(b"%PDF", headers={"Content-Type": "text/x-cv"})))

    assert found.data == b"%PDF"
    assert found.content_type == "text/x-cv"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/cv.pdf",
        "http://localhost:{port}/cv.pdf",
        "http://[::1]:{port}/cv.pdf",
        "http://[::ffff:127.0.0.1]:{port}/cv.pdf",
        "http://2130706433:{port}/cv.pdf",
        "http://127.1:{port}/cv.pdf",
        "http://0x7f000001:{port}/cv.pdf",
        "http://127。0。0。1:{port}/cv.pdf",
        "http://①②⑦.0.0.1:{port}/cv.pdf",
        "http://files.example.com\\@127.0.0.1:{port}/cv.pdf",
        "http://[::1:{port}/cv.pdf",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/machine/",
        "http://0xa83f8110/machine/",
        "http://[::ffff:168.63.129.16]/machine/",
        "http://[64:ff9b::a83f:8110]/machine/",
        "http://192.0.0.192/opc/v2/",
        "http://[3fff::1]/",
    ],
)
async def test_no_way_of_writing_it_leads_to_this_machine(host: FileHost, url: str) -> None:
    host.gives("/cv.pdf", Reply(b"secret"))

    with pytest.raises(RefusedError, match=r"not on the public internet|can't be read"):
        await PUBLIC.fetch(url.format(port=host.port))

    assert host.asked == []


async def test_a_name_that_leads_to_a_private_address_is_refused(host: FileHost) -> None:
    host.gives("/cv.pdf", Reply(b"secret"))

    with pytest.raises(RefusedError, match="localhost is not on the public internet"):
        await PUBLIC.fetch(host.url("/cv.pdf", host="localhost"))

    assert host.asked == []


Names = Callable[..., list[int]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Have a name lead to addresses of the test's choice; gives a list that grows with every look-up."""

    def lead(name: str, *addresses: str) -> list[int]:
        known, lookups = socket.getaddrinfo, []

        def look_up(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
            if host != name:
                return list(known(host, port, *arguments, **options))
            lookups.append(port)
            return [each for address in addresses for each in known(address, port, *arguments, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return lookups

    return lead


async def test_one_address_that_is_not_allowed_is_enough(host: FileHost, names: Names) -> None:
    host.gives("/cv.pdf", Reply(b"secret"))
    names("files.example.com", "127.0.0.1", "127.0.0.2")

    with pytest.raises(RefusedError, match=r"files\.example\.com is not on the public internet"):
        await LOCAL.fetch(host.url("/cv.pdf", host="files.example.com"))

    assert host.asked == []


async def test_a_name_is_looked_up_once_and_stays_the_name_that_is_asked(
    host: FileHost, names: Names
) -> None:
    host.gives("/cv.pdf", Reply(b"%PDF"))
    lookups = names("files.example.com", "127.0.0.1")
    await LOCAL.fetch(host.url("/cv.pdf", host="files.example.com"))

    assert lookups == [host.port]
    assert host.hosts == [f"files.example.com:{host.port}"]


async def test_a_redirect_to_a_name_in_a_private_network_is_refused(host: FileHost, names: Names) -> None:
    names("inside.example.com", "10.0.0.1")
    start = host.gives("/", Reply(status=302, headers={"Location": "http://inside.example.com/"}))

    with pytest.raises(RefusedError, match=r"inside\.example\.com is not on the public internet"):
        await LOCAL.fetch(start)


async def test_what_the_environment_says_of_proxies_does_not_count(
    host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with file_host() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url(""))
        found = await LOCAL.fetch(host.gives("/cv.pdf", Reply(b"%PDF")))

        assert found.data == b"%PDF"
        assert proxy.asked == []


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/inside", "http://[::1]:{port}/inside"])
async def test_a_redirect_to_what_is_not_allowed_is_refused(host: FileHost, target: str) -> None:
    host.gives("/inside", Reply(b"secret"))
    start = host.gives("/", Reply(status=302, headers={"Location": target.format(port=host.port)}))

    with pytest.raises(RefusedError, match="not on the public internet"):
        await LOCAL.fetch(start)

    assert host.asked == ["/"]


async def test_a_redirect_is_followed(host: FileHost) -> None:
    host.gives("/there.pdf", Reply(b"%PDF"))

    found = await LOCAL.fetch(host.gives("/", Reply(status=307, headers={"Location": "/there.pdf"})))

    assert found.data == b"%PDF"


async def test_a_circle_of_redirects_ends(host: FileHost) -> None:
    start = host.gives("/", Reply(status=301, headers={"Location": "/"}))

    with pytest.raises(RefusedError, match="redirects more than 5 times"):
        await LOCAL.fetch(start)

    assert len(host.asked) == 6


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/cv", "gopher://127.0.0.1/", "data:,x"]
)
async def test_a_redirect_stays_on_the_web(host: FileHost, target: str) -> None:
    start = host.gives("/", Reply(status=302, headers={"Location": target}))

    with pytest.raises(RefusedError, match="http"):
        await LOCAL.fetch(start)


async def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(RefusedError, match="password") as refused:
        await PUBLIC.fetch("https://rosa:hunter2@files.example.com/cv.pdf")

    assert "hunter2" not in str(refused.value)


async def test_a_large_file_is_given_up_on_the_way(host: FileHost) -> None:
    with pytest.raises(RefusedError, match=r"larger than 0\.01 MB"):
        await LOCAL.fetch(host.gives("/cv.pdf", Reply(b"x" * 10_001)))


async def test_what_is_compressed_all_the_same_is_refused(host: FileHost) -> None:
    bomb = Reply(gzip.compress(b"0" * 5_000_000), headers={"Content-Encoding": "gzip"})

    with pytest.raises(RefusedError, match="compressed"):
        await LOCAL.fetch(host.gives("/cv.pdf", bomb))


async def test_a_host_that_takes_too_long_is_given_up(host: FileHost) -> None:
    hasty = Fetcher(allowed=on_loopback, seconds=0.4, pause=0.001)

    with pytest.raises(FileUnreachableError, match=r"longer than 0\.4 seconds"):
        await hasty.fetch(host.gives("/cv.pdf", Reply(b"x" * 1000, drip=0.05)))


async def test_what_may_pass_is_tried_again(host: FileHost) -> None:
    found = await LOCAL.fetch(host.gives("/cv.pdf", Reply(status=503), Reply(status=429), Reply(b"%PDF")))

    assert found.data == b"%PDF"


async def test_what_does_not_pass_is_told(host: FileHost) -> None:
    with pytest.raises(FileUnreachableError, match="HTTP 500"):
        await LOCAL.fetch(host.gives("/cv.pdf", Reply(status=500)))

    assert len(host.asked) == 3


async def test_what_is_not_there_is_not_asked_for_again(host: FileHost) -> None:
    with pytest.raises(RefusedError, match="HTTP 404"):
        await LOCAL.fetch(host.url("/other?signature=s3cret"))

    assert len(host.asked) == 1


async def test_no_error_tells_more_of_an_address_than_its_host(host: FileHost) -> None:
    with pytest.raises(RefusedError) as refused:
        await LOCAL.fetch(host.url("/private-path?signature=s3cret"))

    assert "s3cret" not in str(refused.value)
    assert "private-path" not in str(refused.value)
    assert refused.value.__context__ is None
