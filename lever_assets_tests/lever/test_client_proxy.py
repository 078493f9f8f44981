import pytest

from lever_assets.lever import RetryPolicy, UnavailableError
from lever_assets_tests.lever.scripted import answer, client, data, scripted_lever


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_lever(data({"id": "x"})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        async with client("http://lever.invalid/v1") as reader:
            assert await reader.get("/users/x") == {"id": "x"}
    assert proxy.asked[0].headers["host"] == "lever.invalid"


async def test_no_proxy_stands_before_a_lever_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with scripted_lever(data({"id": "x"})) as lever, client(lever.url) as reader:
        assert await reader.get("/users/x") == {"id": "x"}


async def test_hosts_that_the_environment_exempts_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_lever(data({})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "lever.invalid")
        async with client("http://lever.invalid/v1", retry=RetryPolicy(attempts=1)) as reader:
            with pytest.raises(UnavailableError, match="can't be found"):
                await reader.get("/users/x")
    assert proxy.asked == []


async def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_lever(answer(407, b"")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        async with client("https://lever.invalid/v1") as reader:
            with pytest.raises(UnavailableError, match=r"lever\.invalid can't be reached through the proxy"):
                await reader.get("/users/x")
