"""Views without what is gone are there after a sync, stay as the settings say, and are nobody else's."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, update

from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.sandbox import Sandbox
from lever_assets.store import Store
from lever_assets.store import views as of_store
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import now
from lever_assets.unified.catalogue import BY_NAME
from lever_assets_tests.sync.tables import Account

NAMES = [model.name for model in NOTHING_EXCLUDED.kept]
HIDDEN = {"source_key", "content_hash", "left_out"}
JOBS = "SELECT count(*) FROM current_jobs"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a new database; here PostgreSQL is no afterthought."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def on_postgresql(few: Sandbox, tmp_path: Path, postgresql_database: str) -> Account:
    """The account with few people, and an empty database in PostgreSQL."""
    return Account(few, tmp_path, postgresql_database)


def asked(account: Account, query: str) -> list[tuple[Any, ...]]:
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            return [tuple(row) for row in tx.sql.exec_driver_sql(query)]
    finally:
        store.close()


def done(account: Account, *statements: str) -> None:
    """Do what somebody does by hand in the database."""
    store = Store.open(account.database)
    try:
        with store.writing("lever") as tx:
            for statement in statements:
                tx.sql.exec_driver_sql(statement)
    finally:
        store.close()


def views(account: Account, schema: str | None = None) -> set[str]:
    store = Store.open(account.database)
    try:
        return set(inspect(store.engine).get_view_names(schema))
    finally:
        store.close()


def visible(model: str) -> list[str]:
    return [each.name for each in UNIFIED[model].c if each.name not in HIDDEN]


def columns_of(account: Account, view: str) -> dict[str, str | None]:
    """Return what the columns of a view are said to be, by name, in their order."""
    store = Store.open(account.database)
    try:
        return {each["name"]: each.get("comment") for each in inspect(store.engine).get_columns(view)}
    finally:
        store.close()


def prefixed(prefix: str, but: Sequence[str] = ()) -> set[str]:
    return {f"{prefix}{name}" for name in NAMES if name not in but}


def test_each_model_has_a_view_with_its_columns_and_without_what_is_gone(anywhere: Account) -> None:
    anywhere.sync()
    with anywhere.session() as session, session.writing() as tx:
        table = UNIFIED["jobs"]
        one = tx.sql.execute(table.select()).mappings().first()
        assert one is not None
        tx.sql.execute(update(table).where(table.c.id == one["id"]).values(remote_deleted_at=now()))

    assert views(anywhere) == prefixed("current_")
    for model in NAMES:
        assert list(columns_of(anywhere, f"current_{model}")) == visible(model)
        if model != "jobs":
            assert asked(anywhere, f"SELECT count(*) FROM current_{model}") == asked(
                anywhere, f"SELECT count(*) FROM {model} WHERE remote_deleted_at IS NULL"
            )
    [[there]] = asked(anywhere, JOBS)
    [[all_jobs]] = asked(anywhere, "SELECT count(*) FROM jobs")
    assert there == all_jobs - 1
    assert asked(anywhere, f"SELECT id FROM current_jobs WHERE id = '{one['id']}'") == []


def test_another_sync_leaves_them_alone(anywhere: Account) -> None:
    anywhere.sync()
    identity = "SELECT name, rootpage, sql FROM sqlite_master WHERE type = 'view'"
    if anywhere.database.startswith("postgresql"):
        identity = (
            "SELECT oid, xmin::text, relname FROM pg_class WHERE relkind = 'v' AND relname ~ '^current'"
        )
    before = sorted(asked(anywhere, identity))
    report = anywhere.sync()
    assert sorted(asked(anywhere, identity)) == before
    assert report.restored == ()


def test_a_view_that_somebody_dropped_is_there_again(anywhere: Account) -> None:
    anywhere.sync()
    done(anywhere, "DROP VIEW current_jobs")
    anywhere.sync()
    assert views(anywhere) == prefixed("current_")


def test_another_prefix_takes_the_old_views_away(anywhere: Account) -> None:
    anywhere.sync()
    anywhere.sync(view_prefix="LIVE_")
    assert views(anywhere) == prefixed("live_")
    anywhere.sync()
    assert views(anywhere) == prefixed("current_")


def test_what_somebody_else_has_made_by_the_name_stays_and_is_told(anywhere: Account) -> None:
    done(
        anywhere,
        "CREATE VIEW current_jobs AS SELECT 7 AS mine",
        "CREATE TABLE current_offers (n INTEGER)",
        "CREATE VIEW current_ones AS SELECT 1 AS one",
    )
    for _ in range(2):
        report = anywhere.sync()
        [told] = report.restored
        assert told.startswith("no view current_jobs, current_offers was made")
    assert asked(anywhere, "SELECT mine FROM current_jobs") == [(7,)]
    assert views(anywhere) == prefixed("current_", but=["offers"]) | {"current_ones"}
    anywhere.sync(view_prefix="live_")
    assert views(anywhere) == prefixed("live_") | {"current_jobs", "current_ones"}


def test_a_copy_that_somebody_made_of_a_view_is_theirs(anywhere: Account) -> None:
    anywhere.sync()
    if anywhere.database.startswith("sqlite"):
        [[made]] = asked(anywhere, "SELECT sql FROM sqlite_master WHERE name = 'current_jobs'")
        done(anywhere, made.replace("current_jobs", "mine", 1))
    else:
        done(anywhere, "ALTER VIEW current_jobs RENAME TO mine")
    assert anywhere.sync(view_prefix="live_").restored == ()
    assert views(anywhere) == prefixed("live_") | {"mine"}


def test_a_prefix_that_makes_the_name_of_a_table_loses_no_table(anywhere: Account) -> None:
    anywhere.sync(view_prefix="raw_")
    [[users]] = asked(anywhere, "SELECT count(*) FROM raw_users")
    assert users
    taken = ["users", "tags", "interviews", "offers", "applications", "requisitions"]
    assert views(anywhere) == prefixed("raw_", but=taken)


def test_a_model_that_every_connection_leaves_out_has_no_view(anywhere: Account) -> None:
    anywhere.sync()
    anywhere.sync(exclude=("offers",))
    assert views(anywhere) == prefixed("current_", but=["offers"])
    anywhere.sync(exclude=("offers.status",))
    assert views(anywhere) == prefixed("current_")


def test_a_model_that_another_connection_keeps_has_a_view(anywhere: Account) -> None:
    anywhere.sync(exclude=("offers",))
    anywhere.sync(connection="second")
    assert views(anywhere) == prefixed("current_")
    anywhere.sync(exclude=("offers", "tags"))
    assert views(anywhere) == prefixed("current_")
    anywhere.sync(connection="second", exclude=("offers",))
    assert views(anywhere) == prefixed("current_", but=["offers"])


@pytest.fixture
def of_older_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Lets views be made by a program that does not know yet of a column in the middle, or by this one."""
    known = of_store._columns

    def without_description(model: str) -> dict[str, str | None]:
        return {name: told for name, told in known(model).items() if name != "description"}

    def use(older: bool) -> None:
        monkeypatch.setattr(of_store, "_columns", without_description if older else known)
        of_store._digest.cache_clear()

    yield use
    use(older=False)


