"""A connection that was removed and whose rows were kept is known; erasure reaches it, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pydantic import JsonValue, SecretStr
from sqlalchemy import event, func, select, update

from lever_assets.connect import connections
from lever_assets.connect.connections import connect_by_key, wanted_connection
from lever_assets.connect.environments import Environment
from lever_assets.connect.errors import ConnectionNameError, RemovedError, WrongAccountError
from lever_assets.connect.known import (
    account_of,
    every_name,
    every_name_and_removed,
    listed,
    names,
    names_and_removed,
    settings_of,
)
from lever_assets.connect.states import State
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import enqueue, integration_of, take_leave
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store, inbox, outbox
from lever_assets.store.accounts import (
    any_account,
    departures,
    has_rows,
    is_taken,
    keep_account,
    stored_account,
    whereabouts,
)
from lever_assets.store.erased_files import TABLES
from lever_assets.store.inbox import InboxEvent
from lever_assets.store.secrets import secrets
from lever_assets.store.tables import RAW, UNIFIED, accounts, metadata
from lever_assets.store.transaction import NOBODY, now
from lever_assets.sync import removed as module
from lever_assets.sync.kept_fields import keep_name, kept_names, shown_fields, switch_fields
from lever_assets.sync.removed import erase_of_removed, see_to_removed
from lever_assets.sync.retention.compaction import compact_if_due
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.standing import standing_of
from lever_assets_tests.connect.connecting import by_key, ids, synced
from lever_assets_tests.notices.hooks import listening

Place = tuple[Store, Settings]


@pytest.fixture
def removed(anywhere: Place) -> Place:
    """Each kind of database, with a connection that was read, renamed and removed, and one that is there."""
    store, _ = anywhere
    connections.rename(store, "acme", "initech")
    connections.remove(store, "initech", erase=False)
    return anywhere


def tables_with(store: Store, name: str) -> set[str]:
    """The tables that have a row of a connection."""
    with store.reading(name) as tx:
        own = [each for each in metadata.tables.values() if "connection" in each.c]
        return {
            each.name
            for each in own
            if tx.sql.execute(select(each.c.connection).where(each.c.connection == name)).first()
        }


def test_it_is_kept_that_it_was_removed_and_nothing_secret_or_personal_of_who_connected_it(
    removed: Place,
) -> None:
    store, settings = removed

    with store.reading("initech") as tx:
        assert stored_account(tx) is None
        row = any_account(tx)
        assert not secrets(tx, "")
        assert [each.connection for each in whereabouts(tx)] == ["globex"]
    assert row is not None
    assert row.removed_at is not None
    assert (row.named_at_first, row.email, row.organization_name) == ("acme", None, "Acme Inc")
    assert (names(settings), names_and_removed(settings)) == (["globex"], ["globex", "initech"])
    assert [each.connection for each in listed(settings).accounts] == ["globex"]


@pytest.mark.parametrize(("column", "value"), [("environment", "mars"), ("settings", [1])])
def test_a_damaged_row_of_one_keeps_no_other_from_anything(
    removed: Place, column: str, value: JsonValue
) -> None:
    store, settings = removed
    with store.writing("initech") as tx:
        tx.sql.execute(update(accounts).where(accounts.c.connection == "initech").values({column: value}))

    synced(settings.of("globex"))
    (told,) = see_to_removed(store, settings)
    assert "'initech' in the table accounts was changed by hand" in told
    assert names(settings) == ["globex"]
    connections.remove(store, "initech", erase=True)
    assert not tables_with(store, "initech")


def test_what_is_about_it_says_that_it_was_removed_and_what_can_be_done(removed: Place) -> None:
    store, settings = removed
    account, own = account_of(store, settings.of("initech"))
    refused: list[Callable[[], object]] = [
        lambda: settings_of(settings, "initech"),
        lambda: account.client(own),
        lambda: synced(settings.of("initech")),
        lambda: connections.enable(store, "initech", enabled=True),
        lambda: connections.set_own(store, settings, "initech", {"rate_limit": "5"}),
        lambda: connections.rename(store, "initech", "hooli"),
        lambda: connections.remove(store, "initech", erase=False),
    ]

    for each in refused:
        with pytest.raises(RemovedError, match=r"removed.*connect initech.*remove initech --erase"):
            each()
    with Session.open(settings.of("initech")) as session:
        for of_a_run in (lambda: sync(session, Scope()), lambda: replay(session)):
            with pytest.raises(RemovedError):
                of_a_run()
        with pytest.raises(RemovedError), session.writing() as tx:
            session.hold(tx)
    assert standing_of(store, account, own).state is State.REMOVED
    assert settings_of(settings, "initech", removed=True).connection == "initech"


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({}, "`lever-assets connect initech --api-key` connects it again"),
        ({"kind": "oauth"}, "`lever-assets connect initech` connects it again"),
        (
            {"base_url": None},  # removed by a program that kept no row of such
            "`lever-assets connect initech`, or `lever-assets connect initech --api-key` with a key, "
            "connects it again",
        ),
    ],
)
def test_it_is_said_how_to_connect_it_again_as_it_was(
    removed: Place, changes: dict[str, Any], again: str
) -> None:
    store, settings = removed
    with store.writing("initech") as tx:
        row = any_account(tx)
        assert row is not None
        keep_account(tx, replace(row, **changes))
    account, own = account_of(store, settings.of("initech"))
    refused: list[Callable[[], object]] = [
        lambda: settings_of(settings, "initech"),
        lambda: account.client(own),
        lambda: connections.remove(store, "initech", erase=False),
    ]
    for each in refused:
        with pytest.raises(RemovedError) as raised:
            each()
        assert again in str(raised.value)


def test_what_dagster_was_to_follow_is_forgotten_where_there_is_none(removed: Place) -> None:
    store, settings = removed
    connections.remove(store, "globex", erase=True)

    def kept(days: int) -> list[str]:
        with time_machine.travel(now() + timedelta(days=days)):
            assert list(see_to_removed(store, settings)) == []
        with store.reading("") as tx:
            return [each.name for each in departures(tx)]

    assert kept(89) == ["acme", "globex"]
    assert kept(91) == []


def test_old_events_of_it_are_forgotten(removed: Place) -> None:
    store, settings = removed
    with store.writing("initech") as tx:
        inbox.receive(tx, InboxEvent("one", "candidateStageChange", "a", tx.instant, {}))
        inbox.receive(tx, InboxEvent("two", "candidateStageChange", "b", tx.instant, {}))
        inbox.park(tx, ["two"], "no")
    for days, left in ((13, True), (15, False)):
        with time_machine.travel(now() + timedelta(days=days)):
            assert list(see_to_removed(store, settings)) == []
        assert ("webhook_inbox" in tables_with(store, "initech")) is left


@pytest.mark.parametrize("told_of_it", [True, False])
def test_who_connected_it_is_not_kept_in_notices_that_were_sent(anywhere: Place, told_of_it: bool) -> None:
    store, settings = anywhere
    with listening() as hook:
        types = (*Settings().notice_types, *([NoticeType.DELETED.value] if told_of_it else []))
        told = settings.model_copy(update={"notice_urls": SecretStr(hook.url), "notice_types": types})
        with store.writing("acme") as tx:
            row = stored_account(tx)
            assert row is not None
            keep_account(tx, replace(row, email="ada@acme.example"))
            integration = integration_of(tx)
        enqueue(store, told.of("acme"))
        deliver(store, told.of("acme"))
        assert "notice_outbox" in tables_with(store, "acme")

        connections.remove(store, "acme", erase=False, farewell=lambda tx: take_leave(tx, told, integration))

        assert ("notice_outbox" in tables_with(store, "acme")) is told_of_it
        deliver(store, told.of("acme"))
        assert "notice_outbox" not in tables_with(store, "acme")
        assert ([each["type"] for each in hook.notices][-1] == "integration-deleted") is told_of_it


def test_notices_that_nobody_is_to_get_any_more_go_with_the_next_erasure(anywhere: Place) -> None:
    store, settings = anywhere
    told = settings.model_copy(update={"notice_urls": SecretStr("http://127.0.0.1:9/")})
    enqueue(store, told.of("acme"))
    connections.remove(store, "acme", erase=False)
    assert "notice_outbox" in tables_with(store, "acme")
    assert list(see_to_removed(store, settings)) == []
    assert "notice_outbox" not in tables_with(store, "acme")


@pytest.mark.parametrize("key", [None, SecretStr("sandbox-key")])
def test_the_environments_account_does_not_go_on_under_its_name(
    removed: Place, key: SecretStr | None
) -> None:
    """The key may be another account's: rows would be mixed, and erased with the removed ones."""
    store, settings = removed
    own = settings.model_copy(update={"connection": "initech", "api_key": key})
    before = ids(store, "candidates", "initech")
    account, in_force = account_of(store, own)
    told = r"removed.*connect initech.*remove initech --erase"
    refused: list[Callable[[], object]] = [
        lambda: settings_of(own, "initech"),
        lambda: synced(own),
        lambda: account.client(in_force),
    ]

    for each in refused:
        with pytest.raises(RemovedError, match=f"{told}.*LEVER_CONNECTION" if key else told):
            each()

    assert (account.is_stored, account.is_removed, account.named_at_first) == (True, True, "acme")
    assert every_name(own) == [each.connection for each in listed(own).accounts] == ["globex"]
    assert every_name_and_removed(own) == names_and_removed(own) == ["globex", "initech"]
    assert ids(store, "candidates", "initech") == before
    assert settings_of(own, "initech", removed=True).connection == "initech"


