"""`sandbox serve`: its options reach the sandbox, and what it does not know is a mistake of usage."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lever_assets.sandbox.faults import KINDS
from lever_assets.sandbox.quirks import QUIRKS
from lever_assets_tests.cli.conftest import Command

PROGRAM = "from lever_assets.cli import main; main()"


def test_quirks_absences_and_faults_are_switched_on(tmp_path: Path) -> None:
    options = ["--port", "0", "--opportunities", "5", "--quirk", "expand-refused", "--quirk", "empty-pages"]
    options += ["--rotation", "strict", "--oauth-client-id", "mine", "--environment", "sandbox"]
    options += ["--absent", "tags", "--deny", "/postings/:id/apply", "--fault", "503,path=/users,from=2"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "sandbox", "serve", *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        url = process.stdout.readline().strip().partition("=")[2]
        with httpx.Client(base_url=url, auth=("sandbox-key", "")) as lever:
            paths = ("/opportunities?expand=applications", "/tags", "/postings/x/apply", "/users", "/users")
            assert [lever.get(path).status_code for path in paths] == [403, 404, 403, 200, 503]
            assert lever.get("/stages").json()["data"] == []
        told = dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(5))
        assert told["LEVER_OAUTH_CLIENT_ID"] == "mine"
        asked = {"client_id": "mine", "redirect_uri": told["LEVER_OAUTH_REDIRECT_URI"], "audience": f"{url}/"}
        asked |= {"scope": "users:read:admin", "response_type": "code"}
        page = httpx.get(f"{told['LEVER_AUTH_URL']}/authorize", params=asked)
        assert "sandbox environment" in page.text
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "options",
    [
        ("--quirk", "nonsense"),
        ("--absent", "nonsense"),
        ("--deny", "nonsense"),
        ("--fault", "nonsense"),
        ("--fault", "404,from=often"),
        ("--rotation", "nonsense"),
        ("--invalid-grant-status", "404"),
        ("--simulate", "99999999"),
    ],
)
def test_what_it_does_not_know_is_a_mistake_of_usage(command: Command, options: tuple[str, str]) -> None:
    found = command("sandbox", "serve", *options)

    assert found.code == 2
    assert options[0] in found.err
    assert len(found.err.strip().splitlines()) == 1


def test_the_help_names_every_quirk_and_fault(command: Command) -> None:
    found = command("sandbox", "serve", "--help")

    assert all(f"  {name} " in found.out for name in (*QUIRKS, *KINDS))
