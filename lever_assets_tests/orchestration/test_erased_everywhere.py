"""Of a person who was written to Lever, failed to be, was refused and is anonymised, nothing is left."""

import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from lever_assets.actions.engine.options import Options
from lever_assets.actions.running import run_action
from lever_assets.definitions import build
from lever_assets.orchestration.runs import erase_answers
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import ledger
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.meddling import Asked, Reply, meddling
from lever_assets_tests.orchestration.keeping import files, keeping, where
from lever_assets_tests.orchestration.running import Place
from lever_assets_tests.sandbox.writing import user_of

pytestmark = pytest.mark.long

WORDS = ["Wilhelmina", "Ångström", "quagmire.net", "5550147", "wq-resume", "wq-letter", "Zeugma"]
"""Names, address, phone, files and a note: each once only in the world."""
PERSON = {
    "first_name": "Wilhelmina",
    "last_name": "Ångström",
    "email_address": "Mina@quagmire.net",
    "phone_number": "+1 206 5550147",
    "gender": "FEMALE",
}
CONTENT = b64encode(b"%PDF the life of Wilhelmina").decode()


def paper(name: str, kind: str = "OTHER") -> dict[str, Any]:
    return {"name": name, "type": kind, "content_type": "application/pdf", "data": CONTENT}


class Kept(Place):
    """A place whose account is behind somebody who may change Lever's answers."""

    database = ""
    url = ""

    def settings(self, **changes: Any) -> Settings:
        known: dict[str, Any] = {"base_url": self.url, "perform_as": user_of(self.sandbox)}
        known["passthrough_job"] = True
        if self.database:
            known["database_url"] = SecretStr(self.database)
        return super().settings(**{**known, **changes})

    def act(self, name: str, **config: Any) -> dg.ExecuteInProcessResult:
        return self.run(f"{name}_job", run_config={"ops": {name: {"config": config}}})


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=6, rate=0)) as running:
        yield running


def refusing(asked: Asked, reply: Reply) -> Reply:
    """Let Lever refuse tags, in words that name the person as nobody sent them."""
    if asked.path.endswith("/addTags"):
        words = "the tag of wilhelmina ångström (mina@quagmire.net) is on zeugma already"
        return reply.giving(400, {"code": "BadRequest", "message": words})
    return reply


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def kept(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[Kept]:
    database = request.getfixturevalue("postgresql_database") if request.param == "postgresql" else ""
    with keeping(tmp_path) as instance, meddling(sandbox.url, refusing) as between:
        place = Kept(sandbox, tmp_path, instance)
        object.__setattr__(place, "database", database)
        object.__setattr__(place, "url", between.url)
        with Session.open(place.settings()) as session:
            sync(session, Scope())
        yield place


def everything_that_actions_do(place: Kept) -> str:
    """Create, fail, be refused, read and pass through; returns Lever's id of who was created."""
    job = next(row for row in place.tables()["jobs"] if row["status"] == "OPEN")["id"]
    whole: dict[str, Any] = {
        "candidate": PERSON,
        "attachments": [paper("wq-resume.pdf", "CV"), paper("wq-letter.pdf")],
    }
    made = place.act("create_candidate", application={"job_id": job}, **whole)
    assert made.success
    data = made.output_for_node("create_candidate")["data"]
    candidate, application = data["id"], data["applications"][0]["id"]
    again = place.act("create_application", job_id=job, **whole)
    unknown = place.act("create_application", job_id="remote:no-such-job", **whole)
    tag = place.act("add_candidate_tag", candidate_id=candidate, tag={"name": "prospect"})
    program = place.act("add_candidate_attachment", candidate_id=candidate, attachment=paper("wq-letter.exe"))
    assert not any(each.success for each in (again, unknown, tag, program))
    assert place.act("add_application_note", application_id=application, content="Zeugma said yes").success
    assert place.act("get_candidate_attachments", candidate_id=candidate).success
    dry = place.act(
        "create_application", job_id=job, dry_run=True, **{**whole, "candidate": {**PERSON, "company": "x"}}
    )
    assert not dry.success
    body = {"value": "Zeugma, asked for by mina@quagmire.net"}
    path = f"/opportunities/{data['remote_id']}/notes"
    assert place.act("passthrough", method="POST", path=path, data=body).success
    assert place.act("passthrough", method="GET", path=path).success
    return str(data["remote_id"])


def delta(place: Kept) -> None:
    with Session.open(place.settings()) as session:
        sync(session, Scope(delta=True))


def test_of_an_anonymised_person_nothing_is_left_on_any_disk(kept: Kept) -> None:
    opportunity = everything_that_actions_do(kept)
    assert where(WORDS, kept.folder, kept.database)

    kept.sandbox.anonymise(opportunity)
    delta(kept)
    assert kept.run("lever_erasure").success

    assert where(WORDS, kept.folder, kept.database) == set()
    with Session.open(kept.settings()) as session, session.reading() as tx:
        rows = ledger.recent(tx)
    assert {(row.state.value, bool(row.input_hash), row.run_id) for row in rows} == {
        ("succeeded", True, None),
        ("failed", True, None),
    }


@pytest.mark.long
def test_of_a_deleted_person_the_actions_are_forgotten_at_once(kept: Kept) -> None:
    opportunity = everything_that_actions_do(kept)
    kept.sandbox.delete("opportunities", opportunity)
    delta(kept)
    with Session.open(kept.settings()) as session, session.reading() as tx:
        left = [row.request for row in ledger.recent(tx) if row.request]
    assert left == []
    tick = build(kept.settings()).resolve_sensor_def("lever_retention")
    tick(dg.build_sensor_context(instance=kept.instance))
    assert where(WORDS, kept.folder / "dagster", "") == set()
    assert kept.run("lever_erasure", retention_days="0").success
    assert where(WORDS, kept.folder, kept.database) == set()


def test_events_and_logs_hold_no_file_s_name_and_no_words_of_levers_but_the_answer_does(kept: Kept) -> None:
    everything_that_actions_do(kept)
    events = "\n".join(
        str(each) for run in kept.instance.get_runs() for each in kept.instance.all_logs(run.run_id)
    )
    logs = dict(files(kept.folder / "dagster" / "logs"))
    assert logs
    assert [word for word in WORDS if word.lower() in events.lower()] == []
    assert [word for word in WORDS for each in logs.values() if word.lower().encode() in each.lower()] == []


def answers(place: Kept) -> list[Path]:
    return [file for file, _ in files(place.folder) if file.name == "answer.json"]


@pytest.mark.long
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_an_answer_is_a_file_of_the_run_s_for_its_owner_alone_and_for_a_day(kept: Kept) -> None:
    result = kept.act("passthrough", method="GET", path="/users", params={"limit": "1"})
    (output,) = [each.step_output_data for each in result.all_events if each.is_successful_output]
    file = Path(str(output.metadata["answer_file"].value))
    assert result.run_id in file.parts
    name = kept.sandbox.get("users", kept.sandbox.ids("users")[0])
    assert name is not None
    assert '"status": "success"' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in (file.parent, file.parent.parent)} == {0o700}

    tick = build(kept.settings()).resolve_sensor_def("lever_retention")
    tick(dg.build_sensor_context(instance=kept.instance))
    assert answers(kept) == [file]
    long_ago = (datetime.now(UTC) - timedelta(days=1, minutes=1)).timestamp()
    os.utime(file, (long_ago, long_ago))
    tick(dg.build_sensor_context(instance=kept.instance))
    assert answers(kept) == []
    assert erase_answers(kept.instance, before=datetime.now(UTC)) == 0


