"""The WebSocket of the UI is for its own pages, and for subscriptions alone."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from lever_assets_tests.ui.conftest import Ui

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "graphql-ws",
    "Content-Length": "",
}


def own(ui: Ui) -> dict[str, str]:
    return {**UPGRADE, "Origin": f"http://{ui.host}", "Sec-Fetch-Site": "same-origin"}


def test_the_uis_own_page_and_a_program_get_one(ui: Ui) -> None:
    assert ui.ask("GET", "/graphql", own(ui)).status == 101
    assert ui.ask("GET", "/graphql", UPGRADE).status == 101


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_a_page_of_another_site_gets_none(ui: Ui, foreign: dict[str, str]) -> None:
    answer = ui.ask("GET", "/graphql", {**own(ui), **foreign})
    assert answer.status == 403
    assert answer.body.startswith("Refused: ")


def connected(ui: Ui) -> ClientConnection:
    return connect(f"ws://{ui.host}/graphql", subprotocols=["graphql-ws"], proxy=None)  # type: ignore[list-item] # a text


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def test_a_subscription_is_answered(ui: Ui) -> None:
    with connected(ui) as socket:
        say(socket, type="connection_init")
        assert json.loads(socket.recv(10)) == {"type": "connection_ack"}
        say(
            socket,
            type="start",
            id="1",
            payload={"query": 'subscription { pipelineRunLogs(runId: "none") { __typename } }'},
        )
        assert json.loads(socket.recv(10))["id"] == "1"


@pytest.mark.parametrize("kind", ["start", "subscribe"])
def test_a_mutation_ends_it_undone(ui: Ui, kind: str) -> None:
    def send(document: str) -> None:
        with connected(ui) as socket:
            say(socket, type=kind, id="1", payload={"query": document})
            with pytest.raises(ConnectionClosed) as ended:
                socket.recv(10)
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 1008

    assert not ui.did(send)


@pytest.mark.parametrize("odd", ["{", "[]", "{}", '{"type": "start", "id": "1", "payload": []}', "[" * 5000])
def test_what_cannot_be_read_ends_no_other_one(ui: Ui, odd: str) -> None:
    with connected(ui) as socket:
        socket.send(odd)
    assert ui.ask().status == 200
