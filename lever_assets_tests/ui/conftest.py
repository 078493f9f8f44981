"""Dagster's own webserver behind the check, on a real port, and words to say to it byte for byte."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.types import ASGIApp

from lever_assets.ui.guard import Guard
from lever_assets.ui.names import Names
from lever_assets.ui.password import Password
from lever_assets.ui.web import web_server

JSON = {"Content-Type": "application/json"}
_numbers = count(1)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Ui:
    """A UI that is served at `port`, and the instance that mutations change."""

    port: int
    instance: dg.DagsterInstance

    @property
    def host(self) -> str:
        """What a browser on this machine sends as `Host`."""
        return f"127.0.0.1:{self.port}"

    def ask(
        self,
        method: str = "GET",
        path: str = "/server_info",
        headers: Mapping[str, str] | None = None,
        body: str = "",
        *,
        lines: tuple[str, ...] = (),
    ) -> Answer:
        """Send a request as it is told; `lines` are further lines of its head. A header "" is not sent."""
        told = {"Host": self.host, "Connection": "close", "Content-Length": str(len(body.encode()))}
        told |= headers or {}
        head = [f"{method} {path} HTTP/1.1", *(f"{name}: {each}" for name, each in told.items() if each)]
        return exchange(self.port, "\r\n".join([*head, *lines, "", body]))

    def graphql(self, query: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a document as the UI itself does."""
        return self.ask("POST", "/graphql", {**JSON, **(headers or {})}, json.dumps({"query": query}))

    def did(self, send: Callable[[str], object]) -> bool:
        """Return whether a mutation that `send` is given as a document was done."""
        name = f"pool_{next(_numbers)}"
        send(f'mutation {{ setConcurrencyLimit(concurrencyKey: "{name}", limit: 1) }}')
        return name in self.instance.event_log_storage.get_concurrency_keys()


def exchange(port: int, said: str) -> Answer:
    """Say something to a server and return its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        peer.sendall(said.encode())
        told = b""
        while part := peer.recv(65536):
            told += part
            if told.startswith(b"HTTP/1.1 101"):
                break
    head, _, body = told.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), headers, body)


def as_query(document: str) -> str:
    """Return the path that asks for a document in its query."""
    return f"/graphql?query={quote(document)}"


@contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """Serve an application by the server that we serve the UI by; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = web_server(app)
        thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
        thread.start()
        try:
            yield taken.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="session")
def dagster_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ASGIApp, dg.DagsterInstance]]:
    """Dagster's webserver without any definitions, and its instance."""
    folder: Path = tmp_path_factory.mktemp("dagster")
    with (
        dg.DagsterInstance.local_temp(str(folder)) as instance,
        WorkspaceProcessContext(instance, None, "1") as context,
    ):
        yield create_app_from_workspace_process_context(context), instance


Serve = Callable[..., Any]


@pytest.fixture(scope="session")
def serve(dagster_app: tuple[ASGIApp, dg.DagsterInstance]) -> Serve:
    """Serves the UI with these names and this password as long as a block lasts."""
    app, instance = dagster_app

    @contextmanager
    def serving(names: Names | None = None, password: Password | None = None) -> Iterator[Ui]:
        with listening(Guard(app, names or Names("127.0.0.1"), password)) as port:
            yield Ui(port, instance)

    return serving


@pytest.fixture(scope="session")
def ui(serve: Serve) -> Iterator[Ui]:
    """The UI as it is on one's own machine."""
    with serve() as served:
        yield served
