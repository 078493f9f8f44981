"""The database: what it is, whether it can be used, its room."""

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from lever_assets.prerequisites import database
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Finding, Group, Verdict
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store, inbox
from lever_assets.store.condition import Condition
from lever_assets.store.tables import schema_version
from lever_assets.store.transaction import now
from lever_assets_tests.prerequisites.found import one
from lever_assets_tests.sync.tables import Account


def found(url: str) -> dict[str, Finding]:
    store, findings = database.opened(Settings(database_url=SecretStr(url)))
    if store is not None:
        store.close()
    assert {each.group for each in findings} == {Group.DATABASE}
    return {each.subject: each for each in findings}


def test_one_that_can_be_used_tells_what_it_is(database_url: str) -> None:
    told = found(database_url)

    kind = "SQLite 3." if database_url.startswith("sqlite") else "PostgreSQL 1"
    assert told["database"].verdict is Verdict.FINE
    assert told["database"].detail.startswith(kind)
    assert told["tables"].verdict is Verdict.FINE
    of_room = Verdict.FINE if database_url.startswith("sqlite") else Verdict.CANT_TELL
    assert told["free space"].verdict is of_room


def test_a_new_one_has_the_tables_afterwards(empty_database_url: str) -> None:
    assert found(empty_database_url)["tables"].verdict is Verdict.FINE
    Store.open(empty_database_url, migrate=False).close()


def test_one_of_a_newer_program_is_told_by_its_tables(database_url: str) -> None:
    store = Store.open(database_url)
    with store.writing("lever") as tx:
        tx.sql.execute(update(schema_version).values(version=999))
    store.close()
    told = found(database_url)

    assert told["tables"].blocks
    assert "version 999" in told["tables"].detail
    assert told["database"].verdict is Verdict.CANT_TELL


def test_one_that_can_not_be_reached_is_missing_and_its_password_is_not_told() -> None:
    url = "postgresql://somebody:the-password@127.0.0.1:1/lever"  # nobody listens there
    told = found(url)

    assert told["database"].blocks
    assert {told[each].verdict for each in ("tables", "free space")} == {Verdict.CANT_TELL}
    assert "the-password" not in str(told)


def test_one_that_takes_no_writes_from_us_is_missing(postgresql_database: str) -> None:
    separator = "&" if "?" in postgresql_database else "?"
    store = Store.open(postgresql_database)
    with store.writing("lever") as tx:
        tx.sql.exec_driver_sql("DROP ROLE IF EXISTS onlooker")
        tx.sql.exec_driver_sql("CREATE ROLE onlooker")
        tx.sql.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker")
    store.close()
    told = found(f"{postgresql_database}{separator}options=-crole%3Donlooker")

    assert told["database"].blocks
    assert "can't be written" in told["database"].detail


def test_one_whose_content_was_spoilt_is_told_and_the_account_all_the_same(
    account: Account, sandbox: Sandbox
) -> None:
    at = now()
    with account.session() as session, session.writing() as tx:
        assert inbox.receive(tx, inbox.InboxEvent("1", "contactUpdated", "token", at, {}))
        tx.sql.exec_driver_sql("UPDATE webhook_inbox SET received_at = 'yesterday'")
    report = examine(account.settings())

    assert one(report, "database").verdict is Verdict.CANT_TELL
    assert one(report, "tables").blocks
    assert "webhook_inbox" in one(report, "tables").detail
    assert one(report, "offers:read:admin").verdict is Verdict.FINE


@pytest.mark.parametrize(
    ("size", "free", "verdict", "required"),
    [
        (1_000_000, 50_000_000_000, Verdict.FINE, True),
        (2_000_000_000, 1_500_000_000, Verdict.MISSING, False),  # for a second copy
        (1_000_000, 20_000_000, Verdict.MISSING, True),
    ],
)
def test_room_is_needed_to_write_and_wanted_for_a_second_copy(
    size: int, free: int, verdict: Verdict, required: bool
) -> None:
    told = database.room(Condition("SQLite 3.45", 1, True, size, free))

    assert (told.verdict, told.required) == (verdict, required)
