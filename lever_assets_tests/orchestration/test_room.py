"""How much Dagster's storage takes: the folders and the database that dagster.yaml names."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import yaml

from lever_assets.orchestration.room import dagster_size
from lever_assets.settings import Settings

PASSWORD = "topsecret"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


@pytest.fixture
def database(new_postgresql_database: Callable[..., str]) -> str:
    return new_postgresql_database("template1")


def size(tmp_path: Path) -> int | None:
    return dagster_size(Settings(data_dir=tmp_path / "data"))


def configure(home: Path, **configuration: object) -> None:
    (home / "dagster.yaml").write_text(yaml.safe_dump(configuration))


def written(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def run_once(home: Path) -> None:
    @dg.op
    def nothing() -> None:
        return

    with dg.DagsterInstance.from_config(str(home)) as instance:
        job = dg.GraphDefinition(name="nothing", node_defs=[nothing]).to_job()
        assert job.execute_in_process(instance=instance).success


def test_where_dagster_was_not_used_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert size(tmp_path) is None
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "nowhere"))
    assert size(tmp_path) is None


def test_what_dagster_keeps_in_its_home_counts_and_nothing_else_there(tmp_path: Path, home: Path) -> None:
    assert size(tmp_path) == 0
    run_once(home)
    (home / "mine.csv").write_text("x" * 5000)
    assert size(tmp_path) == written(home) - 5000 > 100_000


def test_folders_that_dagster_yaml_names_count_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGS_OF_DAGSTER", str(tmp_path / "outer" / "logs"))
    configure(
        home,
        storage={"sqlite": {"base_dir": str(tmp_path / "outer" / "storage")}},
        local_artifact_storage={"config": {"base_dir": str(tmp_path / "outer")}},
        compute_logs={"config": {"base_dir": {"env": "LOGS_OF_DAGSTER"}}},
    )
    for name in ("outer/storage/index.db", "outer/logs/out", "elsewhere/file"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 1000)
    assert size(tmp_path) == 2000


def test_a_database_of_dagsters_is_asked_for_its_tables(
    tmp_path: Path, home: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_OF_DAGSTER", database)
    configure(home, storage={"postgres": {"postgres_url": {"env": "STORAGE_OF_DAGSTER"}}})
    assert size(tmp_path) == 0
    with psycopg.connect(database) as conn:
        conn.execute("CREATE TABLE event_logs AS SELECT generate_series(1, 10000) AS id")
        conn.execute("CREATE TABLE of_others AS SELECT generate_series(1, 90000) AS id")
    assert 300_000 < (size(tmp_path) or 0) < 600_000


@pytest.mark.parametrize(
    "storage",
    [
        {"postgres": {"postgres_url": f"postgresql://me:{PASSWORD}@127.0.0.1:1/none"}},
        {
            "postgres": {
                "postgres_db": {"username": "me", "password": PASSWORD, "hostname": "127.0.0.1", "port": 1}
            }
        },
        {"postgres": {"postgres_db": {"username": "me", "hostname": "127.0.0.1", "port": "many"}}},
        {"postgres": {"postgres_url": "mysql://me@127.0.0.1/none"}},
    ],
)
def test_a_database_that_is_away_or_none_is_not_known(tmp_path: Path, home: Path, storage: object) -> None:
    configure(home, storage=storage)
    assert size(tmp_path) is None


def test_a_database_that_does_not_answer_holds_up_for_seconds_only(tmp_path: Path, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        configure(home, storage={"postgres": {"postgres_url": f"postgresql://me@127.0.0.1:{port}/none"}})
        began = time.monotonic()
        assert size(tmp_path) is None
        assert time.monotonic() - began < 6
        silent.settimeout(0)
        silent.accept()[0].close()  # it was asked


def test_a_configuration_that_makes_no_sense_stops_nothing(tmp_path: Path, home: Path) -> None:
    (home / "storage").mkdir()
    (home / "storage" / "file").write_bytes(b"x" * 10)
    for text in ("{", "- 1", "storage: 7"):
        (home / "dagster.yaml").write_text(text)
        assert size(tmp_path) == 10
