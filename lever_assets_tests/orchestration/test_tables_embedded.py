"""An asset of somebody's own gets tables of accounts that code gives, under whatever keys they are."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value

import lever_assets
from lever_assets import LeverAccount, LeverDatabase, LeverTable, LeverTables, build_lever_definitions
from lever_assets.connect.errors import ConnectionNameError
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import FIRST, failures

URL = "TABLES_TEST_URL"
PAGE = (Path(__file__).parents[2] / "docs" / "dagster.md").read_text("utf-8")


def translation(spec: dg.AssetSpec, of: LeverTable) -> dg.AssetSpec:
    """Show an asset under a key that tells neither connection nor table, and without any tags."""
    return spec.replace_attributes(key=["hr", f"the_{of.table}"], tags={})


PREFIXED = ({"key_prefix": "ats"}, ["ats", "acme", "candidates"])
TRANSLATED = ({"translation": translation}, ["hr", "the_candidates"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=8, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read from the environment fails, but for what a test sets."""
    for name in [name for name in os.environ if name.startswith("LEVER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEVER_RATE_LIMIT", "nonsense")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def account(box: Sandbox, name: str = "acme") -> LeverAccount:
    start = FIRST.isoformat()
    return LeverAccount(name=name, api_key=box.key, base_url=box.url, rate_limit=0, sync_start=start)


def synced(database: LeverDatabase, *accounts: LeverAccount) -> LeverDatabase:
    """Read these accounts into a database."""
    for each in accounts:
        with Session.open(each.settings(database)) as session:
            sync(session, Scope())
    return database


def headcount(got: list[pd.DataFrame], key: list[str], manager: str, **more: Any) -> dg.AssetsDefinition:
    """Return an asset of somebody's own that follows the table under this key."""

    @dg.asset(name="headcount", ins={"candidates": dg.AssetIn(key, input_manager_key=manager, metadata=more)})
    def made(candidates: pd.DataFrame) -> None:
        got.append(candidates)

    return made


def project(ours: dg.Definitions, mine: dg.AssetsDefinition) -> dg.Definitions:
    """Return a project that has nothing beside our definitions but an asset, and jobs of it."""
    first = dg.AssetSelection.assets(mine).upstream(depth=1) | dg.AssetSelection.tag(
        "lever/table", "raw_opportunities"
    )
    jobs = [
        dg.define_asset_job(name, selection, executor_def=dg.in_process_executor)
        for name, selection in (
            ("mine", dg.AssetSelection.assets(mine)),
            ("both", dg.AssetSelection.assets(mine) | first),
        )
    ]
    return dg.Definitions.merge(ours, dg.Definitions(assets=[mine], jobs=jobs))


def run(
    defs: dg.Definitions, instance: dg.DagsterInstance, job: str = "mine", **more: Any
) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **more)