def test_with_nothing_else_there_is_no_account_under_its_name(removed: Place) -> None:
    store, settings = removed
    connections.remove(store, "globex", erase=True)
    own = settings.model_copy(update={"connection": "initech", "api_key": SecretStr("sandbox-key")})

    assert (every_name(own), listed(own).accounts) == ([], ())
    assert every_name_and_removed(own) == ["initech"]
    with pytest.raises(RemovedError):
        settings_of(own, None)
    otherwise = own.model_copy(update={"connection": "hooli"})
    assert every_name(otherwise) == ["hooli"]


def test_a_removed_one_is_no_account_while_the_database_is_not_there_either(removed: Place) -> None:
    _, settings = removed
    own = settings.model_copy(update={"connection": "initech", "api_key": SecretStr("sandbox-key")})
    listed(own)
    gone = Settings(
        _env_file=None,
        connection="initech",
        api_key=SecretStr("sandbox-key"),
        data_dir=own.data_dir,
        database_url=SecretStr("postgresql://nobody@127.0.0.1:9/nothing"),
    )

    found = listed(gone)

    assert [each.connection for each in found.accounts] == ["globex"]
    assert found.warnings


def test_connected_again_it_is_as_it_was(anywhere: Place) -> None:
    store, settings = anywhere
    connections.set_own(store, settings, "acme", {"sync_window": "daily"})
    with store.writing("acme") as tx:
        first = stored_account(tx)
        keep_name(tx, "jobs", "team", "department")
        switch_fields(tx, "offers", ["salary"], on=True)
    before = ids(store, "candidates", "acme")
    connections.remove(store, "acme", erase=False)

    wanted = wanted_connection(store, settings, "acme")
    again = connect_by_key(store, settings, wanted, SecretStr("sandbox-key"))
    synced(settings.of("acme"))

    assert first is not None
    assert (again.removed_at, again.created_at) == (None, first.created_at)
    assert (again.settings, again.organization_name) == ({"sync_window": "daily"}, "Acme Inc")
    assert ids(store, "candidates", "acme") == before
    with store.reading("acme") as tx:
        assert kept_names(tx) == {"jobs": {"team": "department"}}
        assert shown_fields(tx) == {"offers": {"salary"}}


