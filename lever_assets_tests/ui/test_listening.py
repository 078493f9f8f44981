"""The UI listens on this machine alone, unless a password is set."""

import socket

import pytest

from lever_assets.ui.listening import Place, UiError
from lever_assets_tests.serving import free_port


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("host", ["0.0.0.0", "", pytest.param("::", marks=IPV6)])
def test_others_reach_it_only_with_a_password(host: str) -> None:
    place = Place(host, free_port())
    with pytest.raises(UiError, match=r"^others reach .*: set LEVER_UI_PASSWORD first, or serve it on 127"):
        place.listen(with_password=False)
    place.listen(with_password=True).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", pytest.param("::1", marks=IPV6)])
def test_this_machine_needs_none(host: str) -> None:
    with Place(host, free_port()).listen(with_password=False) as listening:
        assert listening.getsockname()[0] == {"localhost": "127.0.0.1"}.get(host, host)


def test_a_taken_port_and_an_unknown_host_are_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UiError) as refused:
            Place(port=port).listen(with_password=False)
    assert str(refused.value) == (
        f"http://127.0.0.1:{port} can't be used (Address already in use): give another --port or --host"
    )
    for host in ("no such host", "x" * 70, "a..b"):
        with pytest.raises(UiError, match=r"can't be used \(.*\): give another --port or --host$"):
            Place(host).listen(with_password=False)
