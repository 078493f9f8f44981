"""The actions through Dagster: done for real, told by the run, and nothing personal kept in it."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.definitions import build
from lever_assets.sandbox import Fault, SandboxConfig, running_sandbox
from lever_assets.store import ledger
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.running import Place
from lever_assets_tests.sandbox.writing import user_of
from lever_assets_tests.web import WEB

SECRET = b64encode(b"%PDF what only the candidate should know").decode()


def act(place: Place, name: str, **config: Any) -> dg.ExecuteInProcessResult:
    """Run the job of an action."""
    return place.run(f"{name}_job", run_config={"ops": {name: {"config": config}}})


def anybody(place: Place) -> dict[str, Any]:
    """Return an application that waits for a decision."""
    return next(row for row in place.tables()["applications"] if row["outcome"] == "PENDING")


def opportunity(place: Place, application: dict[str, Any]) -> str:
    candidates = place.tables()["candidates"]
    return next(str(row["remote_id"]) for row in candidates if row["id"] == application["candidate_id"])


def read(place: Place, path: str) -> Any:
    answer = WEB.get(f"{place.sandbox.url}{path}", auth=(place.sandbox.key, ""))
    assert answer.status_code == 200
    return answer.json()["data"]


def events(place: Place, result: dg.ExecuteInProcessResult) -> str:
    """Return all that Dagster keeps of a run's events."""
    return "\n".join(str(each) for each in place.instance.all_logs(result.run_id))


def metadata(result: dg.ExecuteInProcessResult, op: str) -> dict[str, Any]:
    """Return the metadata of an op's output."""
    (output,) = [each.step_output_data for each in result.events_for_node(op) if each.is_successful_output]
    return {name: value.value for name, value in output.metadata.items()}


def test_a_tag_is_put_on_and_the_tables_show_it(synced: Place) -> None:
    application = anybody(synced)
    result = act(
        synced, "add_candidate_tag", candidate_id=application["candidate_id"], tag={"name": "From a job"}
    )

    assert result.success
    assert result.output_for_node("add_candidate_tag") == {"status": "success", "data": {}, "warnings": []}
    assert "From a job" in read(synced, f"/opportunities/{opportunity(synced, application)}")["tags"]
    assert "From a job" in {row["name"] for row in synced.tables()["tags"]}


def test_the_ledger_knows_the_run(synced: Place) -> None:
    application = anybody(synced)
    result = act(synced, "add_application_note", application_id=application["id"], content="Called back.")

    told = metadata(result, "add_application_note")
    with Session.open(synced.settings()) as session, session.reading() as tx:
        entry = ledger.get(tx, told["action_id"])
    assert entry is not None
    assert entry.run_id == result.run_id
    assert told["state"] == "succeeded"