def test_another_lever_account_is_not_connected_over_its_rows(removed: Place) -> None:
    store, settings = removed
    with running_sandbox(SandboxConfig(opportunities=2, rate=0, seed=99)) as other:
        elsewhere = settings.model_copy(update={"base_url": other.url})
        wanted = wanted_connection(store, elsewhere, "initech", environment=Environment.CUSTOM)
        with pytest.raises(WrongAccountError, match="remove initech --erase"):
            connect_by_key(store, elsewhere, wanted, SecretStr(other.key))


def test_its_rows_can_be_erased_later_and_its_names_are_free_then(removed: Place) -> None:
    store, settings = removed
    assert len(tables_with(store, "initech")) > 20
    for name in ("acme", "initech"):
        with store.reading("globex") as tx:
            assert is_taken(tx, name)
    with pytest.raises(ConnectionNameError, match="another name"):
        by_key(store, settings, "acme")

    connections.remove(store, "initech", erase=True)

    assert tables_with(store, "initech") == set()
    assert names_and_removed(settings) == ["globex"]
    with pytest.raises(ConnectionNameError, match="no stored connection"):
        connections.remove(store, "initech", erase=True)
    by_key(store, settings, "acme")
    connections.rename(store, "globex", "initech")


def test_that_it_was_removed_is_told_once_also_when_it_was_erased_before_it_could_be(anywhere: Place) -> None:
    store, settings = anywhere
    every = tuple(each.value for each in NoticeType)
    told = settings.model_copy(
        update={"notice_urls": SecretStr("http://127.0.0.1:9/"), "notice_types": every}
    )
    enqueue(store, told.of("acme"))
    with store.reading("acme") as tx:
        integration = integration_of(tx)

    def leave(name: str, *, erase: bool) -> None:
        connections.remove(store, name, erase=erase, farewell=lambda tx: take_leave(tx, told, integration))

    leave("acme", erase=False)
    assert enqueue(store, told.of("acme")) == 0
    leave("acme", erase=True)

    assert tables_with(store, "acme") == {"notice_outbox"}
    with store.reading("acme") as tx:
        waiting = select(metadata.tables["notice_outbox"].c.type)
        assert list(tx.sql.execute(waiting).scalars()) == [NoticeType.DELETED]
        assert outbox.connections_with_due(tx) == ["acme"]
    by_key(store, settings, "acme")


