"""Our definitions inside somebody else's Dagster project, with accounts that code gives."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value

from lever_assets import LeverAccount, LeverDatabase, LeverTable, build_lever_definitions
from lever_assets.lever import LeverError, RetryPolicy
from lever_assets.prerequisites.examining import examine
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import SettingsError
from lever_assets.sync.planning import plan as make_plan
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.running import FIRST
from lever_assets_tests.serving import Quiet, serving
from lever_assets_tests.sync.tables import unified_tables

KEY = "FACE_TEST_KEY"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=15, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def key(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LEVER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEVER_RATE_LIMIT", "nonsense")
    monkeypatch.setenv(KEY, box.key)


def account(box: Sandbox, name: str, **more: Any) -> LeverAccount:
    known = {"api_key": dg.EnvVar(KEY), "base_url": box.url, "rate_limit": 0, "sync_start": FIRST.isoformat()}
    return LeverAccount(name=name, **{**known, **more})


def rows(database: LeverDatabase) -> dict[str, int]:
    return {name: len(each) for name, each in unified_tables(database.tables_url).items()}


def run(
    defs: dg.Definitions, job: str, instance: dg.DagsterInstance, **more: Any
) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **more)


def test_two_accounts_merge_with_a_project_that_has_an_executor_and_jobs(
    box: Sandbox, tmp_path: Path
) -> None:
    @dg.job
    def theirs() -> None: ...

    @dg.asset(deps=[dg.AssetKey(["ats", "acme", "users"])])
    def report() -> None: ...

    database = LeverDatabase(data_dir=str(tmp_path))
    merged = dg.Definitions.merge(
        build_lever_definitions(account(box, "acme"), database=database, key_prefix="ats"),
        build_lever_definitions(account(box, "umbrella"), database=database),
        dg.Definitions(assets=[report], jobs=[theirs], executor=dg.multiprocess_executor),
    )
    repository = merged.get_repository_def()
    assert merged.executor is dg.multiprocess_executor
    assert {"acme_delta", "umbrella_delta"} <= {each.name for each in repository.sensor_defs}
    assert {"acme", "acme_database", "umbrella"} <= set(repository.get_top_level_resources())

    with dg.DagsterInstance.ephemeral() as instance:
        for name in ("acme", "umbrella"):
            assert run(merged, f"{name}_full_sync", instance).success
            config = {"ops": {f"{name}_erase": {"config": {"connection": name}}}}
            assert run(merged, f"{name}_erasure", instance, run_config=config).success
        assert instance.get_latest_materialization_event(dg.AssetKey(["ats", "acme", "users"]))
        assert instance.get_latest_materialization_event(dg.AssetKey(["umbrella", "users"]))
        sensor = repository.get_sensor_def("acme_delta")
        every = repository.get_top_level_resources()
        asked = {name: every[name] for name in sensor.required_resource_keys}
        assert set(asked) == {"acme", "acme_database"}
        with dg.build_sensor_context(instance=instance, definitions=merged, resources=asked) as context:
            ticked = sensor.evaluate_tick(context)
        assert ticked.run_requests or "changed" in (ticked.skip_message or "")
    assert rows(database)["users"] == 2 * len(box.ids("users"))


def test_what_serves_several_accounts_of_one_call_is_told_which_one_is_meant(
    box: Sandbox, tmp_path: Path
) -> None:
    accounts = [account(box, "acme"), account(box, "umbrella")]
    defs = build_lever_definitions(accounts, database=LeverDatabase(data_dir=str(tmp_path)))
    assert {"lever_delta", "lever_webhooks"} <= {each.name for each in defs.sensors or ()}
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(defs, "umbrella_full_sync", instance).success
        named = {"ops": {"lever_erase": {"config": {"connection": "umbrella"}}}}
        done = run(defs, "lever_erasure", instance, run_config=named)
        assert done.success
        (told_by_tag,) = instance.get_runs(dg.RunsFilter(job_name="lever_erasure"))
        assert told_by_tag.tags["lever/connection"] == "umbrella"
        unnamed = run(defs, "lever_erasure", instance)
        assert not unnamed.success
        told = [each.step_failure_data.user_failure_data for each in unnamed.get_step_failure_events()]
        assert "There are several connections, acme, umbrella" in str(told)


def test_an_unset_variable_of_one_account_stops_what_serves_all_but_no_sync_of_another(
    box: Sandbox, tmp_path: Path
) -> None:
    accounts = [account(box, "acme"), account(box, "umbrella", api_key=dg.EnvVar("NOT_THERE"))]
    defs = build_lever_definitions(accounts, database=LeverDatabase(data_dir=str(tmp_path)))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(defs, "acme_full_sync", instance).success
        named = {"ops": {"lever_erase": {"config": {"connection": "acme"}}}}
        with pytest.raises(dg.DagsterInvalidConfigError, match="api_key"):
            run(defs, "lever_erasure", instance, run_config=named)


def variables(of: type[LeverAccount] | type[LeverDatabase]) -> list[tuple[Any, str, Any]]:
    """Return the fields that can be variables, each with the kind of it."""
    kinds: dict[Any, Any] = {str | None: dg.EnvVar, int | None: dg.EnvVar.int}
    fields = {name: each.annotation for name, each in of.model_fields.items()}
    shape = ("name", "exclude", "sync_window", "sync_start")
    return [
        (of, name, kinds[type_]) for name, type_ in fields.items() if type_ in kinds and name not in shape
    ]


VARIABLES = [*variables(LeverAccount), *variables(LeverDatabase)]
TEXTS = [(of, name) for of, name, kind in VARIABLES if kind is dg.EnvVar]


def settings_by(given: Any) -> Any:
    """Return the settings by an account or a database."""
    if isinstance(given, LeverAccount):
        return given.settings(LeverDatabase())
    return LeverAccount().settings(given)


@pytest.mark.parametrize("state", [None, "", "  "])
@pytest.mark.parametrize(("of", "name", "kind"), VARIABLES)
def test_a_variable_of_a_field_that_is_not_set_or_blank_is_no_default(
    of: Any, name: str, kind: Any, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state is not None:
        monkeypatch.setenv("NOT_THERE", state)
    with pytest.raises(SettingsError, match=f"its {name} from the variable NOT_THERE, which is"):
        settings_by(of(**{name: kind("NOT_THERE")}))


@pytest.mark.parametrize(("of", "name"), TEXTS)
def test_a_blank_text_is_no_default_either(of: Any, name: str) -> None:
    with pytest.raises(SettingsError, match=f"has a blank {name}: give it a value"):
        settings_by(of(**{name: " "}))  # as Dagster resolves a variable


@pytest.mark.parametrize("url", ["sqlite:///there.db\n", dg.EnvVar("URL")])
@pytest.mark.parametrize("key", [" a-key\n", dg.EnvVar(KEY)])
def test_blanks_around_a_text_are_none_of_it(key: Any, url: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a-key\n")
    monkeypatch.setenv("URL", " sqlite:///there.db\n")
    database = LeverDatabase(url=url)
    found = LeverAccount(api_key=key).settings(database)
    assert found.api_key is not None
    assert found.api_key.get_secret_value() == "a-key"
    assert found.tables_url == "sqlite:///there.db" == database.tables_url


@pytest.mark.parametrize("beside", [{}, {"notice_urls": "https://example.com/hook"}])
@pytest.mark.parametrize("state", [None, ""])
def test_a_database_whose_variable_is_not_set_or_blank_is_no_other_one(
    box: Sandbox, tmp_path: Path, beside: dict[str, Any], state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if state is not None:
        monkeypatch.setenv("NOT_THERE", state)
    defs = build_lever_definitions(
        account(box, "acme"), database=LeverDatabase(url=dg.EnvVar("NOT_THERE"), **beside)
    )
    with dg.DagsterInstance.ephemeral() as instance:
        if state is None and not beside:  # Dagster resolves it
            with pytest.raises(dg.DagsterInvalidConfigError, match="NOT_THERE"):
                run(defs, "acme_full_sync", instance)
        else:
            done = run(defs, "acme_full_sync", instance)
            (failed,) = done.get_step_failure_events()
            assert "The database " in str(failed.step_failure_data.user_failure_data)
            assert re.search(r"\burl\b", str(failed.step_failure_data.user_failure_data))
    assert [*tmp_path.iterdir()] == []


def test_their_executor_makes_our_assets_in_a_process_of_its_own(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(
        f"""
