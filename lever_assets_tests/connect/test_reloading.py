"""A Dagster that runs is told of another connection, at LEVER_UI_URL or where `lever-assets ui` runs."""

import base64
import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets import private
from lever_assets.connect.reloading import reload_dagster
from lever_assets.connect.ui_address import Found, telling, told
from lever_assets.settings import Settings
from lever_assets.ui.listening import Place
from lever_assets_tests.serving import Quiet, serving

TOKEN = "a-random-word-of-that-process"
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
    with dagster(DONE, password="once upon a time") as (url, _):
        found = reload_dagster(settings(tmp_path, ui_url=url))

    assert "was not reloaded" in found.told
    assert "status 401, set LEVER_UI_PASSWORD as it is there" in found.doubt


def test_where_the_ui_runs_it_is_found_without_the_setting(tmp_path: Path) -> None:
    with dagster(DONE) as (url, asked), telling(tmp_path, url, TOKEN):
        found = reload_dagster(settings(tmp_path, ui_password=SecretStr("once upon a time")))
        mode = stat.S_IMODE((tmp_path / "ui.json").stat().st_mode)

    assert found.told == "The Dagster of `lever-assets ui` was reloaded, and shows it."
    assert asked == [f"Bearer {TOKEN}"]
    assert mode == 0o600
    assert told(tmp_path) is None
    assert "was not done" in reload_dagster(settings(tmp_path)).told


def test_nobody_answering_there_is_as_if_there_was_none(tmp_path: Path) -> None:
    with telling(tmp_path, NOWHERE, TOKEN):
        found = reload_dagster(settings(tmp_path))

    assert "no `lever-assets ui` runs" in found.told
    assert found.doubt == ""


def test_the_address_that_is_set_goes_before_the_one_that_is_found(tmp_path: Path) -> None:
    with dagster(DONE) as (url, asked), dagster(DONE) as (other, others), telling(tmp_path, other, TOKEN):
        reload_dagster(settings(tmp_path, ui_url=url))

    assert (len(asked), len(others)) == (1, 0)


@pytest.mark.parametrize("answer", [[], {"data": {"reloadRepositoryLocation": {"__typename": "\x1b[2J"}}}])
def test_what_answers_there_and_is_no_dagster_is_as_if_there_was_none(tmp_path: Path, answer: Any) -> None:
    with dagster(answer) as (url, asked), telling(tmp_path, url, TOKEN):
        found = reload_dagster(settings(tmp_path, ui_password=SecretStr("once upon a time")))

    assert asked == [f"Bearer {TOKEN}"]
    assert "no `lever-assets ui` runs" in found.told
    assert found.doubt == ""


def test_what_dagster_says_went_wrong_is_told_also_where_it_was_found(tmp_path: Path) -> None:
    with dagster(REFUSED) as (url, _), telling(tmp_path, url, TOKEN):
        found = reload_dagster(settings(tmp_path))

    assert "(UnauthorizedError)" in found.doubt


def test_an_answer_without_end_in_its_depth_is_told(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    with dagster({"data": deep}) as (url, _):
        assert "status 200" in reload_dagster(settings(tmp_path, ui_url=url)).doubt


def test_control_characters_of_an_answer_reach_no_terminal(tmp_path: Path) -> None:
    with dagster({"data": {"reloadRepositoryLocation": {"__typename": "\x1b]0;x\x07"}}}) as (url, _):
        found = reload_dagster(settings(tmp_path, ui_url=url))

    assert "was not reloaded" in found.told
    assert found.doubt.isprintable()


def test_of_two_uis_the_last_one_is_told_and_leaves_only_its_own_word(tmp_path: Path) -> None:
    with telling(tmp_path, "http://127.0.0.1:1", TOKEN):
        with telling(tmp_path, "http://127.0.0.1:2", TOKEN):
            assert told(tmp_path) == Found("http://127.0.0.1:2", TOKEN)
        assert told(tmp_path) is None
    with ExitStack() as ends_first:
        ends_first.enter_context(telling(tmp_path, "http://127.0.0.1:1", TOKEN))
        with telling(tmp_path, "http://127.0.0.1:2", TOKEN):
            ends_first.close()
            assert told(tmp_path) == Found("http://127.0.0.1:2", TOKEN)


WRITTEN = {"url": "http://127.0.0.1:9", "host": socket.gethostname(), "token": TOKEN}


def leave(folder: Path, text: str) -> Path:
    """Leave a file as a UI that was killed would have."""
    private.write(folder / "ui.json", text)
    return folder / "ui.json"


def test_what_a_killed_ui_left_leads_to_whoever_has_its_port_with_nothing_but_its_own_word(
    tmp_path: Path,
) -> None:
    with dagster(DONE) as (url, asked):
        leave(tmp_path, json.dumps({**WRITTEN, "url": url}))
        reload_dagster(settings(tmp_path, ui_password=SecretStr("once upon a time")))

    assert asked == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "[" * 4000,
        "\udc80",
        *(
            json.dumps({**WRITTEN, **wrong})
            for wrong in (
                {"host": "elsewhere"},
                {"token": "short"},
                {"token": f"{TOKEN}\r\nX: y"},
                {"token": 5},
                {"url": 5},
                {"url": "http://192.0.2.7:80"},
                {"url": "http://127.0.0.1:9@192.0.2.7:80"},
                {"url": "http://127.0.0.1.example:80"},
                {"url": "http://[::1"},
                {"url": "http://\x00"},
                {"url": "http://xn--\u00df:1"},
                {"url": "http://127.0.0.1:99999"},
            )
        ),
    ],
)
def test_an_address_elsewhere_or_none_at_all_is_ignored(tmp_path: Path, text: str) -> None:
    leave(tmp_path, "").write_bytes(text.encode("utf-8", "surrogateescape"))

    assert told(tmp_path) is None
    assert "was not done" in reload_dagster(settings(tmp_path)).told


@pytest.mark.parametrize("url", ["http://[::1", "http://\x00", "http://xn--\u00df\u00df.xn--a", "nonsense"])
def test_an_address_that_can_be_none_is_told(tmp_path: Path, url: str) -> None:
    given = settings(tmp_path).model_copy(update={"ui_url": url})

    assert "can't be reached" in reload_dagster(given).doubt


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_read_is_ignored(tmp_path: Path, mode: int) -> None:
    file = leave(tmp_path, json.dumps(WRITTEN))
    assert told(tmp_path) is not None
    file.chmod(mode)

    assert told(tmp_path) is None


@pytest.mark.parametrize("made", ["link", "pipe", "folder"])
def test_what_is_no_file_is_ignored(tmp_path: Path, made: str) -> None:
    file = tmp_path / "ui.json"
    if made == "link":
        file.symlink_to(leave(tmp_path, json.dumps(WRITTEN)).rename(tmp_path / "elsewhere"))
    elif made == "pipe":
        os.mkfifo(file, 0o600)
    else:
        file.mkdir(0o700)

    assert told(tmp_path) is None


def test_a_ui_that_others_reach_only_leaves_no_word(tmp_path: Path) -> None:
    with telling(tmp_path, "http://192.0.2.7:3000", TOKEN):
        assert not (tmp_path / "ui.json").exists()


@pytest.mark.parametrize(
    ("host", "here"),
    [("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")],
)
def test_a_ui_that_listens_everywhere_is_asked_on_this_machine(host: str, here: str) -> None:
    assert Place(host, 3000).url_here == f"http://{here}:3000"
