"""The tables are a contract: their names, and the order of their columns."""

import pytest
from sqlalchemy import inspect

from lever_assets.store import Store
from lever_assets.store.tables import LISTED, RAW, UNIFIED, metadata
from lever_assets.store.values import Key, Word
from lever_assets.unified.catalogue import ALL_MODELS


@pytest.mark.parametrize("model", [model.name for model in ALL_MODELS])
def test_a_unified_table_has_the_columns_of_its_model_in_order(model: str) -> None:
    row = {entry.name: entry.row for entry in ALL_MODELS}[model]
    own = [name for name in row.model_fields if name not in {"id", "connection", "remote_id"}]
    common = ["id", "connection", "remote_id", "changed_at", "remote_deleted_at"]
    assert list(UNIFIED[model].c.keys()) == [*common, *own, "source_key", "content_hash", "left_out"]


def test_every_column_of_every_table_is_explained() -> None:
    assert [
        str(column) for table in metadata.tables.values() for column in table.c if not column.comment
    ] == []
    assert all(table.comment for table in metadata.tables.values())


def test_the_database_explains_them_where_it_can(postgresql_database: str) -> None:
    store = Store.open(postgresql_database)
    found = inspect(store.engine)
    for table in metadata.tables.values():
        told = {column["name"]: column["comment"] for column in found.get_columns(table.name)}
        assert told == {column.name: column.comment for column in table.c}
    store.close()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("candidates WHERE changed_at > '2026-11-01'", "ix_candidates_changed_at"),
        ("candidates WHERE +connection = 'lever' AND changed_at > '2026-11-01'", "ix_candidates_changed_at"),
        ("applications WHERE remote_deleted_at IS NOT NULL", "ix_applications_remote_deleted_at"),
        ("offers WHERE remote_deleted_at > '2026-11-01'", "ix_offers_remote_deleted_at"),
        ("interviewing_team_members WHERE interview_id = 'x'", "ix_interviewing_team_members_interview_id"),
        ("candidate_tags WHERE connection = 'lever' AND tag_id = 'x'", "ix_candidate_tags_tag_id"),
    ],
)
def test_what_the_docs_advise_to_ask_has_an_index(store: Store, asked: str, index: str) -> None:
    on_postgresql = store.engine.dialect.name == "postgresql"
    with store.writing("lever") as tx:
        if on_postgresql:  # which looks at what is in a table
            asked = asked.replace("+", "")
            tx.sql.exec_driver_sql("SET LOCAL enable_seqscan = off")
            tx.sql.exec_driver_sql(_SOME_ROWS.format(table=asked.partition(" ")[0]))
            tx.sql.exec_driver_sql(f"ANALYZE {asked.partition(' ')[0]}")
        how = "EXPLAIN" if on_postgresql else "EXPLAIN QUERY PLAN"
        plan = tx.sql.exec_driver_sql(f"{how} SELECT * FROM {asked}").all()
    assert index in " ".join(str(row) for row in plan)


_SOME_ROWS = """
INSERT INTO {table} (id, connection, changed_at, source_key, content_hash)
SELECT n::text, 'lever', timestamptz '2026-10-31' + n * interval '1 minute', n::text, ''
FROM generate_series(1, 1500) n
"""


def test_no_index_but_those_that_were_there_begins_with_the_connection() -> None:
    """SQLite would take it in the place of one by a reference, and go through all rows of an account."""
    of_connection = {
        index.name
        for table in UNIFIED.values()
        for index in table.indexes
        if next(iter(index.columns)).name == "connection"
    }
    assert of_connection == {
        *(f"ix_{name}_source" for name in UNIFIED),
        *(f"ix_{name}_page" for name in LISTED),  # of the pages: store/test_pages.py has the plans
        "ix_interviews_watched",
        "ix_offers_watched",
    }


def test_every_reference_has_an_index() -> None:
    for model in ALL_MODELS:
        first = {next(iter(index.columns)).name for index in UNIFIED[model.name].indexes}
        assert {column for column, _ in model.references()} <= first


def test_there_is_a_raw_table_for_each_resource() -> None:
    assert {table.name for table in RAW.values()} == {
        f"raw_{resource}"
        for resource in [
            "users",
            "stages",
            "archive_reasons",
            "tags",
            "sources",
            "postings",
            "posting_forms",
            "requisitions",
            "requisition_fields",
            "opportunities",
            "applications",
            "interviews",
            "offers",
            "notes",
            "feedback",
            "files",
            "resumes",
        ]
    }


def test_only_words_of_our_own_go_uncleaned_into_a_column() -> None:
    own = {"connection", "resource", "model", "key", "kind", "state", "left_out", "origin", "type"}
    own |= {"environment", "named_at_first", "status", "purpose", "language", "failure", "counts"}
    hashes = {"hash", "content_hash", "parent_hash", "payload_hash", "input_hash", "result_hash"}
    hashes |= {"consent", "activation", "content"}
    columns = [column for table in metadata.tables.values() for column in table.columns]
    uncleaned = {column.name for column in columns if type(column.type) is Word}
    assert uncleaned == own | hashes


def test_words_and_keys_are_one_to_a_database(store: Store) -> None:
    dialect = store.engine.dialect
    assert Word().compile(dialect=dialect) == Key().compile(dialect=dialect)


def test_types_are_chosen_by_the_fields_of_the_model() -> None:
    kinds = {column.name: type(column.type).__name__ for column in UNIFIED["jobs"].c}
    assert {
        name: kinds[name]
        for name in (
            "salary_amount_from",
            "opened_at",
            "confidential",
            "location",
            "status",
            "contact_id",
            "name",
        )
    } == {
        "salary_amount_from": "Money",
        "opened_at": "UtcDateTime",
        "confidential": "Boolean",
        "location": "Json",
        "status": "PlainText",
        "contact_id": "Key",
        "name": "PlainText",
    }
    kinds = {column.name: type(column.type).__name__ for column in UNIFIED["job_screening_questions"].c}
    assert (kinds["index"], kinds["precondition_options"]) == ("Integer", "Json")
    assert type(UNIFIED["job_hiring_team_members"].c.roles.type).__name__ == "Json"
    assert type(UNIFIED["screening_questions"].c.format.type).__name__ == "Json"


def test_the_database_has_what_the_program_declares(store: Store) -> None:
    found = inspect(store.engine)
    assert set(found.get_table_names()) >= set(metadata.tables)
    for table in metadata.tables.values():
        assert [column["name"] for column in found.get_columns(table.name)] == list(table.c.keys())
        assert {index["name"] for index in found.get_indexes(table.name)} == {
            index.name for index in table.indexes
        }


def test_json_columns_are_jsonb_on_postgresql(postgresql_database: str) -> None:
    store = Store.open(postgresql_database)
    kinds = {column["name"]: str(column["type"]) for column in inspect(store.engine).get_columns("raw_users")}
    store.close()
    assert (kinds["data"], kinds["version"]) == ("JSONB", "BIGINT")