@pytest.mark.parametrize(("layout", "key"), [PREFIXED, TRANSLATED])
def test_an_asset_follows_a_table_under_another_key_with_nothing_to_configure(
    *,
    layout: dict[str, Any],
    key: list[str],
    box: Sandbox,
    database_url: str,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = LeverDatabase(url=dg.EnvVar(URL), data_dir=str(tmp_path))
    got: list[pd.DataFrame] = []
    ours = build_lever_definitions(account(box), database=database, **layout)
    defs = project(ours, headcount(got, key, "acme_tables", columns=["id", "connection"]))
    monkeypatch.setenv(URL, database_url)
    synced(database, account(box))
    done = run(defs, instance)
    assert done.success, failures(done)
    assert list(got[0].columns) == ["id", "connection"]
    assert len(got[0]) == len(box.ids("opportunities"))
    assert set(got[0]["connection"]) == {"acme"}


def test_what_follows_in_the_same_run_finds_its_table_too(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    database = LeverDatabase(data_dir=str(tmp_path))
    layout, key = TRANSLATED
    got: list[pd.DataFrame] = []
    ours = build_lever_definitions(account(box), database=database, **layout)  # type: ignore[arg-type]
    defs = project(ours, headcount(got, key, "acme_tables"))
    done = run(defs, instance, "both", partition_key=FIRST.isoformat(), tags={"lever/refresh": "full"})
    assert done.success, failures(done)
    assert len(got[0]) == len(box.ids("opportunities"))


def test_an_asset_with_the_windows_of_ours_gets_those_of_its_run(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    database = synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    layout, key = TRANSLATED
    ours = build_lever_definitions(account(box), database=database, **layout)  # type: ignore[arg-type]
    windows = next(iter(ours.resolve_all_asset_specs())).partitions_def
    got: list[pd.DataFrame] = []

    @dg.asset(partitions_def=windows, ins={"people": dg.AssetIn(key, input_manager_key="acme_tables")})
    def newcomers(people: pd.DataFrame) -> None:
        got.append(people)

    assert windows is not None
    for each in windows.get_partition_keys():
        done = run(project(ours, newcomers), instance, partition_key=each)
        assert done.success, failures(done)
    assert len(got) > 1
    assert len(pd.concat(got)["id"].unique()) == sum(map(len, got)) == len(box.ids("opportunities"))


def test_of_several_accounts_each_has_its_own_rows(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    accounts = [account(box), account(box, "umbrella")]
    database = synced(LeverDatabase(data_dir=str(tmp_path)), *accounts)
    got: list[pd.DataFrame] = []
    for each in ("acme", "umbrella"):
        ours = build_lever_definitions(accounts, database=database, key_prefix="ats")
        done = run(project(ours, headcount(got, ["ats", each, "candidates"], "lever_tables")), instance)
        assert done.success, failures(done)
    assert [set(each["connection"]) for each in got] == [{"acme"}, {"umbrella"}]


def test_a_test_of_theirs_gives_another_database(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """Under the key of the database, or tables of their own under the key of the tables."""
    swapped = synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    ours = build_lever_definitions(
        account(box), database=LeverDatabase(url=dg.EnvVar("NOT_THERE")), key_prefix="ats"
    )
    got: list[pd.DataFrame] = []
    mine = headcount(got, PREFIXED[1], "acme_tables")
    given: Mapping[str, Any] = {**(ours.resources or {}), "acme_database": swapped}
    dg.materialize([*(ours.assets or ()), mine], resources=given, instance=instance, selection=[mine])  # type: ignore[list-item] # all are definitions of assets
    dg.materialize(
        [dg.AssetSpec(PREFIXED[1]), mine],
        resources={"acme_tables": LeverTables(swapped)},
        instance=instance,
    )
    assert [len(each) for each in got] == 2 * [len(box.ids("opportunities"))]


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (dg.AssetSpec(["warehouse", "acme", "candidates"]), {}),
        (dg.AssetSpec("people", tags={"lever/connection": "acme", "lever/table": "candidates"}), {}),
        (dg.AssetSpec("people"), {"lever/connection": "acme", "lever/table": "candidates"}),
        (dg.AssetSpec(["acme", "staff"]), {"lever/table": "candidates"}),
    ],
)
def test_in_another_code_location_the_key_or_tags_or_metadata_say_which_table_it_is(
    *,
    there: dg.AssetSpec,
    said: dict[str, Any],
    box: Sandbox,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    tables = LeverTables(LeverDatabase(url=dg.EnvVar(URL)))
    monkeypatch.setenv(URL, f"sqlite:///{tmp_path / 'lever.db'}")
    got: list[pd.DataFrame] = []
    mine = headcount(got, list(there.key.path), "tables", **said)
    assert dg.materialize([there, mine], resources={"tables": tables}, instance=instance).success
    assert len(got[0]) == len(box.ids("opportunities"))


@pytest.mark.parametrize(
    ("key", "said", "told"),
    [
        (["hr", "staff"], {}, "can't tell which table hr/staff is"),
        (["candidates"], {"lever/table": "candidates"}, "can't tell which table candidates is"),
        (["acme", "staff"], {"lever/table": "candidate"}, "did you mean candidates"),
        (["acme", "candidates"], {"lever/tabel": "candidates"}, "has 'lever/tabel'"),
        (["umbrella", "candidates"], {}, "nothing was read from Lever yet for umbrella"),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(
    *,
    key: list[str],
    said: dict[str, Any],
    told: str,
    box: Sandbox,
    tmp_path: Path,
    instance: dg.DagsterInstance,
) -> None:
    database = synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    mine, resources = headcount([], key, "tables", **said), {"tables": LeverTables(database)}
    done = dg.materialize(
        [dg.AssetSpec(key), mine], resources=resources, instance=instance, raise_on_error=False
    )
    assert any(told in each for each in failures(done)), failures(done)


def test_a_variable_that_is_not_set_is_told_and_no_other_database_is_read(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    tables = LeverTables(LeverDatabase(url=dg.EnvVar("NOT_THERE"), data_dir=str(tmp_path)))
    key = ["acme", "candidates"]
    done = dg.materialize(
        [dg.AssetSpec(key), headcount([], key, "tables")],
        resources={"tables": tables},
        instance=instance,
        raise_on_error=False,
    )
    assert any("the variable NOT_THERE, which is not set" in each for each in failures(done))


def test_a_password_in_the_address_is_shown_nowhere(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    database = LeverDatabase(url="postgresql://user:hunter2@127.0.0.1:9/none", data_dir=str(tmp_path))
    ours = build_lever_definitions(account(box), database=database, key_prefix="ats")
    defs = project(ours, headcount([], PREFIXED[1], "acme_tables"))
    done = run(defs, instance)
    logged = str(instance.all_logs(done.run_id)) + str(instance.get_run_by_id(done.run_id))
    assert "Connection refused" in logged
    shown = serialize_value(RepositorySnap.from_def(defs.get_repository_def()))
    assert "acme_tables" in shown
    assert "hunter2" not in logged + shown + repr(LeverTables(database))


def test_the_asset_of_the_page_is_made_and_a_notebook_reads_the_same(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    synced(LeverDatabase(data_dir=str(tmp_path)), account(box))
    url = f"sqlite:///{tmp_path / 'lever.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVER_DATABASE_URL", url)
    (code,) = [
        each for each in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if "acme_tables" in each
    ]
    there: dict[str, Any] = {}
    exec(compile(code, "docs/dagster.md", "exec"), there)
    job = there["defs"].resolve_implicit_job_def_def_for_assets([there["outcomes"].key])
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, asset_selection=[there["outcomes"].key]).success
    assert "outcome" in capsys.readouterr().out

    monkeypatch.delenv("LEVER_RATE_LIMIT")
    (line,) = re.findall(r"`(lever_assets\.frame\(.*?\))`", PAGE)
    found = eval(line, {"lever_assets": lever_assets, "URL": url})
    assert len(found) == len(box.ids("opportunities"))
    with pytest.raises(ConnectionNameError, match="There is no connection 'acmee'"):
        eval(line.replace('"acme"', '"acmee"'), {"lever_assets": lever_assets, "URL": url})