@pytest.mark.long
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_runs_and_inputs_go_when_they_are_old(kept: Kept) -> None:
    everything_that_actions_do(kept)
    (op,) = build(kept.settings()).resolve_job_def("add_application_note_job").nodes
    own = dg.GraphDefinition(name="mine", node_defs=[op.definition]).to_job()
    config = {"ops": {"add_application_note": {"config": {"application_id": "1" * 24, "content": "Zeugma"}}}}
    assert not own.execute_in_process(config, instance=kept.instance, raise_on_error=False).success
    runs = len(kept.instance.get_runs())
    assert kept.run("lever_erasure", retention_days="1").success
    assert len(kept.instance.get_runs()) == runs + 1
    assert kept.run("lever_erasure", retention_days="off").success
    assert kept.run("lever_erasure", retention_days="0").success
    assert {run.job_name for run in kept.instance.get_runs()} == {"lever_erasure"}
    with Session.open(kept.settings()) as session, session.reading() as tx:
        rows = ledger.recent(tx)
    assert [row.request for row in rows] == [{}] * len(rows)
    made = next(row for row in rows if row.action == "create_candidate")
    assert made.answer is not None
    assert made.answer["data"]["id"]  # type: ignore[index,call-overload]  # JSON
    assert "Wilhelmina" not in str(made.answer)


@pytest.mark.long
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_run_that_is_under_way_is_left_for_the_next_time(kept: Kept) -> None:
    job = build(kept.settings()).resolve_job_def("add_application_note_job")
    config = {"ops": {"add_application_note": {"config": {"application_id": "1" * 24, "content": "Zeugma"}}}}
    run = kept.instance.create_run_for_job(job, run_config=config)
    assert kept.run("lever_erasure", retention_days="0").success
    assert kept.instance.get_run_by_id(run.run_id) is not None
    kept.instance.report_run_canceled(run)
    assert kept.run("lever_erasure", retention_days="0").success
    assert kept.instance.get_run_by_id(run.run_id) is None


@pytest.mark.long
@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_an_action_of_the_command_line_s_is_erased_by_its_sync(kept: Kept) -> None:
    given = {"candidate": PERSON, "job_id": "remote:no-such-job"}
    with Session.open(kept.settings()) as session:
        assert not run_action(session, "create_application", given, Options()).succeeded
        erase_due(session)
        with session.reading() as tx:
            assert [row.request["candidate"]["last_name"] for row in ledger.recent(tx)] == [  # type: ignore[index,call-overload]  # JSON
                "Ångström"
            ]
    with Session.open(kept.settings(retention_days="0")) as session:
        erase_due(session)
    assert where(WORDS, kept.folder, kept.database) == set()