@pytest.fixture
def hooli(anywhere: Place) -> tuple[Store, Settings, str]:
    """A removed connection whose candidates are archived; one of them had been deleted in Lever: its id."""
    store, settings = anywhere
    with running_sandbox(SandboxConfig(opportunities=5, rate=0, seed=3)) as lever:
        elsewhere = settings.model_copy(update={"base_url": lever.url})
        wanted = wanted_connection(store, elsewhere, "hooli", own={"retention_days": "30"})
        connect_by_key(store, elsewhere, wanted, SecretStr(lever.key))
        synced(settings.of("hooli"))
        gone, *others = lever.ids("opportunities")
        for each in others:
            archived = {"archivedAt": lever.now(), "reason": lever.ids("archive_reasons")[0]}
            lever.edit("opportunities", each, {"archived": archived, "updatedAt": lever.now()})
        lever.delete("opportunities", gone)
        synced(settings.of("hooli"))
    connections.remove(store, "hooli", erase=False)
    return store, settings, gone


def named(store: Store) -> set[str]:
    """Lever's ids of the candidates who have a name, of the removed connection."""
    c = UNIFIED["candidates"].c
    with store.reading("hooli") as tx:
        query = select(c.remote_id).where(c.connection == "hooli", c.last_name.is_not(None))
        return set(tx.sql.execute(query).scalars())


def see_to(store: Store, settings: Settings) -> None:
    """Do what is done every night."""
    with Session.open(settings_of(settings, "hooli", removed=True)) as session:
        erase_of_removed(session)


def test_what_was_gone_is_erased_by_its_own_settings_without_lever(
    hooli: tuple[Store, Settings, str],
) -> None:
    """Its Lever is not there any more, as its key is not."""
    store, settings, gone = hooli
    everybody = named(store)
    assert gone in everybody
    with time_machine.travel(now() + timedelta(days=29)):
        see_to(store, settings)
        assert named(store) == everybody

    with time_machine.travel(now() + timedelta(days=31)):
        see_to(store, settings)
    assert named(store) == everybody - {gone}
    with store.reading("hooli") as tx:
        c = RAW["opportunities"].c
        data = tx.sql.execute(select(c.data).where(c.connection == "hooli", c.remote_id == gone)).scalar_one()
        assert data == {"id": gone}