def test_a_failed_action_fails_its_step_with_a_sentence(synced: Place) -> None:
    result = act(synced, "add_candidate_tag", candidate_id="1" * 24, tag={"name": "x"})

    assert not result.success
    (failed,) = [each for each in result.all_events if each.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description is not None
    assert failure.description.startswith("There is no candidate 111111111111111111111111")
    assert failure.metadata["code"].value == "PLATFORM.INPUT_INVALID"
    assert failure.metadata["title"].value == "Unknown candidate"


def test_the_error_leads_to_the_run(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as sandbox:
        place = Place(sandbox, tmp_path)
        result = place.run(
            "add_candidate_tag_job",
            run_config={
                "ops": {"add_candidate_tag": {"config": {"candidate_id": "1" * 24, "tag": {"name": "x"}}}}
            },
            ui_url="https://dagster.example.com/",
        )

    (failed,) = [each for each in result.all_events if each.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.metadata["log_url"].value == f"https://dagster.example.com/runs/{result.run_id}"


@pytest.mark.long
def test_a_dry_run_tells_the_requests_and_sends_none(synced: Place) -> None:
    application = anybody(synced)
    synced.sandbox.reset_requests()
    result = act(
        synced, "add_application_note", application_id=application["id"], content="Not yet.", dry_run=True
    )

    output = result.output_for_node("add_application_note")
    assert output["data"]["requests"][0]["body"] == {"value": "Not yet."}
    told = metadata(result, "add_application_note")["answer"]["data"]
    assert told["requests"][0]["method"] == "POST"
    assert told["requests"][0]["fields"] == ["value"]
    assert "Not yet." not in events(synced, result)
    assert all(each.startswith("GET") for each in synced.sandbox.requests().by_endpoint)


def test_a_write_is_attributed_to_whom_the_form_names(synced: Place) -> None:
    application = anybody(synced)
    user = next(row for row in synced.tables()["users"] if row["status"] == "ACTIVE")
    given = {"application_id": application["id"], "content": "By whom?", "perform_as": user["id"]}
    told = metadata(act(synced, "add_application_note", **given, dry_run=True), "add_application_note")

    assert told["answer"]["data"]["requests"][0]["params"] == {"perform_as": user["remote_id"]}


def test_a_sync_that_is_under_way_holds_nothing_up(synced: Place) -> None:
    application = anybody(synced)
    with Session.open(synced.settings()) as session, session.alone():
        result = act(synced, "add_application_note", application_id=application["id"], content="Meanwhile.")

    assert result.success
    notes = read(synced, f"/opportunities/{opportunity(synced, application)}/notes")
    assert "Meanwhile." in [each["fields"][0]["value"] for each in notes]


def test_no_action_is_in_a_pool_of_the_syncs(synced: Place) -> None:
    definitions = build(synced.settings())
    for name in [*(each.name for each in ACTIONS), "passthrough"]:
        (node,) = definitions.resolve_job_def(f"{name}_job").nodes
        assert not node.definition.pools, name


def test_the_same_key_writes_once(synced: Place) -> None:
    application = anybody(synced)
    given = {"application_id": application["id"], "content": "Once.", "idempotency_key": "once"}
    first, second = (act(synced, "add_application_note", **given) for _ in range(2))

    assert first.success
    assert second.success
    notes = read(synced, f"/opportunities/{opportunity(synced, application)}/notes")
    assert [each["fields"][0]["value"] for each in notes].count("Once.") == 1


def test_each_run_says_which_action_it_took_up_the_repeated_one_too(synced: Place) -> None:
    given = {"application_id": anybody(synced)["id"], "content": "Once.", "idempotency_key": "tagged"}
    results = [act(synced, "add_application_note", **given) for _ in range(2)]
    runs = [synced.instance.get_run_by_id(each.run_id) for each in results]
    with Session.open(synced.settings()) as session, session.reading() as tx:
        entry = ledger.find(tx, "tagged")
    assert entry is not None
    assert [each.tags["lever/action_id"] for each in runs if each is not None] == [entry.id] * 2


def test_no_file_and_no_key_is_in_what_dagster_keeps_of_a_run(synced: Place) -> None:
    application = anybody(synced)
    file = {"name": "cv.pdf", "type": "CV", "content_type": "application/pdf", "data": SECRET}
    given = {"candidate_id": application["candidate_id"], "perform_as": user_of(synced.sandbox)}
    sent = act(synced, "add_candidate_attachment", **given, attachment=file)
    synced.sandbox.set_faults(Fault(name="500", method="POST", rate=1))
    failed = act(synced, "add_candidate_attachment", **given, attachment={**file, "name": "other.pdf"})

    assert sent.success
    assert not failed.success
    for result in (sent, failed):
        kept = events(synced, result)
        assert SECRET not in kept
        assert synced.sandbox.key not in kept


def test_what_is_read_again_of_a_person_is_not_in_what_dagster_keeps_of_a_run(synced: Place) -> None:
    job = next(row for row in synced.tables()["jobs"] if row["status"] == "OPEN")
    user = next(row for row in synced.tables()["users"] if row["status"] == "ACTIVE")
    result = act(
        synced,
        "create_candidate",
        candidate={"first_name": "Rosa", "last_name": "Lindqvist", "email_address": "rosa@example.com"},
        application={"job_id": job["id"]},
        remote_fields={"lever": {"perform_as": user["id"]}},
    )

    assert result.success
    output = result.output_for_node("create_candidate")
    assert output["data"]["last_name"] == "Lindqvist"
    told = metadata(result, "create_candidate")["answer"]["data"]
    assert told["id"] == output["data"]["id"]
    assert told["applications"][0]["id"] == output["data"]["applications"][0]["id"]
    whole = json.loads(Path(str(metadata(result, "create_candidate")["answer_file"])).read_text())
    assert whole["data"]["last_name"] == "Lindqvist"
    assert whole["data"]["tags"] == output["data"]["tags"] != []
    assert "Lindqvist" not in events(synced, result)
    assert "rosa@example.com" not in events(synced, result)


@pytest.mark.long
def test_files_are_downloaded_to_a_folder(synced: Place, tmp_path: Path) -> None:
    application = anybody(synced)
    file = {"name": "cv.pdf", "type": "OTHER", "content_type": "application/pdf", "data": SECRET}
    given = {"candidate_id": application["candidate_id"], "perform_as": user_of(synced.sandbox)}
    assert act(synced, "add_candidate_attachment", **given, attachment=file).success
    result = act(
        synced,
        "get_application_attachments",
        application_id=application["id"],
        download_to=str(tmp_path / "files"),
    )

    listed = result.output_for_node("get_application_attachments")["data"]["results"]
    own = next(each for each in listed if each["file_name"] == "cv.pdf")
    path = Path(own["data_url"].removeprefix("file://"))
    assert b64encode(path.read_bytes()).decode() == SECRET
    assert "file_name" not in json.dumps(metadata(result, "get_application_attachments"))


@pytest.mark.long
def test_a_request_is_passed_through(synced: Place) -> None:
    result = act(synced, "passthrough", method="GET", path="/opportunities", params={"limit": "2"})

    answer = result.output_for_node("passthrough")["data"]
    assert answer["status"] == 200
    assert len(answer["data"]["data"]) == 2
    assert metadata(result, "passthrough")["http_status"] == 200


def test_a_refusal_of_levers_is_passed_through_too(synced: Place) -> None:
    result = act(synced, "passthrough", method="GET", path="/opportunities/none")

    assert result.success
    assert result.output_for_node("passthrough")["data"]["status"] == 404


@pytest.mark.long
def test_a_path_that_leads_elsewhere_fails(synced: Place) -> None:
    result = act(synced, "passthrough", method="GET", path="/../other")

    assert not result.success
