"""Queries in SQL that somebody writes: they read, on both databases, and can do nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DataError

from lever_assets.store import QuestionError, Store
from lever_assets.store.querying import answering
from lever_assets.store.tables import connections
from lever_assets.store.transaction import NOBODY
from lever_assets_tests.store.builders import T0, merged, tag

SEALED = "gAAAAABm" + "x" * 90 + "=="


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with three tags and a secret."""
    merged(store, *((name, tag(name)) for name in ("a", "b", "c")))
    kept = {"connection": "lever", "name": "api_key", "secret": SEALED, "updated_at": T0}
    with store.writing("lever") as tx:
        tx.sql.execute(insert(connections), kept)
    return store


def ask(
    store: Store, query: str, seconds: float | None = 20
) -> tuple[tuple[str, ...], Sequence[tuple[Any, ...]]]:
    with store.reading(NOBODY) as tx, answering(tx, query, seconds) as answer:
        return answer.columns, answer.take(1000)


QUERIES = {
    "SELECT name AS tag FROM tags ORDER BY name": [("a",), ("b",), ("c",)],
    "select count(*) AS tag from tags;": [(3,)],
    "-- of tags\n/* all */ WITH x AS (SELECT name FROM tags) SELECT max(name) AS tag FROM x": [("c",)],
    "SELECT name AS tag FROM tags WHERE name LIKE '%b%' -- no more": [("b",)],
    "(SELECT 1 AS tag)": [(1,)],
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_answered(filled: Store, query: str) -> None:
    if query.startswith("(") and filled.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no query in brackets")
    columns, rows = ask(filled, query)
    assert columns == ("tag",)
    assert rows == QUERIES[query]


def test_functions_that_are_tables_are_there(filled: Store) -> None:
    query = "SELECT value FROM json_each('[1, 2]')"
    if filled.engine.dialect.name == "postgresql":
        query = "SELECT value FROM jsonb_array_elements('[1, 2]')"
    assert ask(filled, query)[1] == [(1,), (2,)]


WRITING = [
    "DELETE FROM tags",
    "UPDATE tags SET name = 'x'",
    "INSERT INTO tags SELECT * FROM tags",
    "DROP TABLE tags",
    "PRAGMA query_only = 0",
    "VACUUM INTO 'copy.db'",
    "ATTACH DATABASE 'other.db' AS other",
    "COMMIT",
    "EXPLAIN DELETE FROM tags",
    "",
    "-- nothing",
    "SELECT 1; DELETE FROM tags",
    "SELECT 1; COMMIT; DELETE FROM tags; SELECT 1",
    "WITH gone AS (DELETE FROM tags RETURNING id) SELECT * FROM gone",
    "WITH x AS (SELECT 1) DELETE FROM tags",
    "WITH x AS (SELECT 1) INSERT INTO tags SELECT * FROM tags",
    "SELECT name INTO other FROM tags",
    "SELECT set_config('transaction_read_only', 'off', true), nextval('changes_id_seq')",
    "SELECT load_extension('x')",
    "VALUES (1); DROP TABLE tags",
]


@pytest.mark.parametrize("query", WRITING)
def test_what_would_write_is_refused_and_nothing_is_written(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QuestionError):
        ask(filled, query)
    assert ask(filled, "SELECT name FROM tags ORDER BY name")[1] == [("a",), ("b",), ("c",)]
    assert list(tmp_path.glob("*.db")) == []
    merged(filled, ("d", tag("d")))  # whoever writes after it can


def test_a_statement_that_would_write_is_told_what_is_possible(filled: Store) -> None:
    for query in ("DELETE FROM tags", "SELECT 1; DELETE FROM tags", "WITH x AS (SELECT 1) DELETE FROM tags"):
        with pytest.raises(QuestionError, match=r"write one SELECT .* only reading is possible here"):
            ask(filled, query)


@pytest.mark.parametrize("query", ["SELECT nope FROM tags", "SELECT FROM WHERE", "SELECT * FROM nothing"])
def test_what_is_wrong_with_a_query_is_told(filled: Store, query: str) -> None:
    with pytest.raises(QuestionError, match=r"the query can't be answered \(.+\); correct it"):
        ask(filled, query)


@pytest.mark.parametrize("query", ["SELECT CAST(name AS int) FROM tags", "SELECT 'Zeugma'::timestamptz"])
def test_a_value_that_does_not_fit_is_not_quoted(filled: Store, query: str) -> None:
    """It may be of a person, and who asks may keep what is told in a log."""
    if filled.engine.dialect.name == "sqlite":
        pytest.skip("any value fits in SQLite")
    merged(filled, ("z", tag("Zeugma")))
    with pytest.raises(QuestionError, match=r"\(invalid (text representation|datetime format)\)") as told:
        ask(filled, f"{query} WHERE name = 'Zeugma'" if "tags" in query else query)
    assert "Zeugma" not in str(told.value)


def test_nor_is_it_in_an_error_of_the_program(filled: Store) -> None:
    if filled.engine.dialect.name == "sqlite":
        pytest.skip("any value fits in SQLite")
    with pytest.raises(DataError) as told, filled.reading(NOBODY) as tx:
        tx.sql.execute(text("SELECT 'Zeugma'::int"))
    assert "Zeugma" not in str(told.value.orig) + str(told.value.args)


ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT {} FROM n"


@pytest.mark.parametrize("what", ["count(*)", "x"])
def test_what_takes_too_long_is_given_up(filled: Store, what: str) -> None:
    """Before the first row, or counting those that are not shown."""

    def counted() -> int:
        with filled.reading(NOBODY) as tx, answering(tx, ENDLESS.format(what), 0.3) as answer:
            return len(answer.take(1)) + answer.rest()

    with pytest.raises(QuestionError, match=r"the query took longer than 0\.3 s and was given up"):
        counted()
    assert ask(filled, "SELECT count(*) FROM tags")[1] == [(3,)]


def test_rows_are_taken_bit_by_bit_and_the_rest_is_counted(filled: Store) -> None:
    with filled.reading(NOBODY) as tx, answering(tx, "SELECT name FROM tags ORDER BY name", None) as answer:
        assert answer.take(1) == [("a",)]
        assert answer.take(1) == [("b",)]
        assert answer.rest() == 1
        assert answer.take(1) == []


OF_SECRETS = {
    "sqlite": [
        "SELECT secret FROM connections",
        "SELECT * FROM connections",
        "SELECT substr(secret, 2) FROM connections",
        "SELECT hex(c.secret) FROM (SELECT * FROM main.connections) c",
        "SELECT json_object('s', secret), json_group_array(secret) FROM connections",
    ],
    "postgresql": [
        "SELECT secret FROM connections",
        "SELECT 'x ' || secret || ' y' FROM connections",
        "SELECT c FROM connections c",
        "SELECT to_jsonb(c) FROM connections c",
        "SELECT jsonb_object_agg(secret, 1) FROM connections",
        "SELECT array_agg(secret) FROM connections",
        "SELECT jsonb_build_array(jsonb_build_object('s', secret)) FROM connections",
        "SELECT convert_to(secret, 'UTF8') FROM connections",
    ],
}


def test_a_secret_is_not_shown(filled: Store) -> None:
    database = filled.engine.dialect.name
    for query in OF_SECRETS[database]:
        (shown,) = ask(filled, query)[1]
        assert ("(encrypted)" in str(shown)) is (database == "postgresql")
        assert SEALED[10:40] not in str(shown)
        assert SEALED[10:40].encode().hex() not in str(shown).lower()
    with filled.reading("lever") as tx:
        assert tx.sql.execute(select(connections.c.secret)).scalar_one() == SEALED
