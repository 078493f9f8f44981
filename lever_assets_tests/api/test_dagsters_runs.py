"""Where Dagster's UI answers, a sync that is asked for is a run of its. Somebody stands for the UI here."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from dagster_graphql.schema import create_schema
from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from sqlalchemy import select

from lever_assets.api.own_sync import OWN_SYNC
from lever_assets.notices.finishing import sync_id_of
from lever_assets.store.accounts import is_switched_off
from lever_assets.store.tables import notice_outbox
from lever_assets_tests.api.linking import Linking, linking, settle
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.cli.test_processes import environment
from lever_assets_tests.serving import Quiet, serving

RUN = "0d6a3f2e-1111-4222-8333-444455556666"


@dataclass
class Ui:
    """What a UI was asked, which runs it tells of, and how it answers who launches one."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    outcome: dict[str, Any] = field(
        default_factory=lambda: {"__typename": "LaunchRunSuccess", "run": {"runId": RUN}}
    )
    url: str = ""
    before: Callable[[str], object] = lambda _: None
    """Called with each document, before it is answered."""

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer a document, as Dagster's schema has it."""
        self.asked.append(asked)
        self.before(asked["query"])
        if "runsOrError" in asked["query"]:
            return {"runsOrError": {"__typename": "Runs", "results": self.runs}}
        if "terminateRuns" in asked["query"]:
            ended = [{"__typename": "TerminateRunSuccess"}] * len(asked["variables"]["runIds"])
            return {"terminateRuns": {"__typename": "TerminateRunsResult", "terminateRunResults": ended}}
        return {"launchRun": self.outcome}

    @property
    def ended(self) -> list[list[str]]:
        """Which runs were to be ended, at once each time."""
        return [each["variables"]["runIds"] for each in self.asked if "terminateRuns" in each["query"]]

    @property
    def launched(self) -> list[dict[str, Any]]:
        """What was to be launched."""
        return [each["variables"]["params"] for each in self.asked if "launchRun" in each["query"]]


@pytest.fixture
def ui() -> Iterator[Ui]:
    found = Ui()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = json.dumps({"data": found.answer(json.loads(body))}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

    with serving(Handler) as port:
        found.url = f"http://127.0.0.1:{port}"
        yield found


@pytest.fixture
def here(shared: Served, ui: Ui) -> Iterator[Served]:
    with served(shared.account, ui_url=ui.url) as api:
        yield api


def _no_thread_of_ours(api: Served) -> bool:
    with api.account.session() as session, session.reading() as tx:
        return OWN_SYNC.read(tx) is None


@pytest.mark.parametrize(
    ("kind", "job", "refresh"), [("FULL", "lever_full_sync", None), ("DELTA", "lever_sync", "delta")]
)
def test_a_run_is_launched(here: Served, ui: Ui, kind: str, job: str, refresh: str | None) -> None:
    with here.client() as kombo:
        found = kombo.general.trigger_sync(type_=kind).data

    assert (found.already_queued, found.type) == (False, kind)
    assert found.sync_id == sync_id_of("lever", RUN)
    (params,) = ui.launched
    assert params["selector"]["jobName"] == job
    tags = {each["key"]: each["value"] for each in params["executionMetadata"]["tags"]}
    assert tags.get("lever/refresh") == refresh
    assert tags["lever/connection"] == "lever"
    assert _no_thread_of_ours(here)


def test_of_one_that_is_under_way_who_asks_again_hears(here: Served, ui: Ui) -> None:
    tags = [{"key": "lever/connection", "value": "lever"}]
    ui.runs = [
        {"runId": "an-action", "jobName": "add_candidate_tag_job", "tags": tags},
        {
            "runId": RUN,
            "jobName": "lever_sync",
            "tags": [*tags, {"key": "lever/refresh", "value": "delta"}],
        },
    ]
    found = here.data("POST", "/v1/force-sync", json={"type": "FULL"})

    assert found == {"already_queued": True, "sync_id": sync_id_of("lever", RUN), "type": "DELTA"}
    assert not ui.launched
    (asked,) = ui.asked
    assert asked["variables"]["filter"]["tags"] == tags


def test_where_dagster_has_no_such_job_the_server_does_it(api: Served, ui: Ui) -> None:
    ui.outcome = {"__typename": "PipelineNotFoundError"}
    with served(api.account, ui_url=ui.url) as here:
        first = here.data("POST", "/v1/force-sync", json={})
        again = here.data("POST", "/v1/force-sync", json={})

    assert first["type"] == "FULL"
    assert len(ui.launched) in {1, 2}  # the second only if the first is done already
    assert again["already_queued"] or again["sync_id"] != first["sync_id"]


@pytest.mark.parametrize("drips", [False, True])
def test_a_ui_that_hangs_holds_nobody_up(api: Served, *, drips: bool) -> None:
    over = threading.Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.2):
                if drips:
                    self.wfile.write(b"X: y\r\n")

    try:
        with serving(Handler) as port, served(api.account, ui_url=f"http://127.0.0.1:{port}") as here:
            began = time.monotonic()
            made = here.data("POST", "/v1/force-sync", json={})
            assert time.monotonic() - began < 6  # it waits 3.5, and the rest is for a busy machine
            assert (made["already_queued"], made["type"]) == (False, "FULL")
            settle()
    finally:
        over.set()


