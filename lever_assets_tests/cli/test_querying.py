"""`sql`: the tables are asked in SQL, with nothing else installed."""

import csv
import io
import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from lever_assets.store import Store
from lever_assets.store.tables import connections
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.store.builders import T0

pytestmark = pytest.mark.usefixtures("synced")


def test_the_answer_is_a_table(command: Command) -> None:
    told = command("sql", "SELECT name, status FROM jobs ORDER BY id LIMIT 2")
    assert (told.code, told.err) == (0, "")
    header, *rows = told.out.splitlines()
    assert header.split() == ["name", "status"]
    assert len(rows) == 2


def test_rows_beyond_the_limit_are_counted(command: Command) -> None:
    told = command("sql", "SELECT id FROM candidates", "--limit", "5")
    assert len(told.out.splitlines()) == 6
    assert told.err == "5 rows are shown, 20 more are not: see --limit\n"
    assert command("sql", "SELECT id FROM candidates").err == ""
    two = "SELECT id FROM candidates ORDER BY id LIMIT 2"
    assert command("sql", two, "--limit", "1").err == "1 row is shown, 1 more is not: see --limit\n"


def test_a_table_shows_a_hundred_rows_and_csv_all(command: Command) -> None:
    query = "SELECT a.id FROM candidates a, candidates b"
    assert command("sql", query).err == "100 rows are shown, 525 more are not: see --limit\n"
    told = command("sql", query, "--format", "csv")
    assert (len(told.out.splitlines()), told.err) == (626, "")


def test_csv_and_json_have_values_that_programs_read(command: Command) -> None:
    query = "SELECT 1 AS n, 0.5 AS n, NULL AS empty, 'a,\"b\"' AS text"
    told = command("sql", query, "--format", "csv")
    assert list(csv.reader(io.StringIO(told.out))) == [
        ["n", "n", "empty", "text"],
        ["1", "0.5", "", 'a,"b"'],
    ]
    assert command("sql", query, "--format", "json").json == [
        {"n": 1, "n_2": 0.5, "empty": None, "text": 'a,"b"'}
    ]
    assert command("sql", "SELECT 1 AS n WHERE 1 = 0", "--format", "json").json == []


def test_what_json_has_no_number_for_is_a_text(
    command: Command, monkeypatch: pytest.MonkeyPatch, postgresql_database: str
) -> None:
    told = command("sql", "SELECT 9e999 AS most, -9e999 AS least", "--format", "json").out
    assert json.loads(told, parse_constant=pytest.fail) == [{"most": "Infinity", "least": "-Infinity"}]
    monkeypatch.setenv("LEVER_DATABASE_URL", postgresql_database)
    query = "SELECT 'NaN'::numeric AS a, 'Infinity'::numeric AS b, ARRAY['NaN'::float8, 1.5] AS c"
    told = command("sql", query, "--format", "json").out
    assert json.loads(told, parse_constant=pytest.fail) == [{"a": "NaN", "b": "Infinity", "c": ["NaN", 1.5]}]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_value_gives_a_terminal_no_commands(
    command: Command, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    query = """SELECT char(27) || '[2J' || char(155) || '1m' || 'Zoë' AS "a\x1b[31m" """
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    shown = command("sql", query, "--format", format).out
    assert "Zoë" in shown
    assert not {"\x1b", "\x9b"} & {*shown}


def test_a_file_gets_a_value_as_it_is(command: Command) -> None:
    assert "\x1b[2J" in command("sql", "SELECT char(27) || '[2J' AS a", "--format", "csv").out


def test_what_postgresql_has_of_its_own_is_written_too(
    command: Command, monkeypatch: pytest.MonkeyPatch, postgresql_database: str
) -> None:
    monkeypatch.setenv("LEVER_DATABASE_URL", postgresql_database)
    query = (
        """SELECT true AS b, 1.50::numeric AS d, '{"a": [1]}'::jsonb AS j, '2026-01-02Z'::timestamptz AS t"""
    )
    (found,) = command("sql", query, "--format", "json").json
    assert (found["b"], found["d"], found["j"]) == (True, 1.5, {"a": [1]})
    assert found["t"].startswith("2026-01-0")
    line = command("sql", query, "--format", "csv").out.splitlines()[1]
    assert line.startswith('true,1.50,"{""a"": [1]}",2026-01-0')
    assert "true" not in command("sql", "SELECT false AS b").out


def test_the_query_may_come_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT count(*) AS n FROM candidates"))
    assert command("sql", "-", "--format", "json").json == [{"n": 25}]


def test_what_would_write_fails_in_one_line(command: Command) -> None:
    told = command("sql", "DELETE FROM jobs")
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        "error: this is no query; write one SELECT (or WITH or VALUES): only reading is possible here.\n"
    )


def test_what_takes_too_long_fails_in_one_line(command: Command) -> None:
    endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    told = command("sql", endless, "--timeout", "0.2")
    assert (told.code, told.out) == (1, "")
    assert (
        told.err == "error: the query took longer than 0.2 s and was given up; ask for less, or allow more.\n"
    )


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_no_secret_is_shown(command: Command, tmp_path: Path, format: str) -> None:
    sealed = "gAAAAABm" + "x" * 60
    kept = {"connection": "acme", "name": "api_key", "secret": sealed, "updated_at": T0}
    with (
        closing(Store.open(f"sqlite:///{tmp_path / 'data' / 'lever.db'}")) as store,
        store.writing("acme") as tx,
    ):
        tx.sql.execute(insert(connections), kept)
    told = command("sql", "SELECT * FROM connections", "--format", format)
    assert "api_key" in told.out
    assert "xxx" not in told.out + told.err


def test_a_database_that_is_not_there_is_not_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path / "none"))
    told = command("sql", "SELECT 1")
    assert told.code == 1
    assert told.err.startswith("error: there is no database sqlite:///")
    assert not (tmp_path / "none").exists()


def test_json_is_one_object_a_line(command: Command) -> None:
    first, *lines, last = command("sql", "SELECT id FROM jobs", "--format", "json").out.splitlines()
    assert (first, last) == ("[", "]")
    assert all(json.loads(each.removesuffix(","))["id"] for each in lines)


def test_a_wide_table_keeps_each_row_on_a_line_of_its_own_in_a_pipe(command: Command) -> None:
    columns = ", ".join(f"'value of column {number}' AS column_{number}" for number in range(40))
    told = command("sql", f"SELECT {columns}")
    header, row = told.out.splitlines()
    assert header.split() == [f"column_{number}" for number in range(40)]
    assert row.count("value of column ") == 40
