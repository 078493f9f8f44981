"""With the raw tables in a schema of their own everything goes on as if they were beside the others."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect

from lever_assets import frame
from lever_assets.connect.connections import connect_by_key, wanted_connection
from lever_assets.connect.known import listed, settings_of
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, UnfitError
from lever_assets.store.tables import APART, metadata
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.sync.tables import DELTA, Account, live


@pytest.fixture
def account(few: Sandbox, tmp_path: Path, empty_postgresql_database: str) -> Account:
    """The account with few people, and a database in PostgreSQL without any table."""
    return Account(few, tmp_path, empty_postgresql_database)


def test_a_sync_moves_them_and_goes_on_where_it_was(account: Account) -> None:
    account.sync()
    apart = Account(account.sandbox, account.folder, f"{account.database}&raw_schema=lever_raw")
    account.sandbox.touch(share=0.3, seed=4)
    report = account.sync(DELTA, raw_schema="lever_raw")
    assert report.restored == ()
    assert live(apart.database) == account.fresh()
    store = Store.open(apart.database)
    assert set(inspect(store.engine).get_table_names("lever_raw")) == set(APART)
    assert set(inspect(store.engine).get_table_names("public")) == set(metadata.tables) - set(APART)
    assert "current_jobs" in inspect(store.engine).get_view_names("public")
    store.close()
    assert account.sync(DELTA, raw_schema="lever_raw").restored == ()
    with account.session(raw_schema="lever_raw") as session:
        assert all(each.counts.updated == 0 for each in replay(session))


def test_frames_have_what_is_raw_and_what_is_not(account: Account) -> None:
    account.sync(raw_schema="lever_raw")
    settings = account.settings(raw_schema="lever_raw")
    assert len(frame("raw_postings", settings=settings)) == len(frame("jobs", settings=settings)) > 0
    with pytest.raises(UnfitError, match="set LEVER_RAW_SCHEMA=lever_raw"):
        frame("jobs", settings=account.settings())


def test_stored_connections_are_there_before_and_after_they_are_moved(account: Account) -> None:
    """Definitions and commands look for them before anything that would move their table."""
    apart = {"api_key": None, "raw_schema": "lever_raw"}
    with account.session() as session:
        wanted = wanted_connection(session.store, account.settings(), "acme")
        connect_by_key(session.store, account.settings(), wanted, SecretStr(account.sandbox.key))
    assert [each.connection for each in listed(account.settings(**apart)).accounts] == ["acme"]
    with Session.open(account.settings(**apart).of("acme")) as session:
        sync(session, Scope())
    found = listed(account.settings(**apart))
    assert ([each.connection for each in found.accounts], found.warnings) == (["acme"], ())
    without = listed(account.settings(api_key=None))
    assert [each.connection for each in without.accounts] == ["acme"]  # as its copy has them
    assert "set LEVER_RAW_SCHEMA=lever_raw" in without.warnings[0]
    with pytest.raises(UnfitError, match="set LEVER_RAW_SCHEMA=lever_raw"):
        settings_of(account.settings(api_key=None), "acme")


def test_it_is_doubted_in_sqlite(small: Account) -> None:
    settings = small.settings(raw_schema="lever_raw")
    assert any("LEVER_RAW_SCHEMA has no effect" in each for each in settings.doubts)
    assert "lever_raw" not in settings.tables_url


def test_it_may_not_be_the_one_of_views() -> None:
    with pytest.raises(SettingsError, match="LEVER_RAW_SCHEMA and LEVER_VIEW_SCHEMA name the same schema"):
        Settings(raw_schema="hiring", view_schema="hiring")


def test_it_is_part_of_where_the_tables_are() -> None:
    plain = "postgresql://localhost/x"
    assert Settings(database_url=SecretStr(plain), raw_schema="r").tables_url == f"{plain}?raw_schema=r"
    odd = "postgresql://u:a?b@localhost/x"
    assert Settings(database_url=SecretStr(odd), raw_schema="r").tables_url == f"{odd}?raw_schema=r"
    other = f"{plain}?connect_timeout=3"
    assert Settings(database_url=SecretStr(other), raw_schema="r").tables_url == f"{other}&raw_schema=r"