def test_a_column_that_a_model_gains_is_in_its_view_and_rights_stay(
    on_postgresql: Account, of_older_program: Callable[[bool], None]
) -> None:
    of_older_program(True)
    on_postgresql.sync()
    done(
        on_postgresql,
        "GRANT SELECT ON current_jobs TO PUBLIC",
        "CREATE VIEW mine AS SELECT id FROM current_jobs",
    )
    grants = "SELECT relacl::text FROM pg_class WHERE relname = 'current_jobs'"
    before = asked(on_postgresql, grants)
    of_older_program(False)
    assert on_postgresql.sync().restored == ()

    columns = list(columns_of(on_postgresql, "current_jobs"))
    assert sorted(columns) == sorted(visible("jobs"))
    assert columns[-1] == "description"
    assert asked(on_postgresql, grants) == before
    assert asked(on_postgresql, "SELECT count(*) FROM mine") == asked(on_postgresql, JOBS)


def test_a_column_that_a_model_gains_is_in_its_view_in_sqlite(
    small: Account, of_older_program: Callable[[bool], None]
) -> None:
    of_older_program(True)
    small.sync()
    of_older_program(False)
    small.sync()
    assert list(columns_of(small, "current_jobs")) == visible("jobs")


def test_a_view_that_others_are_made_of_stays_and_is_told(on_postgresql: Account) -> None:
    on_postgresql.sync()
    done(on_postgresql, "CREATE VIEW mine AS SELECT id FROM current_jobs")
    [told] = on_postgresql.sync(view_prefix="live_").restored
    assert told.startswith("the view current_jobs stays as it is")
    assert views(on_postgresql) == prefixed("live_") | {"current_jobs", "mine"}
    done(on_postgresql, "DROP VIEW mine")
    assert on_postgresql.sync(view_prefix="live_").restored == ()
    assert views(on_postgresql) == prefixed("live_")


