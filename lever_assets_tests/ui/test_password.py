"""The password, asked for by the browser."""

import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from lever_assets.ui import password as module
from lever_assets.ui.password import Password
from lever_assets_tests.ui.conftest import Serve, Ui
from lever_assets_tests.ui.test_websockets import UPGRADE

WORD = "pässword: with a colon"


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.fixture
def closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    """The UI behind a password, where a wrong one costs little."""
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    with serve(password=Password(SecretStr(WORD))) as ui:
        yield ui


def test_nothing_is_shown_without_the_password(closed: Ui) -> None:
    for path in (
        "/",
        "/server_info",
        "/graphql?query=%7Bversion%7D",
        "/favicon.png",
        "/runs",
        "/logs/a/b.out",
    ):
        answer = closed.ask(path=path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("basic ")
    assert closed.ask("GET", "/graphql", UPGRADE).status == 401
    assert not closed.did(closed.graphql)


@pytest.mark.parametrize(
    "given",
    [
        basic(""),
        basic("wrong"),
        basic(WORD[:-1]),
        basic(WORD + "x"),
        {"Authorization": f"Bearer {WORD}"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ***"},
        {"Authorization": f"Basic {b64encode(WORD.encode()).decode()}"},
    ],
)
def test_a_wrong_password_opens_nothing(closed: Ui, given: dict[str, str]) -> None:
    answer = closed.ask(headers=given)
    assert answer.status == 401
    assert WORD not in answer.body
    assert not closed.did(lambda document: closed.graphql(document, given))


def test_the_right_one_opens_everything_whoever_has_it(closed: Ui) -> None:
    for user in ("", "anybody", "recruiting"):
        assert closed.ask(headers=basic(WORD, user)).status == 200
    assert closed.ask("GET", "/graphql", {**UPGRADE, **basic(WORD)}).status == 101
    assert closed.did(lambda document: closed.graphql(document, basic(WORD)))


def test_it_opens_nothing_to_a_page_of_another_site(closed: Ui) -> None:
    foreign = {**basic(WORD), "Origin": "https://evil.example"}
    assert closed.ask(headers=foreign).status == 403
    assert not closed.did(lambda document: closed.graphql(document, foreign))
    assert closed.ask("POST", "/graphql", {**basic(WORD), "Content-Type": "text/plain"}).status == 415


def test_who_guesses_waits_and_holds_nobody_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.2)
    monkeypatch.setattr(module, "_AT_MOST", 4)
    with serve(password=Password(SecretStr(WORD))) as ui, ThreadPoolExecutor(8) as guessing:
        began = time.monotonic()
        guesses = [guessing.submit(ui.ask, headers=basic("wrong")) for _ in range(8)]
        while not any(each.done() for each in guesses):
            time.sleep(0.01)
        assert ui.ask(headers=basic(WORD)).status == 200
        statuses = [each.result().status for each in guesses]
        assert time.monotonic() - began > 0.2 * statuses.count(401) - 0.1
    assert set(statuses) == {401, 429}


def test_the_word_of_this_process_opens_as_the_password_does(serve: Serve) -> None:
    with serve(password=Password(SecretStr(WORD), SecretStr("a-word-of-this-process"))) as ui:
        statuses = [
            ui.ask(headers={"Authorization": told}).status
            for told in (
                "Bearer a-word-of-this-process",
                "Bearer a-word-of-another",
                "Bearer ",
                f"Basic {b64encode(b'x:a-word-of-this-process').decode()}",
            )
        ]

    assert statuses == [200, 401, 401, 401]
