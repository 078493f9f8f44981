"""A Dagster that runs is told of another connection, at LEVER_UI_URL or where `lever-assets ui` runs."""

import base64
import json
import multiprocessing
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.connect.reloading import reload_dagster
from lever_assets.connect.ui_address import telling, told
from lever_assets.settings import Settings
from lever_assets.ui.listening import Place
from lever_assets_tests.serving import Quiet, serving

NOWHERE = "http://127.0.0.1:9"
DONE = {"data": {"reloadRepositoryLocation": {"__typename": "WorkspaceLocationEntry"}}}
REFUSED = {"data": {"reloadRepositoryLocation": {"__typename": "UnauthorizedError"}}}


@contextmanager
def dagster(answer: Any, password: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """Answer as a Dagster's UI does; yields its address, and who asked, by their `Authorization`."""
    asked: list[str] = []

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(self.headers.get("Authorization", ""))
            right = self.path == "/graphql" and given["variables"] == {"location": "lever_assets"}
            expected = f"Basic {base64.b64encode(f'lever:{password}'.encode()).decode()}"
            if password is not None and asked[-1] != expected:
                self.send_error(401)
                return
            self.send_response(200 if right else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}", asked


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **given)


def test_without_an_address_it_is_said_that_nothing_was_reloaded(tmp_path: Path) -> None:
    found = reload_dagster(settings(tmp_path))

    assert "once its code location is reloaded" in found.told
    assert "was not done" in found.told
    assert found.doubt == ""


def test_at_the_address_that_is_set_it_is_reloaded_with_the_password(tmp_path: Path) -> None:
    with dagster(DONE) as (url, asked):
        found = reload_dagster(settings(tmp_path, ui_url=url, ui_password=SecretStr("once upon a time")))

    assert (found.told, found.doubt) == ("The Dagster at LEVER_UI_URL was reloaded, and shows it.", "")
    assert base64.b64decode(asked[0].removeprefix("Basic ")) == b"lever:once upon a time"


@pytest.mark.parametrize("why", ["nobody there", "refused", "no Dagster"])
def test_what_goes_wrong_at_the_address_that_is_set_is_told(tmp_path: Path, why: str) -> None:
    with dagster(REFUSED if why == "refused" else []) as (url, _):
        found = reload_dagster(settings(tmp_path, ui_url=NOWHERE if why == "nobody there" else url))

    assert "was not reloaded" in found.told
    assert "reload the code location" in found.doubt


def test_a_password_that_is_missing_is_told(tmp_path: Path) -> None:
    with dagster(DONE, password="once upon a time") as (url, _), telling(tmp_path, url):
        found = reload_dagster(settings(tmp_path))

    assert "was not reloaded" in found.told
    assert "status 401, set LEVER_UI_PASSWORD as it is there" in found.doubt


def test_where_the_ui_runs_it_is_found_without_the_setting(tmp_path: Path) -> None:
    with dagster(DONE) as (url, asked), telling(tmp_path, url):
        found = reload_dagster(settings(tmp_path))
        mode = stat.S_IMODE((tmp_path / "ui.json").stat().st_mode)

    assert found.told == "The Dagster of `lever-assets ui` was reloaded, and shows it."
    assert len(asked) == 1
    assert mode == 0o600
    assert told(tmp_path) is None
    assert "was not done" in reload_dagster(settings(tmp_path)).told


def test_nobody_answering_there_is_as_if_there_was_none(tmp_path: Path) -> None:
    with telling(tmp_path, NOWHERE):
        found = reload_dagster(settings(tmp_path))

    assert "no `lever-assets ui` runs" in found.told
    assert found.doubt == ""


def test_the_address_that_is_set_goes_before_the_one_that_is_found(tmp_path: Path) -> None:
    with dagster(DONE) as (url, asked), dagster(DONE) as (other, others), telling(tmp_path, other):
        reload_dagster(settings(tmp_path, ui_url=url))

    assert (len(asked), len(others)) == (1, 0)


def test_of_two_uis_the_first_is_told_as_long_as_it_runs(tmp_path: Path) -> None:
    with telling(tmp_path, "http://127.0.0.1:1"):
        with telling(tmp_path, "http://127.0.0.1:2"):
            assert told(tmp_path) == "http://127.0.0.1:1"
        assert told(tmp_path) == "http://127.0.0.1:1"


def _die_while_telling(folder: Path) -> None:
    with telling(folder, NOWHERE):
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_password_goes_to_nobody_who_took_the_port_of_a_ui_that_was_killed(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_while_telling, args=(tmp_path,))
    process.start()
    process.join(60)

    with dagster(DONE) as (url, asked):
        (left,) = tmp_path.glob("ui.json")
        left.write_text(left.read_text().replace(NOWHERE, url))
        found = reload_dagster(settings(tmp_path, ui_password=SecretStr("once upon a time")))

    assert asked == []
    assert "was not done" in found.told


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"url": "http://127.0.0.1:9", "host": "elsewhere"}'])
def test_an_address_of_another_machine_or_none_at_all_is_ignored(tmp_path: Path, text: str) -> None:
    with telling(tmp_path, NOWHERE):
        (tmp_path / "ui.json").write_text(text)

        assert told(tmp_path) is None


@pytest.mark.parametrize(
    ("host", "here"),
    [("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")],
)
def test_a_ui_that_listens_everywhere_is_asked_on_this_machine(host: str, here: str) -> None:
    assert Place(host, 3000).url_here == f"http://{here}:3000"
