"""Connections are made, changed and removed; what is theirs goes with them, what is secret never shows."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from pydantic import JsonValue, SecretStr
from sqlalchemy import select

from lever_assets.actions.running import run_action
from lever_assets.connect import connections
from lever_assets.connect.account import Account
from lever_assets.connect.connections import connect_by_key, wanted_connection
from lever_assets.connect.environments import Environment
from lever_assets.connect.errors import (
    ConnectionNameError,
    DisabledError,
    NotConnectedError,
    WrongAccountError,
)
from lever_assets.connect.known import account_of, listed, names
from lever_assets.connect.known import settings_of as settings_of_name
from lever_assets.lever import AuthenticationError
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, ledger
from lever_assets.store.accounts import drop_rows, keep_account, rename_rows, stored_account
from lever_assets.store.created import Created
from lever_assets.store.created import keep as keep_created
from lever_assets.store.errors import BusyError
from lever_assets.store.ledger import open_entry
from lever_assets.store.tables import created_records, metadata
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.standing import standing_of
from lever_assets.unified.ids import unified_id
from lever_assets_tests.connect.connecting import by_key, connected, ids, stages_of, synced


def test_a_connection_by_key_works_and_its_key_shows_nowhere(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    row = by_key(store, settings, "acme")
    account, own = account_of(store, settings.of("acme"))

    assert stages_of(settings.of("acme")) > 0
    assert (row.kind, row.environment, row.organization_name) == ("api_key", "custom", "Acme Inc")
    assert "sandbox-key" not in repr((row, account, own, account.client(own)))
    assert "it@acme.example" not in repr(row)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"sandbox-key" not in path.read_bytes()


def test_a_wrong_key_makes_no_connection(store: Store, settings: Settings) -> None:
    with pytest.raises(AuthenticationError):
        by_key(store, settings, "acme", key="mistyped")

    assert names(settings) == []


@pytest.mark.parametrize(
    "name", ["", "a b", "1st", "a-b", "x" * 41, "acme_raw", "acme_full", "lever_webhooks", "ä"]
)
def test_a_name_that_could_be_mistaken_is_refused(store: Store, settings: Settings, name: str) -> None:
    with pytest.raises(ConnectionNameError, match="name"):
        by_key(store, settings, name)


def test_settings_of_its_own_go_over_those_of_the_environment(store: Store, settings: Settings) -> None:
    by_key(store, settings, "acme", sync_window="daily", exclude="offers", candidate_cutoff="90d")
    by_key(store, settings, "globex")

    acme, globex = (account_of(store, settings.of(name))[1] for name in ("acme", "globex"))

    assert (acme.sync_window, acme.exclude, acme.connection) == ("daily", ("offers",), "acme")
    assert acme.candidate_cutoff is not None
    assert (globex.sync_window, globex.exclude) == (settings.sync_window, ())


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"sync_window": "yearly"}, "sync_window"),
        ({"database_url": "sqlite://"}, "database_url"),
        ({"nonsense": "1"}, "nonsense"),
        ({"only_created": "true", "candidate_cutoff": "90d"}, "can't be combined"),
    ],
)
def test_settings_that_can_not_be_its_own_are_refused(
    store: Store, settings: Settings, own: dict[str, JsonValue], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        by_key(store, settings, "acme", "sandbox-key", **own)


def test_own_settings_can_be_changed_and_taken_away(store: Store, settings: Settings) -> None:
    by_key(store, settings, "acme", sync_window="daily")
    connections.set_own(store, settings, "acme", {"sync_window": None, "rate_limit": "5"})

    _, own = account_of(store, settings.of("acme"))

    assert (own.sync_window, own.rate_limit) == (settings.sync_window, 5)
    with pytest.raises(SettingsError, match="rate_limit"):
        connections.set_own(store, settings, "acme", {"rate_limit": "-1"})


def test_own_settings_that_do_not_go_with_the_environment_s_name_their_connection(
    store: Store, settings: Settings
) -> None:
    by_key(store, settings, "acme", candidate_cutoff="90d", exclude="offers")
    with store.writing("acme") as tx:  # as if a later version had no such model
        tx.sql.execute(metadata.tables["accounts"].update().values(settings={"exclude": ["nonsense"]}))
    with pytest.raises(SettingsError, match=r"connection 'acme'.*nonsense"):
        account_of(store, settings.of("acme"))
    with store.writing("acme") as tx:
        tx.sql.execute(metadata.tables["accounts"].update().values(settings={"candidate_cutoff": "90d"}))

    with pytest.raises(SettingsError, match=r"connection 'acme'.*LEVER_ONLY_CREATED"):
        account_of(store, settings.of("acme").model_copy(update={"only_created": True}))


@contextmanager
def changing(store: Store, change: Callable[[Transaction], object]) -> Iterator[ThreadPoolExecutor]:
    """Have `acme` be changed by somebody who is not done before what is begun in the block waits for it."""
    with ThreadPoolExecutor(1) as pool, store.writing("acme") as tx:
        change(tx)
        yield pool
        time.sleep(0.5)


def with_rate(tx: Transaction) -> None:
    """Give `acme` a rate limit of its own."""
    row = stored_account(tx)
    assert row is not None
    keep_account(tx, replace(row, settings={**row.settings, "rate_limit": 5}))


@pytest.mark.parametrize("second", ["set", "disable", "connect"])
def test_two_who_change_a_connection_at_once_both_do(anywhere: tuple[Store, Settings], second: str) -> None:
    store, settings = anywhere
    changes: dict[str, Callable[[], object]] = {
        "set": lambda: connections.set_own(store, settings, "acme", {"sync_window": "daily"}),
        "disable": lambda: connections.enable(store, "acme", enabled=False),
        "connect": lambda: by_key(store, settings, "acme", sync_window="daily"),
    }
    with changing(store, with_rate) as pool:
        other = pool.submit(changes[second])
    other.result(timeout=30)

    with store.reading("acme") as tx:
        row = stored_account(tx)
    assert row is not None
    assert row.settings == {"rate_limit": 5, **({} if second == "disable" else {"sync_window": "daily"})}
    assert row.enabled is (second != "disable")


@pytest.mark.parametrize("gone", ["erased", "renamed"])
def test_a_connection_that_goes_meanwhile_is_not_brought_back_by_a_change_of_it(
    anywhere: tuple[Store, Settings], gone: str
) -> None:
    store, settings = anywhere
    goes: dict[str, Callable[[Transaction], None]] = {
        "erased": drop_rows,
        "renamed": lambda tx: rename_rows(tx, "acme_ltd"),
    }
    with changing(store, goes[gone]) as pool:
        other = pool.submit(connections.enable, store, "acme", enabled=False)
    with pytest.raises(ConnectionNameError, match="no stored connection 'acme'"):
        other.result(timeout=30)

    assert [each.connection for each in listed(settings).accounts] == (
        ["acme_ltd", "globex"] if gone == "renamed" else ["globex"]
    )


def test_what_can_not_be_excluded_is_refused_before_it_is_kept(store: Store, settings: Settings) -> None:
    """Kept, it would end every command that looks at the connection, the list of all included."""
    with pytest.raises(SettingsError, match="nonsense"):
        by_key(store, settings, "acme", exclude="nonsense")
    by_key(store, settings, "acme")
    with pytest.raises(SettingsError, match="nonsense"):
        connections.set_own(store, settings, "acme", {"exclude": "nonsense"})


def test_reconnecting_takes_a_setting_away_and_asks_for_what_its_own_ones_leave(
    store: Store, settings: Settings
) -> None:
    by_key(store, settings, "acme", exclude="offers", rate_limit="5")

    wanted = wanted_connection(store, settings, "acme", own={"rate_limit": None})
    row = connect_by_key(store, settings, wanted, SecretStr("sandbox-key"))

    assert wanted.in_force.exclude == ("offers",)
    assert wanted.in_force.rate_limit == settings.rate_limit
    assert row.settings == {"exclude": "offers"}


def test_reconnecting_keeps_what_is_not_given_anew(store: Store, settings: Settings) -> None:
    first = by_key(store, settings, "acme", sync_window="daily")
    second = connected(store, settings, "acme")

    assert second.kind == "oauth"
    assert second.settings == {"sync_window": "daily"}
    assert (second.organization_name, second.origin_id) == ("Acme Inc", "42")
    assert second.created_at == first.created_at


def test_the_environments_account_needs_no_row_and_a_stored_one_goes_before_it(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"api_key": SecretStr("sandbox-key")})
    account, _ = account_of(store, own)
    assert not account.is_stored

    by_key(store, settings, own.connection, sync_window="daily")

    account, found = account_of(store, own)
    assert account.is_stored
    assert (found.sync_window, found.api_key) == ("daily", None)
    assert [each.connection for each in listed(own).accounts] == [own.connection]


def test_another_account_has_no_key_of_the_environments(settings: Settings) -> None:
    own = settings.model_copy(update={"api_key": SecretStr("sandbox-key")})

    assert own.of("acme").api_key is None
    with pytest.raises(NotConnectedError):
        Account.default(own.of("acme")).client(own)


def test_without_a_name_the_environments_own_is_meant_or_the_only_one(
    store: Store, settings: Settings
) -> None:
    own = settings.model_copy(update={"api_key": SecretStr("sandbox-key")})
    assert settings_of_name(settings, None).connection == "lever"
    by_key(store, settings, "acme")
    assert settings_of_name(own, None).connection == "lever"
    assert settings_of_name(settings, None).connection == "acme"

    by_key(store, settings, "globex")

    with pytest.raises(ConnectionNameError, match=r"acme, globex.*--connection"):
        settings_of_name(settings, None)
    with pytest.raises(ConnectionNameError, match="no connection 'nobody'"):
        settings_of_name(settings, "nobody")


def test_one_that_is_switched_off_is_not_asked(store: Store, settings: Settings) -> None:
    by_key(store, settings, "acme")
    connections.enable(store, "acme", enabled=False)

    with pytest.raises(DisabledError, match="connections enable acme"):
        stages_of(settings.of("acme"))
    assert "acme" not in {each.connection for each in listed(settings).accounts}

    connections.enable(store, "acme", enabled=True)
    assert stages_of(settings.of("acme")) > 0


def test_one_that_is_switched_off_stays_so_when_it_is_reconnected_but_not_when_it_was_removed(
    store: Store, settings: Settings
) -> None:
    by_key(store, settings, "acme")
    connections.enable(store, "acme", enabled=False)
    again = by_key(store, settings, "acme")
    connections.remove(store, "acme", erase=False)
    anew = by_key(store, settings, "acme")

    assert (again.enabled, anew.enabled) == (False, True)


def test_another_lever_account_is_not_mixed_into_the_rows_of_one(store: Store, settings: Settings) -> None:
    by_key(store, settings, "acme")
    synced(settings.of("acme"))
    with running_sandbox(SandboxConfig(opportunities=2, rate=0, seed=99)) as other:
        elsewhere = settings.model_copy(update={"base_url": other.url})
        wanted = wanted_connection(store, elsewhere, "acme", environment=Environment.CUSTOM)
        with pytest.raises(WrongAccountError, match="another name"):
            connect_by_key(store, elsewhere, wanted, SecretStr(other.key))


def test_a_connection_that_is_renamed_keeps_rows_and_ids(anywhere: tuple[Store, Settings]) -> None:
    store, settings = anywhere
    before = ids(store, "candidates", "acme")

    connections.rename(store, "acme", "initech")
    with Session.open(settings.of("initech")) as session:
        report = sync(session, Scope())

    assert before
    assert ids(store, "candidates", "initech") == before
    assert not ids(store, "candidates", "acme")
    assert not any(each.counts.changed for each in report.derived)
    with pytest.raises(ConnectionNameError, match="is, or was"):
        connections.rename(store, "globex", "initech")
    with pytest.raises(ConnectionNameError, match="called otherwise now"):
        by_key(store, settings, "acme")

    connections.rename(store, "initech", "acme")
    assert ids(store, "candidates", "acme") == before


def test_of_a_connection_that_is_removed_the_rows_stay_unless_they_are_erased(
    anywhere: tuple[Store, Settings],
) -> None:
    store, settings = anywhere
    before = ids(store, "candidates", "acme")
    connections.rename(store, "acme", "initech")

    connections.remove(store, "initech", erase=False)

    assert names(settings) == ["globex"]
    assert ids(store, "candidates", "initech") == before
    by_key(store, settings, "initech")
    synced(settings.of("initech"))
    assert ids(store, "candidates", "initech") == before

    connections.remove(store, "initech", erase=True)

    with store.reading("initech") as tx:
        for table in metadata.tables.values():
            if "connection" in table.c:
                query = select(table.c.connection).where(table.c.connection == "initech")
                assert tx.sql.execute(query).first() is None, table.name
    assert names(settings) == ["globex"]


def test_what_comes_before_a_removal_waits_for_the_sync_and_has_the_key_yet(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_key(store, settings, "acme")
    monkeypatch.setattr("lever_assets.connect.connections._LOCK_SECONDS", 0.1)
    asked: list[int] = []

    def ask() -> None:
        asked.append(stages_of(settings.of("acme")))

    with store.exclusive("acme"), pytest.raises(BusyError):
        connections.remove(store, "acme", erase=False, before=ask)
    assert not asked

    connections.remove(store, "acme", erase=False, before=ask)
    assert asked[0] > 0


def test_a_sync_that_waited_meanwhile_brings_nothing_back(anywhere: tuple[Store, Settings]) -> None:
    store, settings = anywhere
    with Session.open(settings.of("acme")) as waiting:
        connections.rename(store, "acme", "initech")
        with pytest.raises(ConnectionNameError, match="meanwhile"):
            sync(waiting, Scope())
    with Session.open(settings.of("initech")) as waiting:
        connections.remove(store, "initech", erase=True)
        with pytest.raises(ConnectionNameError, match="meanwhile"):
            sync(waiting, Scope())

    assert not ids(store, "candidates", "acme")
    assert not ids(store, "candidates", "initech")


def test_the_environments_account_takes_no_rows_of_one_that_had_its_name(
    anywhere: tuple[Store, Settings],
) -> None:
    store, settings = anywhere
    connections.rename(store, "acme", "initech")
    environments = settings.model_copy(update={"connection": "acme", "api_key": SecretStr("sandbox-key")})

    with pytest.raises(ConnectionNameError, match="LEVER_API_KEY"):
        synced(environments)

    assert ids(store, "candidates", "initech")


def test_a_name_that_ids_of_kept_rows_are_made_of_stays_taken(anywhere: tuple[Store, Settings]) -> None:
    store, settings = anywhere
    connections.rename(store, "acme", "initech")
    connections.remove(store, "initech", erase=False)

    with pytest.raises(ConnectionNameError, match="choose another name"):
        by_key(store, settings, "acme")
    account, _ = account_of(store, settings.of("initech"))
    assert account.named_at_first == "acme"

    by_key(store, settings, "initech")
    connections.remove(store, "initech", erase=True)
    by_key(store, settings, "acme")


def test_an_action_is_known_by_its_key_and_its_records_by_their_ids_after_renaming(
    anywhere: tuple[Store, Settings],
) -> None:
    store, _ = anywhere
    with store.writing("acme") as tx:
        before = open_entry(tx, "create_candidate", "key", input_hash="hash", request={})
    connections.rename(store, "acme", "initech")

    with store.writing("initech") as tx:
        again = open_entry(tx, "create_candidate", "key", input_hash="hash", request={})
        keep_created(tx, [Created("candidates", "remote", before.id, tx.instant)])
        made = tx.sql.execute(select(created_records.c.id)).scalar_one()
    assert again.id == before.id
    assert made == unified_id("acme", "candidates", "remote")


def test_what_is_not_there_can_not_be_changed(store: Store, settings: Settings) -> None:
    with pytest.raises(ConnectionNameError, match="nobody"):
        connections.rename(store, "nobody", "somebody")
    with pytest.raises(ConnectionNameError, match="nobody"):
        connections.remove(store, "nobody", erase=True)
    with pytest.raises(ConnectionNameError, match="nobody"):
        connections.enable(store, "nobody", enabled=True)
    with pytest.raises(ConnectionNameError, match="nobody"):
        connections.set_own(store, settings, "nobody", {})


def test_the_list_is_a_copy_when_the_database_is_not_there(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_key(store, settings, "acme", sync_window="daily")
    assert [each.sync_window for each in listed(settings).accounts] == ["daily"]
    nowhere = SecretStr("postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=1")
    away = settings.model_copy(update={"database_url": nowhere})
    away.__dict__.pop("tables_url", None)

    found = listed(away)

    assert [(each.connection, each.sync_window) for each in found.accounts] == [("acme", "daily")]
    assert "as they were" in found.warnings[0]


def test_listing_makes_no_database(settings: Settings, tmp_path: Path) -> None:
    fresh = settings.model_copy(update={"database_url": SecretStr(f"sqlite:///{tmp_path / 'none.db'}")})
    fresh.__dict__.pop("tables_url", None)

    assert [each.connection for each in listed(fresh).accounts] == ["lever"]
    assert not (tmp_path / "none.db").exists()


def test_own_settings_that_were_damaged_keep_no_other_from_being_listed(
    store: Store, settings: Settings
) -> None:
    by_key(store, settings, "acme")
    by_key(store, settings, "globex", sync_window="daily")
    with store.writing("acme") as tx:
        row = stored_account(tx)
        assert row is not None
        tx.sql.execute(
            metadata.tables["accounts"]
            .update()
            .where(metadata.tables["accounts"].c.connection == "acme")
            .values(settings={"sync_window": "yearly"})
        )

    found = listed(settings)

    assert [each.connection for each in found.accounts] == ["acme", "globex"]
    assert "sync_window" in found.warnings[0]


def test_a_connection_is_not_renamed_or_removed_under_an_action(
    anywhere: tuple[Store, Settings], sandbox: Sandbox
) -> None:
    store, settings = anywhere
    given: dict[str, object] = {
        "candidate_id": min(ids(store, "candidates", "acme")),
        "tag": {"name": "seen"},
    }
    sandbox.set_faults("slow=4,path=/opportunities/*/addTags,times=1")
    with Session.open(settings.of("acme")) as before, ThreadPoolExecutor(1) as pool:
        done = pool.submit(run_action, before, "add_candidate_tag", given)
        _wait_until(lambda: _is_busy(store))
        with pytest.raises(BusyError, match="action"):
            connections.rename(store, "acme", "initech")
        with pytest.raises(BusyError, match="action"):
            connections.remove(store, "acme", erase=True)
        assert done.result().error is None

        connections.rename(store, "acme", "initech")
        late = run_action(before, "add_candidate_tag", {**given, "tag": {"name": "late"}})

    assert late.error is not None
    assert "renamed or removed" in str(late.error["message"])
    assert not ids(store, "candidates", "acme")


def _is_busy(store: Store) -> bool:
    with store.reading("acme") as tx:
        return ledger.is_busy(tx)


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_lost_key_is_not_replaced_without_a_word(store: Store, settings: Settings) -> None:
    by_key(store, settings, "acme")
    settings.secret_key_file.unlink()

    with pytest.raises(SettingsError, match="put its file back"):
        by_key(store, settings, "globex")
    assert names(settings) == ["acme"]


def test_a_refresh_token_that_ends_soon_is_said_early(store: Store, settings: Settings) -> None:
    connected(store, settings, "acme")
    assert not standing_of(store, *account_of(store, settings.of("acme"))).issues

    with time_machine.travel(now() + timedelta(days=340)):
        (issue,) = standing_of(store, *account_of(store, settings.of("acme"))).issues

    assert "connect again before" in issue.told
