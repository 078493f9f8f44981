"""Where Dagster's UI answers, a sync that is asked for is a run of its. Somebody stands for the UI here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from dagster_graphql.schema import create_schema
from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values

from lever_assets.api.own_sync import OWN_SYNC
from lever_assets.notices.finishing import sync_id_of
from lever_assets_tests.api.served import Served, served
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

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer a document, as Dagster's schema has it."""
        self.asked.append(asked)
        if "runsOrError" in asked["query"]:
            return {"runsOrError": {"__typename": "Runs", "results": self.runs}}
        return {"launchRun": self.outcome}

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
