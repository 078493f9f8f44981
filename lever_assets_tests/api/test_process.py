"""The command that serves the API: told to end, it finishes what it was asked for, and answers."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from lever_assets_tests.actions.newcomers import newcomer, open_job, opportunities_of
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.served import KEY, Served
from lever_assets_tests.api.test_bad_days import FILES, NOTE, _file
from lever_assets_tests.cli.test_processes import environment
from lever_assets_tests.serving import free_port
from lever_assets_tests.web import WEB

_PATIENCE = 90.0


@contextmanager
def process_serving(
    acting: Served, *options: str, **more: str
) -> "Iterator[tuple[Served, subprocess.Popen[bytes]]]":
    """Serve the account by the command, in a process of its own."""
    port, account = free_port(), acting.account
    variables = environment(
        account.folder,
        LEVER_API_KEY=account.sandbox.key,
        LEVER_BASE_URL=account.sandbox.url,
        LEVER_DATABASE_URL=account.database,
        LEVER_RATE_LIMIT="0",
        LEVER_API_TOKEN=KEY,
        LEVER_PERFORM_AS=str(acting.settings.perform_as),
        **more,
    )
    command = [sys.executable, "-m", "lever_assets", "api", "serve", "--port", str(port), *options]
    with subprocess.Popen(command, env=variables, cwd=account.folder, stderr=subprocess.PIPE) as process:
        try:
            here = replace(acting, url=f"http://127.0.0.1:{port}")
            _until_ready(here)
            yield here, process
        finally:
            process.kill()


def _until_ready(api: Served) -> None:
    def ready() -> bool:
        try:
            return WEB.get(f"{api.url}/ready").status_code == 200
        except httpx.TransportError:
            return False

    _until(ready)


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_an_action_is_finished_and_answered(recruiters: Served, options: tuple[str, ...]) -> None:
    account, person, content = recruiters.account, recruiters.account.person(), fresh("A note")
    account.sandbox.set_faults(f"slow=3,endpoint={NOTE}")
    path = f"/v1/ats/applications/{person.application}/notes"
    given = {"content": content, "content_type": "PLAIN_TEXT"}
    with process_serving(recruiters, *options) as (here, process), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(here.ask, "POST", path, json=given)
        _until(lambda: account.sandbox.requests().by_endpoint.get(NOTE))
        process.send_signal(signal.SIGTERM)
        found: Any = answer.result()
        process.wait(_PATIENCE)
    account.sandbox.set_faults()

    assert found.status_code == 200, found.text
    assert account.notes(person).count(content) == 1


def test_files_that_were_promised_are_uploaded_before_the_end(recruiters: Served) -> None:
    account, name = recruiters.account, fresh("late") + ".pdf"
    job = open_job(account)
    account.sandbox.set_faults(f"slow=7,endpoint={FILES}")
    given = {"candidate": newcomer(), "attachments": [_file(name)]}
    with process_serving(recruiters) as (here, process):
        answer = here.ask("POST", f"/v1/ats/jobs/remote:{job}/applications", json=given).json()
        assert any("still being uploaded" in each["message"] for each in answer["warnings"])
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)
    account.sandbox.set_faults()

    (opportunity,) = opportunities_of(account, {**given, "job_id": job})
    assert [each["name"] for each in account.read(f"/opportunities/{opportunity['id']}/files")] == [name]


def _until(seen: Any) -> None:
    end = time.monotonic() + _PATIENCE
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.05)