import dagster as dg
from lever_assets import LeverAccount, LeverDatabase, build_lever_definitions

defs = dg.Definitions.merge(
    build_lever_definitions(
        LeverAccount(name="acme", api_key=dg.EnvVar("{KEY}"), base_url="{box.url}", sync_start="{FIRST}"),
        database=LeverDatabase(data_dir={str(tmp_path / "data")!r}),
    ),
    dg.Definitions(executor=dg.multiprocess_executor),
)
"""
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dagster", "asset", "materialize", "-f", "project.py"),
            *("--select", "acme/raw_users,acme/users", "--partition", FIRST.isoformat()),
        ],
        cwd=tmp_path,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Launching subprocess" in done.stderr
    assert rows(LeverDatabase(data_dir=str(tmp_path / "data")))["users"] == len(box.ids("users"))


def test_importing_is_light_and_building_reads_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, lever_assets\n"
        "assert not {'dagster', 'pydantic', 'sqlalchemy'} & set(sys.modules)\n"
        "import dagster as dg\n"
        "from lever_assets import LeverAccount, LeverDatabase, build_lever_definitions\n"
        "a = LeverAccount(api_key=dg.EnvVar('NOT_THERE'))\n"
        "d = build_lever_definitions(a, database=LeverDatabase(url=dg.EnvVar('NOT_THERE_EITHER')))\n"
        "d.get_repository_def()\n"
        "assert 'lever_tables' in d.resources and 'pandas' not in sys.modules\n"
        "from lever_assets import *\n"
        "print(sorted(each.name for each in d.sensors))\n"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
    hostile = {**bare, "LEVER_RATE_LIMIT": "nonsense", "LEVER_SYNC_WINDOW": "never"}
    (tmp_path / ".env").write_text("LEVER_SYNC_START=never\n")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=hostile,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "lever_delta" in done.stdout  # an account called `lever` has the names of the contract
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_a_test_of_theirs_gives_other_resources(box: Sandbox, tmp_path: Path) -> None:
    defs = build_lever_definitions(account(box, "acme", api_key=dg.EnvVar("NOT_THERE")))
    swapped = LeverDatabase(data_dir=str(tmp_path))
    done = dg.materialize(
        [*(defs.assets or ())],  # type: ignore[list-item] # all are definitions of assets
        resources={"acme": account(box, "acme", api_key=box.key), "acme_database": swapped},
        partition_key=FIRST.isoformat(),
        selection=[dg.AssetKey(["acme", "raw_users"]), dg.AssetKey(["acme", "users"])],
    )
    assert done.success
    assert rows(swapped)["users"] == len(box.ids("users"))


def test_a_secret_given_as_it_is_is_shown_nowhere(box: Sandbox) -> None:
    given = account(box, "acme", api_key="s3cr3t-key")
    database = LeverDatabase(url="postgresql://jo:s3cr3t-word@db/ats", secret_key="s3cr3t-fernet")
    defs = build_lever_definitions(given, database=database)
    shown = serialize_value(RepositorySnap.from_def(defs.get_repository_def()))
    assert "acme_database" in shown
    assert "s3cr3t" not in shown + repr(given) + repr(database)


def test_assets_are_shown_as_the_project_wants_them(box: Sandbox) -> None:
    def translation(spec: dg.AssetSpec, of: LeverTable) -> dg.AssetSpec:
        return spec.replace_attributes(key=[of.floor, of.table], description=f"Ours: {of.connection}")

    condition = dg.AutomationCondition.eager()
    defs = build_lever_definitions(
        account(box, "acme"),
        group_name="people",
        owners=["team:people"],
        tags={"domain": "hr"},
        kinds=["lever"],
        automation_condition=condition,
        translation=translation,
        include_actions=False,
        include_sensors=["delta"],
        include_schedules=False,
    )
    specs = {each.key.to_user_string(): each for each in defs.resolve_all_asset_specs()}
    users = specs["unified/users"]
    assert (users.group_name, users.owners, users.tags["domain"]) == ("people", ["team:people"], "hr")
    assert users.automation_condition == condition
    assert users.description == "Ours: acme"
    assert dg.AssetKey(["raw", "raw_users"]) in {each.asset_key for each in users.deps}
    assert [each.name for each in defs.sensors or ()] == ["acme_delta"]
    assert not defs.schedules
    assert {each.name for each in defs.jobs or ()} == {
        *("acme_sync", "acme_full_sync", "acme_webhooks", "acme_erasure", "acme_doctor"),
    }


def test_a_translation_adds_to_what_is_there_and_makes_keys_of_it(box: Sandbox) -> None:
    def translation(spec: dg.AssetSpec, of: LeverTable) -> dg.AssetSpec:
        assert spec.description is not None
        assert of.floor == "raw" or spec.code_version is not None
        return spec.replace_attributes(
            key=["hr", spec.metadata["dagster/table_name"]],
            description=spec.description + " (HR)",
            metadata={**spec.metadata, "columns": len(spec.metadata["dagster/column_schema"].columns)},
        )

    defs = build_lever_definitions(account(box, "acme"), translation=translation)
    specs = {each.key.to_user_string(): each for each in defs.resolve_all_asset_specs()}
    for name in ("users", "raw_users"):
        assert (specs[f"hr/{name}"].description or "").endswith("the last is still open. (HR)")
        assert specs[f"hr/{name}"].metadata["columns"] > 5
    assert dg.AssetKey(["hr", "raw_users"]) in {each.asset_key for each in specs["hr/users"].deps}


def test_assets_under_other_keys_are_made_and_checked(box: Sandbox, tmp_path: Path) -> None:
    defs = build_lever_definitions(
        account(box, "acme"),
        database=LeverDatabase(data_dir=str(tmp_path)),
        translation=lambda spec, of: spec.replace_attributes(key=["hr", f"the_{of.table}"]),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        done = run(defs, "acme_full_sync", instance)
    assert done.success
    made = {
        each.asset_key.to_user_string() for each in done.get_asset_materialization_events() if each.asset_key
    }
    assert {"hr/the_raw_users", "hr/the_applications"} <= made
    checked = done.get_asset_check_evaluations()
    assert {each.asset_key.path[0] for each in checked} == {"hr"}
    assert all(each.passed for each in checked)


@pytest.mark.parametrize(
    ("accounts", "more", "told"),
    [
        ([], {}, "There is no account"),
        ([LeverAccount(), LeverAccount()], {}, "Two accounts have the same name"),
        (LeverAccount(), {"name": "my lever"}, "use letters, digits"),
        (LeverAccount(sync_start=dg.EnvVar("X")), {}, "sync_start can't be a variable"),
        (LeverAccount(sync_window="never"), {}, "The account 'lever' has a setting that can't be used"),
        (LeverAccount(), {"include_sensors": ["dleta"]}, "There is no dleta"),
        ([LeverAccount(name="database"), LeverAccount()], {}, "can't be called database"),
        ([LeverAccount(name="tables"), LeverAccount()], {}, "can't be called tables"),
        ("acme", {}, "An account is to be a LeverAccount, and no str"),
        (LeverAccount(name="1acme"), {}, "no digit first"),
        (LeverAccount(name=dg.EnvVar("X")), {}, "name can't be a variable"),
        (LeverAccount(name="a" * 64), {}, "at most 63 characters"),
        (
            [LeverAccount(name="acme_full"), LeverAccount(name="acme")],
            {},
            "each would have a job acme_full_sync",
        ),
        (LeverAccount(), {"key_prefix": ["ats", ""]}, "key_prefix can't be used"),
        (LeverAccount(), {"translation": lambda *_: None}, "translation can't be used: .* returns NoneType"),
        (
            LeverAccount(),
            {"reconcile_schedule": "0 3 31 2 *"},
            "used: reconcile_schedule: there is no such time",
        ),
        (
            LeverAccount(exclude=["offer"]),
            {},
            "'lever' has a setting that can't be used: exclude: there is no",
        ),
    ],
)
def test_what_can_t_be_used_is_told_in_one_sentence(
    accounts: list[LeverAccount], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        build_lever_definitions(accounts, **more)


def test_a_single_text_stands_for_a_list_of_it() -> None:
    defs = build_lever_definitions(
        LeverAccount(), key_prefix="ats", owners="team:people", kinds="hr", include_sensors="delta"
    )
    users = {each.key.to_user_string(): each for each in defs.resolve_all_asset_specs()}["ats/lever/users"]
    assert users.owners == ["team:people"]
    assert "hr" in users.kinds
    assert [each.name for each in defs.get_repository_def().sensor_defs] == ["lever_delta"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"api_key": "another"}, "the api_key that your code gives the account 'acme'"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "the base_url that your code gives the account 'acme'"),
        (
            {"base_url": "http://me@127.0.0.1/v1"},
            "set the base_url that your code gives the account 'acme' to",
        ),
    ],
)
def test_a_wrong_key_or_address_is_told_where_it_was_given(
    box: Sandbox, tmp_path: Path, wrong: dict[str, str], told: str
) -> None:
    given = account(box, "acme", **wrong).settings(LeverDatabase(data_dir=str(tmp_path)))
    with Session.open(given) as session:
        with pytest.raises(LeverError) as found:
            make_plan(session)
        assert (
            session.account.command("sync") == "its job `acme_sync` in Dagster (`dg launch --job acme_sync`)"
        )
    assert told in str(found.value)
    assert "LEVER_" not in str(found.value)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, "<html>Welcome</html>"), "the base_url that your code gives the account 'acme'"),
        ((200, '{"rows": []}'), "the base_url that your code gives the account 'acme'"),
        ((302, ""), "the base_url that your code gives the account 'acme'"),
        ((404, '{"code": "ResourceNotFound"}'), "the base_url that your code gives the account 'acme'"),
        ((429, ""), "lower the rate_limit that your code gives the account 'acme'"),
    ],
)
def test_an_address_that_is_not_lever_s_is_told_where_it_was_given(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], told: str
) -> None:
    status, body = answer

    class Other(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    impatient = RetryPolicy(attempts=1, malformed_attempts=1, rejected_attempts=1)
    monkeypatch.setattr("lever_assets.lever.client.RetryPolicy", lambda: impatient)
    with serving(Other) as port:
        wrong = account(box, "acme", base_url=f"http://127.0.0.1:{port}/v1")
        given = wrong.settings(LeverDatabase(data_dir=str(tmp_path)))
        with Session.open(given) as session, pytest.raises(LeverError) as found:
            make_plan(session)
        [address] = [each for each in examine(given, seconds=1).findings if each.subject == "base URL"]
    assert told in str(found.value)
    assert "LEVER_" not in f"{found.value} {address.remedy}"