def test_the_settings_in_force_leave_out_and_take_out_of_it_as_time_goes_on(
    hooli: tuple[Store, Settings, str],
) -> None:
    store, settings, _ = hooli
    with store.writing("hooli") as tx:
        row = any_account(tx)
        assert row is not None
        keep_account(tx, replace(row, settings={"retention_days": "30", "candidate_cutoff": "90d"}))
    leaner = settings.model_copy(update={"exclude": ("offers",)})
    table = UNIFIED["candidates"]

    def left_out() -> int:
        with store.reading("hooli") as tx:
            mine = (table.c.connection == "hooli", table.c.left_out == "cutoff")
            return tx.sql.execute(select(func.count()).select_from(table).where(*mine)).scalar_one()

    see_to(store, leaner)
    assert (left_out(), len(named(store))) == (0, 5)
    assert not {"offers", "raw_offers"} & tables_with(store, "hooli")
    with time_machine.travel(now() + timedelta(days=91)):
        see_to(store, leaner)
    assert (left_out(), len(named(store))) == (4, 4)  # and the one that was gone is erased
    with time_machine.travel(now() + timedelta(days=122)):
        see_to(store, leaner)
    assert named(store) == set()


def test_without_dagster_it_is_seen_to_once_a_day_and_what_is_wrong_is_told(
    hooli: tuple[Store, Settings, str],
) -> None:
    store, settings, gone = hooli
    with time_machine.travel(now() + timedelta(days=29)):
        assert list(see_to_removed(store, settings)) == []
    with time_machine.travel(now() + timedelta(days=31)):
        assert list(see_to_removed(store, settings)) == []
        assert gone not in named(store)
    with store.writing("hooli") as tx:
        row = any_account(tx)
        assert row is not None
        keep_account(tx, replace(row, settings={"sync_window": "yearly"}))
    [told] = see_to_removed(store, settings)
    assert "hooli" in told
    assert "sync_window" in told
    with_key = settings.model_copy(update={"connection": "hooli", "api_key": SecretStr("a key")})
    assert list(see_to_removed(store, with_key)) == [told]


def test_what_waited_while_it_was_erased_writes_nothing(
    removed: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = removed
    with Session.open(settings_of(settings, "initech", removed=True)) as session:
        connections.remove(store, "initech", erase=True)
        assert erase_of_removed(session) is None
    monkeypatch.setattr(module, "removed_names", lambda _: ["initech"])
    assert list(see_to_removed(store, settings)) == []
    assert tables_with(store, "initech") == set()


def test_whoever_is_killed_before_the_file_is_written_anew_leaves_word(
    removed: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = removed

    def killed(_: Store) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Store, "compact", killed)
        with pytest.raises(KeyboardInterrupt):
            connections.remove(store, "initech", erase=True)
    with store.reading(NOBODY) as tx:
        assert TABLES.are_due(tx)

    with Session.open(settings.of("globex")) as session:
        assert compact_if_due(session, by_day=True, seconds=60)

    with store.reading(NOBODY) as tx:
        assert not TABLES.are_due(tx)
    connections.remove(store, "globex", erase=True)
    with store.reading(NOBODY) as tx:
        assert not TABLES.are_due(tx)


def test_names_and_rows_are_looked_up_by_index(store: Store) -> None:
    """However many connections and checkpoints there are: every opening of the environment's account asks."""
    asked: list[tuple[str, Any]] = []
    with store.reading("acme") as tx:
        event.listen(tx.sql, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        assert not is_taken(tx, "globex")
        assert not has_rows(tx, "globex")
        plans = [
            str(step[-1])
            for statement, parameters in list(asked)
            for step in tx.sql.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert len(asked) > 2
    assert len(plans) > 20
    assert not [each for each in plans if each.startswith("SCAN") and each != "SCAN CONSTANT ROW"]