@pytest.mark.parametrize(("launched", "begins"), [("full", False), ("delta", True)])
def test_a_run_that_begins_late_is_the_only_full_sync(
    api: Served, ui: Ui, monkeypatch: pytest.MonkeyPatch, launched: str, *, begins: bool
) -> None:
    """The server gives way to a run that was launched, though that was not answered in time."""
    monkeypatch.setattr("lever_assets.api.runs._LATE_SECONDS", 3.0)
    tags = [{"key": "lever/connection", "value": "lever"}, {"key": "lever/refresh", "value": launched}]

    def late(query: str) -> None:
        if "launchRun" in query:
            time.sleep(3.5)
            ui.runs = [{"runId": RUN, "jobName": "lever_sync", "tags": tags}]

    ui.before = late
    telling = {"notice_urls": "http://127.0.0.1:9/", "notice_types": ("sync-finished",)}
    with served(api.account, ui_url=ui.url, **telling) as here:
        before = here.account.sandbox.requests().total
        made = here.data("POST", "/v1/force-sync", json={})
        settle()
        assert _no_thread_of_ours(here)
        assert (here.account.sandbox.requests().total > before) is begins
        with here.account.session() as session, session.reading() as tx:
            told = tx.sql.execute(select(notice_outbox.c.body)).scalars().all()
    assert len(ui.launched) == 1
    ends = {each["data"]["sync_id"]: each["data"]["sync_state"] for each in map(json.loads, told)}
    assert ends[made["sync_id"]] == ("SUCCEEDED" if begins else "CANCELLED")


def test_dagsters_own_schema_takes_what_is_asked(here: Served, ui: Ui) -> None:
    here.data("POST", "/v1/force-sync", json={"type": "DELTA"})
    schema = create_schema().graphql_schema

    assert len(ui.asked) == 2
    for each in ui.asked:
        document = parse(each["query"])
        assert validate(schema, document) == []
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        given = get_variable_values(schema, operation.variable_definitions or (), each["variables"])
        assert isinstance(given, dict), given


@pytest.fixture
def stored(lined_up: Linking) -> tuple[Linking, str, str]:
    """A server with an account that is stored: its integration's id, and its name."""
    own = lined_up.connected()
    return lined_up, own, lined_up.synced(own)


def _syncing(name: str) -> list[dict[str, Any]]:
    tags = [{"key": "lever/connection", "value": name}]
    return [
        {"runId": "an-action", "jobName": "add_candidate_tag_job", "tags": tags},
        {"runId": RUN, "jobName": f"{name}_sync", "tags": tags},
    ]


def test_switching_off_ends_the_runs_that_sync(stored: tuple[Linking, str, str], ui: Ui) -> None:
    linking, own, name = stored
    ui.runs = _syncing(name)
    off: list[bool] = []

    def look(query: str) -> None:
        if "terminateRuns" in query:
            with linking.store.reading(name) as tx:
                off.append(is_switched_off(tx))

    ui.before = look
    with served(linking.api.account, api_key=None, ui_url=ui.url) as here, here.client() as kombo:
        kombo.general.set_integration_enabled(integration_id=own, value=False)
        assert ui.ended == [[RUN]]
        assert off == [True]  # what they write after that is refused
        kombo.general.set_integration_enabled(integration_id=own, value=True)

    assert ui.ended == [[RUN]]
    schema = create_schema().graphql_schema
    for each in ui.asked:
        document = parse(each["query"])
        assert validate(schema, document) == []


def test_so_does_the_command(stored: tuple[Linking, str, str], ui: Ui) -> None:
    linking, own, name = stored
    ui.runs = _syncing(name)
    variables = environment(
        linking.api.account.folder, LEVER_DATABASE_URL=linking.api.account.database, LEVER_UI_URL=ui.url
    )
    command = [sys.executable, "-m", "lever_assets", "connections", "disable", name]
    done = subprocess.run(
        command, env=variables, cwd=linking.api.account.folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "A sync that is under way ends" in done.stdout + done.stderr
    assert ui.ended == [[RUN]]
    assert linking.api.data("GET", f"/v1/integrations/{own}", integration=None)["status"] == "INACTIVE"


def test_where_the_ui_answers_the_first_sync_is_a_run(database_url: str, tmp_path: Path, ui: Ui) -> None:
    with linking(database_url, tmp_path, ui_url=ui.url) as here:
        own = here.connected()
        settle()
        name = here.name(own)

        assert [each["selector"]["jobName"] for each in ui.launched] == [f"{name}_full_sync"]
        with here.store.reading(name) as tx:
            assert OWN_SYNC.read(tx) is None


def test_one_that_the_sensor_has_started_is_the_first_sync(database_url: str, tmp_path: Path, ui: Ui) -> None:
    ui.runs = [
        {
            "runId": RUN,
            "jobName": "acme_inc_full_sync",
            "tags": [
                {"key": "lever/connection", "value": "acme_inc"},
                {"key": "lever/refresh", "value": "full"},
            ],
        }
    ]
    with linking(database_url, tmp_path, ui_url=ui.url) as here:
        here.connected()
        settle()

    assert not ui.launched
