"""Raw and bookkeeping tables in a schema of their own: made there, moved there, and never made twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import func, inspect, select

from lever_assets.store import BusyError, NewerSchemaError, Store, UnfitError
from lever_assets.store import apart as apart_module
from lever_assets.store.migrations import STEPS
from lever_assets.store.refilling import gaps
from lever_assets.store.sizes import database_size
from lever_assets.store.tables import APART, MART_TABLES, RAW, UNIFIED, changes, metadata, schema_version
from lever_assets_tests.store.builders import LEVER, arrival, candidate, landed, merged, whole
from lever_assets_tests.store.sentences import told
from lever_assets_tests.store.test_by_hand import by_hand, drop_column

pytestmark = pytest.mark.long

PEOPLE = set(metadata.tables) - set(APART)


@pytest.fixture
def beside(empty_postgresql_database: str) -> str:
    """URL of a database with a record and a row, and all tables in one schema."""
    _fill(empty_postgresql_database)
    return empty_postgresql_database


@pytest.fixture
def apart(empty_postgresql_database: str) -> str:
    """URL of the same, with the raw tables in the schema `lever_raw`."""
    url = f"{empty_postgresql_database}&raw_schema=lever_raw"
    _fill(url)
    return url


def _fill(url: str) -> None:
    with closing(Store.open(url)) as store:
        landed(store, arrival("u1"))
        merged(store, ("o1", candidate("o1", first_name="Ada")), model="candidates")


def tables(url: str, schema: str) -> set[str]:
    with closing(Store.open(url, migrate=False)) as store:
        return set(inspect(store.engine).get_table_names(schema))


def refused(url: str, match: str) -> str:
    with pytest.raises(UnfitError, match=match) as caught:
        Store.open(url)
    told(caught)
    return str(caught.value)


def test_what_is_for_people_is_the_unified_tables_and_their_history() -> None:
    assert {*UNIFIED, changes.name, *(table.name for table in MART_TABLES.values())} == PEOPLE


def test_they_are_made_there_and_used_there(apart: str) -> None:
    assert tables(apart, "public") == PEOPLE
    assert tables(apart, "lever_raw") == set(APART)
    with closing(Store.open(apart)) as store, store.reading(LEVER) as tx:
        assert len(whole(store, UNIFIED["candidates"])) == 1
        assert tx.sql.execute(select(func.count()).select_from(RAW["users"])).scalar_one() == 1
        assert gaps(tx) == []
        apart_too = tx.sql.exec_driver_sql(
            "SELECT SUM(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace IN ('public'::regnamespace, 'lever_raw'::regnamespace)"
        ).scalar_one()
        assert database_size(tx) == apart_too


def test_they_say_what_they_are_there_too(apart: str) -> None:
    with closing(Store.open(apart)) as store:
        found = inspect(store.engine)
        for name, table in APART.items():
            assert found.get_table_comment(name, "lever_raw")["text"] == table.comment
            assert {each["name"] for each in found.get_indexes(name, "lever_raw")} >= {
                str(each.name) for each in table.indexes
            }


def test_those_of_a_database_that_was_there_are_moved_as_they_are(beside: str) -> None:
    with closing(Store.open(beside)) as store:
        before = {name: whole(store, table) for name, table in metadata.tables.items()}
    del before[schema_version.name]  # which says where the others are
    moved = f"{beside}&raw_schema=lever_raw"
    with closing(Store.open(moved)) as store:
        assert {name: whole(store, metadata.tables[name]) for name in before} == before
        landed(store, arrival("u2"))
        assert len(whole(store, RAW["users"])) == len(before["raw_users"]) + 1
        with store.reading(LEVER) as tx:
            assert gaps(tx) == []
    assert tables(moved, "public") == PEOPLE
    assert tables(moved, "lever_raw") == set(APART)


def test_without_the_setting_they_are_not_made_once_more(apart: str) -> None:
    said = refused(
        apart.removesuffix("&raw_schema=lever_raw"), "raw tables of this database are in the schema"
    )
    assert "LEVER_RAW_SCHEMA=lever_raw" in said
    refused(apart.replace("lever_raw", "other"), "LEVER_RAW_SCHEMA=lever_raw")
    assert tables(apart, "public") == PEOPLE


@pytest.mark.parametrize("left", [["action_ledger"], ["schema_version", "raw_tags"], [*APART]])
def test_while_some_are_left_when_they_are_moved_back_nothing_is_made(apart: str, left: list[str]) -> None:
    back = sorted(set(APART) - set(left))
    by_hand(apart, *(f"ALTER TABLE lever_raw.{name} SET SCHEMA public" for name in back))
    plain = apart.removesuffix("&raw_schema=lever_raw")
    assert f"{len(left)}, such as {min(left)}" in refused(plain, "LEVER_RAW_SCHEMA=lever_raw")
    by_hand(apart, *(f"ALTER TABLE lever_raw.{name} SET SCHEMA public" for name in left))
    with closing(Store.open(plain)) as store, store.reading(LEVER) as tx:
        assert gaps(tx) == []
        assert len(whole(store, RAW["users"])) == 1
    assert tables(plain, "public") == set(metadata.tables)


def test_nor_are_they_where_one_was_dropped_by_hand(apart: str) -> None:
    by_hand(apart, "DROP TABLE lever_raw.raw_tags")
    refused(apart.removesuffix("&raw_schema=lever_raw"), "LEVER_RAW_SCHEMA=lever_raw")
    Store.open(apart).close()


def test_another_installation_may_not_have_the_same(apart: str) -> None:
    by_hand(apart, "CREATE SCHEMA second")
    second = f"{apart}&options=-csearch_path%3Dsecond"
    refused(second, "are of other tables than these")
    own = second.replace("raw_schema=lever_raw", "raw_schema=second_raw")
    _fill(own)
    assert tables(own, "second") == PEOPLE
    assert tables(own, "second_raw") == set(APART)
    with closing(Store.open(apart)) as store:
        landed(store, arrival("u2"))
        assert len(whole(store, RAW["users"])) == 2
    with closing(Store.open(own)) as store:
        assert len(whole(store, RAW["users"])) == 1


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE connections (n INTEGER)", "CREATE VIEW raw_users AS SELECT 1 AS one"],
)
def test_what_somebody_has_beside_them_under_such_a_name_is_told(apart: str, statement: str) -> None:
    by_hand(apart, statement)
    refused(apart, "is there already, and not one of this program's tables")


def test_what_somebody_has_there_under_the_name_of_a_table_for_people_is_told(apart: str) -> None:
    by_hand(apart, "CREATE TABLE lever_raw.jobs (n INTEGER)")
    refused(apart, "jobs is there already.*in the schema of the raw tables")


def test_a_table_of_ours_in_both_is_told_and_neither_touched(apart: str) -> None:
    by_hand(apart, "CREATE TABLE public.raw_tags (LIKE lever_raw.raw_tags INCLUDING ALL)")
    refused(apart, "raw_tags is both in the schema lever_raw and beside the tables for people")


def test_what_was_dropped_by_hand_is_made_again_where_it_belongs(apart: str) -> None:
    with closing(Store.open(apart)) as store, store.writing(LEVER) as tx:
        tx.sql.exec_driver_sql("DROP TABLE lever_raw.raw_tags")
        tx.sql.exec_driver_sql("DROP TABLE tags")
        tx.sql.exec_driver_sql("ALTER TABLE lever_raw.raw_users DROP COLUMN parent_id")
        drop_column(tx.sql, "candidates", "remote_id")
    with closing(Store.open(apart)) as store, store.reading(LEVER) as tx:
        assert {each.table for each in gaps(tx)} == {"raw_tags", "raw_users", "tags", "candidates"}
        columns = {each["name"] for each in inspect(tx.sql).get_columns("raw_users", "lever_raw")}
        assert "parent_id" in columns
    assert tables(apart, "public") == PEOPLE
    assert tables(apart, "lever_raw") == set(APART)


def test_who_only_reads_leaves_them_where_they_are(beside: str) -> None:
    with closing(Store.open_to_read(f"{beside}&raw_schema=lever_raw")) as store:
        assert len(whole(store, RAW["users"])) == 1
    assert tables(beside, "public") == set(metadata.tables)


def test_a_newer_program_s_are_not_moved(beside: str) -> None:
    by_hand(beside, f"UPDATE schema_version SET version = {len(STEPS) + 3}")
    for opening in (Store.open, Store.open_to_read):
        with pytest.raises(NewerSchemaError):
            opening(f"{beside}&raw_schema=lever_raw")
    assert tables(beside, "public") == set(metadata.tables)


def test_steps_that_an_older_program_s_lack_are_taken_before_they_are_moved(beside: str) -> None:
    by_hand(beside, "DROP TABLE mapped_fields, shown_fields", "UPDATE schema_version SET version = 2")
    with closing(Store.open(f"{beside}&raw_schema=lever_raw")) as store, store.reading(LEVER) as tx:
        assert not any(each.by_hand for each in gaps(tx))
    assert tables(beside, "lever_raw") == set(APART)
    assert tables(beside, "public") == PEOPLE


def test_all_that_is_for_people_is_made_again_if_it_was_dropped_here(apart: str) -> None:
    by_hand(apart, f"DROP TABLE {', '.join(PEOPLE)}")
    with closing(Store.open(apart)) as store, store.reading(LEVER) as tx:
        assert {each.table for each in gaps(tx)} == PEOPLE
        assert len(whole(store, RAW["users"])) == 1


def test_without_a_schema_for_the_others_nothing_is_made(apart: str) -> None:
    refused(f"{apart}&options=-csearch_path%3Dnowhere", "has no schema to make tables in")


def test_what_others_hold_is_waited_for_in_vain(beside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart_module, "_LOCK_TIMEOUT", "100ms")
    with psycopg.connect(beside) as other:
        other.execute("SELECT * FROM raw_users")
        with pytest.raises(BusyError):
            Store.open(f"{beside}&raw_schema=lever_raw")
    Store.open(f"{beside}&raw_schema=lever_raw").close()


def test_several_may_open_it_at_once(beside: str) -> None:
    moved = f"{beside}&raw_schema=lever_raw"

    def count(_: int) -> int:
        with closing(Store.open(moved)) as store:
            return len(whole(store, RAW["users"]))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(count, range(6))) == [1] * 6


def test_the_schema_of_the_others_means_beside_them(beside: str) -> None:
    with closing(Store.open(f"{beside}&raw_schema=public")) as store:
        assert len(whole(store, RAW["users"])) == 1
    assert tables(beside, "public") == set(metadata.tables)