def test_in_a_schema_of_their_own_views_are_called_as_their_tables(on_postgresql: Account) -> None:
    on_postgresql.sync()
    on_postgresql.sync(view_schema="hiring")
    assert views(on_postgresql) == set()
    assert views(on_postgresql, "hiring") == set(NAMES)
    assert asked(on_postgresql, "SELECT count(*) FROM hiring.jobs") == asked(
        on_postgresql, "SELECT count(*) FROM jobs"
    )
    on_postgresql.sync(view_schema="hiring", view_prefix="now_")
    assert views(on_postgresql, "hiring") == prefixed("now_")
    on_postgresql.sync()
    assert (views(on_postgresql), views(on_postgresql, "hiring")) == (prefixed("current_"), set())


def test_the_views_of_another_installation_in_the_database_are_not_touched(on_postgresql: Account) -> None:
    done(on_postgresql, "CREATE SCHEMA beside")
    beside = Account(
        on_postgresql.sandbox,
        on_postgresql.folder / "beside",
        f"{on_postgresql.database}&options=-csearch_path%3Dbeside",
    )
    on_postgresql.sync()
    beside.sync(view_prefix="other_")
    on_postgresql.sync()
    assert views(on_postgresql) == prefixed("current_")
    assert views(on_postgresql, "beside") == prefixed("other_")


def test_without_the_right_to_make_a_schema_the_sync_goes_on_and_says_so(on_postgresql: Account) -> None:
    on_postgresql.sync()
    done(
        on_postgresql,
        "DROP ROLE IF EXISTS modest",
        "CREATE ROLE modest LOGIN",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO modest",
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO modest",
    )
    try:
        modest = Account(
            on_postgresql.sandbox,
            on_postgresql.folder,
            on_postgresql.database.replace("//postgres", "//modest"),
        )
        report = modest.sync(view_schema="hiring")
        [told] = report.restored
        assert told.startswith("the views without what is gone were not made: ")
        assert "denies this user a right it needs" in told
        assert views(on_postgresql) == prefixed("current_")
    finally:
        done(on_postgresql, "DROP OWNED BY modest", "DROP ROLE modest")


def test_views_say_what_they_and_their_columns_are(on_postgresql: Account) -> None:
    on_postgresql.sync()
    for model in NAMES:
        told = {name: UNIFIED[model].c[name].comment for name in visible(model)}
        assert columns_of(on_postgresql, f"current_{model}") == told
    [[comment]] = asked(on_postgresql, "SELECT obj_description('current_jobs'::regclass)")
    assert comment.startswith(BY_NAME["jobs"].description)


def test_a_database_that_lost_what_is_below_a_view_is_mended_in_sqlite(small: Account) -> None:
    """SQLite lets a table go that views are made of, and then changes no table while they lead nowhere."""
    small.sync()
    before = small.tables()["tags"]
    done(small, "ALTER TABLE raw_users DROP COLUMN left_out", "DROP TABLE tags")
    small.sync()
    assert [row["id"] for row in small.tables()["tags"]] == [row["id"] for row in before]
    assert asked(small, "SELECT count(*) FROM current_tags") == asked(small, "SELECT count(*) FROM tags")


def test_a_schema_for_views_is_doubted_in_sqlite(small: Account) -> None:
    settings = small.settings(view_schema="hiring")
    assert any("LEVER_VIEW_SCHEMA has no effect" in each for each in settings.doubts)
    on_server = settings.model_copy(update={"database_url": SecretStr("postgresql://localhost/x")})
    on_server.__dict__.pop("tables_url", None)
    assert not any("LEVER_VIEW_SCHEMA" in each for each in on_server.doubts)
    small.sync(view_schema="hiring")
    assert views(small) == prefixed("current_")
