"""Runs with erased inputs go bit by bit: what can't go now holds up nothing, and nothing begins anew."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration import runs
from lever_assets.orchestration.names import ACTION_ID_TAG
from lever_assets.orchestration.retention import RunErasure, erase_runs
from lever_assets.orchestration.runs import compact_storage, delete_run
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import Store, ledger
from lever_assets.store.action_erasure import erase_old_actions
from lever_assets.store.addresses import addresses_in, keep_erased
from lever_assets.store.compacting import compact
from lever_assets.store.erased_files import TABLES
from lever_assets.sync.retention.compaction import compact_if_due
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.keeping import keeping, where
from lever_assets_tests.store.builders import LEVER, candidate, merged

GONE, HERE = "gone-in-lever", "here-in-lever"


@dg.op(config_schema=dict)
def typed_in() -> None:
    """Stand for an action."""


JOB = dg.GraphDefinition(name="add_candidate_tag_job", node_defs=[typed_in]).to_job()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with keeping(tmp_path) as instance:
        yield instance


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A database in which one candidate is there and one is gone."""
    with Session.open(Settings(data_dir=tmp_path)) as session:
        there = [candidate(each) for each in (GONE, HERE)]
        merged(session.store, *((str(each.remote_id), each) for each in there), model="candidates")
        merged(session.store, sources=(GONE,), model="candidates")
        erased(session)
        yield session


def erased(session: Session) -> None:
    with session.writing() as tx:
        TABLES.note(tx)


def run(instance: dg.DagsterInstance, config: dict[str, Any], *, ended: bool = True, action: str = "") -> str:
    found = instance.create_run_for_job(
        JOB, run_config={"ops": {"typed_in": {"config": config}}}, tags={ACTION_ID_TAG: action}
    )
    if ended:
        instance.report_run_canceled(found)
    return found.run_id


def about(remote_id: str) -> dict[str, Any]:
    return {"candidate_id": f"remote:{remote_id}", "tag": {"name": "Zeugma"}}


def left(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_run_ids())


