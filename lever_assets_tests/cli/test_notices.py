"""`notices`: a target is added, tried, given another secret and removed; the log tells what became of it."""

import pytest

from lever_assets.notices.wording import signature
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.notices.hooks import listening


@pytest.mark.usefixtures("synced")
def test_a_target_from_its_first_notice_to_its_last(command: Command) -> None:
    assert "notices add" in command("notices", "list").out
    with listening() as hook:
        host = hook.url.removeprefix("http://").partition("/")[0]
        added = command("notices", "add", "crm", hook.url, "--types", "data-changed,sync-finished")
        assert added.code == 0, added.err
        secret = added.out.strip()
        assert command("notices", "add", "crm", hook.url).code == 1
        assert command("notices", "add", "else", hook.url, "--types", "news").code == 1

        assert command("notices", "test", "crm").out == "crm took it (HTTP 200).\n"
        assert hook.notices[0]["data"]["changed_models"] == []
        assert hook.signatures[0] == signature(secret, hook.bodies[0])
        hook.statuses[:] = [410, 503]
        refused = command("notices", "test", "crm")
        assert (refused.code, "HTTP 410" in refused.err) == (1, True)
        assert command("notices", "test", "nobody").code == 1

        tried = command("sync")
        assert f"did not arrive at crm ({host})" in tried.err
        newest, *_ = command("notices", "log", "--json").json["notices"]
        assert newest["target"] == f"crm ({host})"
        waiting = [each for each in command("notices", "log", "--json").json["notices"] if each["error"]]
        assert [(each["state"], each["attempts"], each["status"]) for each in waiting] == [
            ("pending", 1, 503)
        ]
        shown = command("notices", "log", "--target", "crm")
        assert "the answer was HTTP 503" in shown.out
        assert command("notices", "log", "--target", "nobody").code == 1

        rotated = command("notices", "rotate", "crm")
        assert command("notices", "test", "crm").code == 0
        assert hook.signatures[-1] == signature(rotated.out.strip(), hook.bodies[-1])
        assert hook.previous[-1] == signature(secret, hook.bodies[-1])

        [listed] = command("notices", "list", "--json").json["targets"]
        assert (listed["name"], listed["host"]) == ("crm", host)
        assert listed["types"] == ["data-changed", "sync-finished"]
        for told in (command("notices", "list"), command("status"), shown, tried):
            for text in ("topsecret", secret, rotated.out.strip()):
                assert text not in told.out + told.err

        assert command("notices", "remove", "crm").code == 0
        assert command("notices", "log", "--json").json == {"notices": []}
        before = len(hook.bodies)
        command("sync", "--full")
        assert len(hook.bodies) == before
    assert command("notices", "rotate", "crm").code == 1


@pytest.mark.usefixtures("synced")
def test_a_url_of_the_environment_is_listed_and_tried_by_its_host(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as hook:
        monkeypatch.setenv("LEVER_NOTICE_URLS", hook.url)
        [listed] = command("notices", "list", "--json").json["targets"]
        assert listed["name"] is None
        assert command("notices", "test", listed["host"]).code == 0
        assert len(hook.bodies) == 1
        assert "topsecret" not in command("notices", "list").out