class Reads:
    """How many runs were read with their configuration."""

    def __init__(self, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, read = 0, instance.get_run_records

        def counted(*args: Any, **rest: Any) -> Any:
            found = read(*args, **rest)
            self.count += len(found)
            return found

        monkeypatch.setattr(instance, "get_run_records", counted)


@pytest.mark.long
def test_a_run_that_never_ends_is_waited_for_without_anything_being_done_again(
    instance: dg.DagsterInstance, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless, over, other = (
        run(instance, about(GONE), ended=False),
        run(instance, about(GONE)),
        run(instance, about(HERE)),
    )
    assert erase_runs(instance, session, Budget(25)) == RunErasure(deleted=1, waiting=1)
    assert left(instance) == {endless, other}
    assert compact_if_due(session)

    reads = Reads(instance, monkeypatch)
    files = [tmp_path / "lever.db", *(tmp_path / "dagster").rglob("runs.db")]
    before = [(each.stat().st_size, each.read_bytes()) for each in files[1:]]
    assert erase_runs(instance, session, Budget(25)) == RunErasure(waiting=1)
    assert reads.count == 0
    assert [(each.stat().st_size, each.read_bytes()) for each in files[1:]] == before
    with session.reading() as tx:
        assert not TABLES.are_due(tx)

    ended = instance.get_run_by_id(endless)
    assert ended is not None
    instance.report_run_canceled(ended)
    assert erase_runs(instance, session, Budget(25)) == RunErasure(deleted=1)
    assert over not in left(instance) == {other}


@pytest.mark.long
def test_what_there_was_no_time_for_goes_on_where_it_was(
    instance: dg.DagsterInstance, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        run(instance, about(GONE if number % 3 == 0 else HERE))
    reads = Reads(instance, monkeypatch)
    budget, calls = Budget(25), 0
    monkeypatch.setattr(Budget, "left", property(lambda _: float(reads.count % 4 != 3)))
    while len(left(instance)) > 8:
        calls += 1
        reads.count += reads.count % 4 == 3
        erase_runs(instance, session, budget)
        assert calls < 20
    assert calls > 2
    monkeypatch.undo()
    erase_runs(instance, session, Budget(25))
    assert erase_runs(instance, session, Budget(25)) == RunErasure()
    assert reads.count < 12 + 3 * calls


def test_what_can_not_be_deleted_is_told_stays_due_and_holds_up_no_other(
    instance: dg.DagsterInstance, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, stubborn, last = (run(instance, about(GONE)) for _ in range(3))
    delete = instance.compute_log_manager.delete_logs

    def refused(prefix: list[str]) -> None:
        if stubborn in prefix:
            raise PermissionError("s3://bucket/Wilhelmina")
        delete(prefix=prefix)

    monkeypatch.setattr(instance.compute_log_manager, "delete_logs", refused)
    told = [erase_runs(instance, session, Budget(25)) for _ in range(3)]
    assert left(instance) == {stubborn}
    assert sum(each.deleted for each in told) == 2
    assert all(stubborn in warning for each in told for warning in each.warnings)
    assert told[0].warnings
    assert "Wilhelmina" not in str(told)
    monkeypatch.undo()
    assert erase_runs(instance, session, Budget(25)) == RunErasure(deleted=1)
    assert {first, last} & left(instance) == set()


def test_of_two_at_once_one_leaves_it_to_the_other(instance: dg.DagsterInstance, session: Session) -> None:
    over = run(instance, about(GONE))
    with session.store.exclusive(f"{session.name} runs"):
        told = erase_runs(instance, session, Budget(25))
    assert told.warnings
    assert left(instance) == {over}
    assert erase_runs(instance, session, Budget(25)).deleted == 1


def test_each_run_of_an_action_goes_with_it_not_only_the_last(
    instance: dg.DagsterInstance, session: Session
) -> None:
    with session.writing() as tx:
        entry = ledger.open_entry(tx, "add", "key", input_hash="h", request={})
        first, repeated = (run(instance, about(HERE), action=entry.id) for _ in range(2))
        untagged, other = run(instance, about(HERE)), run(instance, about(HERE))
        assert ledger.claim(tx, entry, "me", run_id=untagged, until=tx.instant)
        assert erase_old_actions(tx, before=datetime.now(UTC), limit=9) == 1
    assert erase_runs(instance, session, Budget(25)).deleted == 3
    assert left(instance) == {other}
    assert {first, repeated, untagged} & left(instance) == set()


def test_a_run_goes_for_whom_its_input_is_not_for_whom_its_text_mentions(
    instance: dg.DagsterInstance, session: Session
) -> None:
    own = run(instance, {"candidate": {"email_address": "Ada@x.org"}, "job_id": "1"})
    listed = run(instance, {"method": "GET", "path": "/opportunities?email=ada%40x.org&limit=1"})
    form = run(instance, {"multipart_form_data": [{"name": "email", "value": "ada@x.org"}]})
    below = run(instance, {"method": "POST", "path": f"/opportunities/{GONE}/notes", "data": "x"})
    body = run(instance, {"path": "/opportunities", "data": '{"emails": ["ada@x.org"]}'})
    mentioned = run(instance, {"content": f"ask ada@x.org, or see {GONE} there"})
    with session.writing() as tx:
        keep_erased(tx, addresses_in(LEVER, "ada@x.org"))
    assert erase_runs(instance, session, Budget(25)).deleted == 5
    assert left(instance) == {mentioned}
    assert {own, listed, form, below, body} & left(instance) == set()


def test_the_sensor_compacts_the_tables_too(
    instance: dg.DagsterInstance, session: Session, tmp_path: Path
) -> None:
    run(instance, about(GONE))
    tick = build(session.settings).resolve_sensor_def("lever_retention")
    told = tick(dg.build_sensor_context(instance=instance))
    assert isinstance(told, dg.SkipReason)
    assert told.skip_message == "1 runs and 0 answers were erased."
    with session.reading() as tx:
        assert not TABLES.are_due(tx)
    again = tick(dg.build_sensor_context(instance=instance))
    assert isinstance(again, dg.SkipReason)
    assert again.skip_message == "There was nothing to erase."
    assert where(["Zeugma"], tmp_path, "") == set()


def test_what_could_not_be_compacted_by_day_is_not_tried_again_at_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "compact", lambda *_, **__: False)
        assert not compact_if_due(session, by_day=True)
    assert not compact_if_due(session, by_day=True)
    assert compact_if_due(session)


def test_compacting_ends_in_time_and_leaves_all_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "large.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as conn:
        conn.execute("CREATE TABLE t (x)")
        numbers = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 50000)"
        conn.execute(f"INSERT INTO t {numbers} SELECT x FROM n")
        assert not compact(file, seconds=0.0)
        assert conn.execute("SELECT COUNT(*) FROM t").fetchone() == (50_000,)
    assert compact(file, seconds=60.0)


@pytest.mark.parametrize("own_layout", [True, False])
def test_dagster_s_files_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, own_layout: bool
) -> None:
    """Dagster has no public name for them: should it call them otherwise, copies of what was erased stay."""
    with keeping(tmp_path, own_layout=True) as before:
        over = run(before, about(GONE))
    assert list(tmp_path.rglob(f"{over}.db*"))
    with keeping(tmp_path, own_layout=own_layout) as instance:
        delete_run(instance, over)
        assert list(tmp_path.rglob(f"{over}*")) == []
        assert files_compacted(instance, monkeypatch) == ["runs.db", "index.db"]


def files_compacted(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def compact(file: Path, **_: object) -> bool:
        found.append(file.name)
        return True

    monkeypatch.setattr(runs, "compact", compact)
    assert compact_storage(instance, largest=None, seconds=1)
    return found


def test_a_very_large_file_waits_while_another_run_writes_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_LARGEST_BESIDE_RUNS", 1)
    with keeping(tmp_path, own_layout=False) as instance:
        run(instance, about(GONE))

        def begin() -> dg.DagsterRun:
            return instance.create_run_for_job(JOB, status=dg.DagsterRunStatus.STARTED)

        begin()  # the run that asks
        assert compact_storage(instance, largest=None, seconds=60)
        other = begin()
        assert not compact_storage(instance, largest=None, seconds=60)
        instance.report_run_canceled(other)
        assert compact_storage(instance, largest=None, seconds=60)


def test_events_in_one_file_are_compacted_too(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(
        "event_log_storage:\n  module: dagster._core.storage.event_log\n"
        f"  class: ConsolidatedSqliteEventLogStorage\n  config: {{base_dir: {tmp_path / 'events'}}}\n"
    )
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        ran = JOB.execute_in_process({"ops": {"typed_in": {"config": about("Zeugma")}}}, instance=instance)
        with Session.open(Settings(data_dir=tmp_path / "data")) as session:
            merged(session.store, ("z", candidate("Zeugma")), model="candidates")
            merged(session.store, sources=("z",), model="candidates")
            erased(session)
            assert erase_runs(instance, session, Budget(25)) == RunErasure(deleted=1)
        assert where([ran.run_id], tmp_path / "events", "") == set()
        delete_run(instance, ran.run_id)  # once more is no error
