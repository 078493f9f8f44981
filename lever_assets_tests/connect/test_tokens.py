"""Tokens are renewed before they end and when refused, by one of all who share them, and never lost."""

import asyncio
import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
import time_machine
from pydantic import SecretStr, ValidationError

from lever_assets.connect.known import account_of
from lever_assets.connect.states import State
from lever_assets.connect.tokens import OAUTH, StoredTokens
from lever_assets.connect.vault import Vault
from lever_assets.lever import AuthenticationError, UnavailableError
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.errors import LockLostError
from lever_assets.store.secrets import put_secret, secrets
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session
from lever_assets.sync.standing import standing_of
from lever_assets_tests.connect import renewing
from lever_assets_tests.connect.connecting import connected, settings_of, stages_of, tokens
from lever_assets_tests.connect.dying import STEPS
from lever_assets_tests.hasty import retry_hastily

KEY = "7P1kUNCrCPGq4rd9z8WkQyXo0mVd0C1Zg3wQ1q8Zr0c="
ANSWER_LOST = "reset,path=/oauth/token,when=after,times=1"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    retry_hastily(monkeypatch)
    monkeypatch.setattr("lever_assets.connect.tokens._FIRST_GAP", timedelta())


def renewals(sandbox: Sandbox) -> int:
    """How often tokens were asked for at the sandbox."""
    return sandbox.requests().by_endpoint.get("POST /oauth/token", 0)


def renewed_on_a_full_disk(stored: StoredTokens, monkeypatch: pytest.MonkeyPatch) -> SecretStr:
    """Renew tokens that can't be stored then; returns the access token that was refused."""

    def disk_is_full(*_: object) -> None:
        raise OSError(28, "the disk is full")

    refused = stored.renewed().access_token
    with monkeypatch.context() as broken:
        broken.setattr("lever_assets.connect.tokens.keep_grant", disk_is_full)
        with pytest.raises(OSError, match="full"):
            stored.renewed(refused)
    return refused


def test_a_good_token_is_used_as_it_is(store: Store, settings: Settings, sandbox: Sandbox) -> None:
    connected(store, settings, "acme")
    before = renewals(sandbox)

    assert stages_of(settings.of("acme")) > 0
    assert renewals(sandbox) == before


def test_a_token_is_renewed_before_it_ends(store: Store, settings: Settings) -> None:
    connected(store, settings, "acme")
    first = tokens(store, settings, "acme").renewed()

    with time_machine.travel(now() + timedelta(minutes=56)):
        second = tokens(store, settings, "acme").renewed()

    assert first.access_token != second.access_token
    assert first.refresh_token != second.refresh_token


def test_a_refused_token_is_replaced_in_the_midst_of_it(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    connected(store, settings, "acme")
    sandbox.end_access_tokens()

    assert stages_of(settings.of("acme")) > 0


def test_what_is_stored_is_sealed(store: Store, settings: Settings) -> None:
    connected(store, settings, "acme")
    grant = tokens(store, settings, "acme").renewed()
    with store.reading("acme") as tx:
        kept = repr(secrets(tx, ""))

    assert grant.refresh_token is not None
    assert grant.access_token.get_secret_value() not in kept
    assert grant.refresh_token.get_secret_value() not in kept
    assert "sandbox-secret" not in kept


def test_what_is_stored_in_another_shape_is_not_quoted(store: Store, settings: Settings) -> None:
    connected(store, settings, "acme")
    vault = Vault.of(settings)
    with store.writing("acme") as tx:
        sealed = secrets(tx, OAUTH)[OAUTH]
        put_secret(tx, OAUTH, replace(sealed, secret=vault.seal('{"access_token":"a-token"}')))

    with pytest.raises(ValidationError) as told:
        tokens(store, settings, "acme").grant()
    assert "a-token" not in str(told.value)


def test_many_at_once_renew_once(database_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(sandbox, tmp_path, database_url)
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme")
        shared = [tokens(store, settings, "acme") for _ in range(3)]
        refused = shared[0].renewed().access_token
        before = renewals(sandbox)
        with ThreadPoolExecutor(6) as pool:
            found = set(pool.map(lambda each: each.renewed(refused).access_token, shared * 2))

    assert len(found) == 1
    assert refused not in found
    assert renewals(sandbox) == before + 1


@pytest.mark.parametrize("folders", ["one", "two"])
def test_two_processes_renew_once(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path, folders: str
) -> None:
    """With one data folder they share SQLite's database in it; with two, as machines do, PostgreSQL's."""
    kind = "sqlite" if folders == "one" else "postgresql"
    database = str(request.getfixturevalue(f"{kind}_database"))
    settings = settings_of(sandbox, tmp_path / "one", database, secret_key=SecretStr(KEY))
    sandbox.set_rotation("strict")  # who renews with a token that was used ends them all
    sandbox.set_faults("slow=0.5,path=/oauth/token")
    with closing(Store.open(settings.tables_url)) as store:
        connected(store, settings, "acme")
    before = renewals(sandbox)
    places = [tmp_path / "one", tmp_path / folders]
    command = [sys.executable, "-m", renewing.__name__, sandbox.url, sandbox.auth_url, settings.tables_url]
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                subprocess.Popen([*command, str(place), "acme", KEY], text=True, stdin=PIPE, stdout=PIPE)
            )
            for place in places
        ]
        for each in both:
            stack.callback(each.kill)
        assert [said(each) for each in both] == ["ready", "ready"]
        for each in both:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        one, other = (said(each) for each in both)

    assert one == other
    assert renewals(sandbox) == before + 1
    assert stages_of(settings.of("acme")) > 0


def said(process: "subprocess.Popen[str]") -> str:
    """Return the next line that a process says."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line
    return line


@pytest.mark.sampled(2)
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_never_loses_the_account(
    store: Store, settings: Settings, sandbox: Sandbox, tmp_path: Path, step: str
) -> None:
    connected(store, settings, "acme")
    arguments = [sandbox.url, sandbox.auth_url, settings.tables_url, str(settings.data_dir), "acme", step]

    died = subprocess.run(
        [sys.executable, "-m", "lever_assets_tests.connect.dying", *arguments], check=False, timeout=60
    )

    assert died.returncode == -9
    stored = tokens(store, settings, "acme")
    stored.renewed(stored.renewed().access_token)
    assert stages_of(settings.of("acme")) > 0


def test_an_answer_that_is_lost_is_asked_for_again(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    connected(store, settings, "acme")
    stored = tokens(store, settings, "acme")
    refused = stored.renewed().access_token
    sandbox.set_faults(ANSWER_LOST)

    assert stored.renewed(refused).access_token != refused


def test_where_a_lost_answer_ends_the_grant_it_is_said_and_reconnecting_mends_it(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    connected(store, settings, "acme")
    sandbox.set_rotation("strict")
    sandbox.end_access_tokens()
    sandbox.set_faults(ANSWER_LOST)

    with pytest.raises(AuthenticationError, match="lever-assets connect"):
        stages_of(settings.of("acme"))
    standing = standing_of(store, *account_of(store, settings.of("acme")))
    assert standing.state is State.AUTHENTICATION_FAILING
    assert "invalid_grant" in standing.issues[0].told

    sandbox.set_faults()
    connected(store, settings, "acme")

    assert stages_of(settings.of("acme")) > 0
    standing = standing_of(store, *account_of(store, settings.of("acme")))
    assert standing.state is State.FIRST_SYNC_PENDING


def test_a_server_that_rotates_nothing_is_served_as_well(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    connected(store, settings, "acme")
    sandbox.set_rotation("off")
    stored = tokens(store, settings, "acme")
    first = stored.renewed()
    second = stored.renewed(first.access_token)

    assert second.refresh_token == first.refresh_token
    assert second.refresh_token_since == first.refresh_token_since
    assert stored.renewed(second.access_token).access_token != second.access_token


def test_while_the_server_is_out_of_order_a_good_token_goes_on_being_used(
    store: Store, settings: Settings, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    connected(store, settings, "acme")
    sandbox.set_faults("500,path=/oauth/token")
    stored = tokens(store, settings, "acme")
    first = stored.renewed()

    with time_machine.travel(now() + timedelta(minutes=57)), caplog.at_level(logging.WARNING):
        assert asyncio.run(stored.current()) == first.access_token
        asked = renewals(sandbox)
        assert asyncio.run(stored.current()) == first.access_token
        assert renewals(sandbox) == asked  # it is left in peace for a while
    assert "could not be renewed" in caplog.text

    with time_machine.travel(now() + timedelta(minutes=61)), pytest.raises(UnavailableError):
        asyncio.run(stored.current())


def test_tokens_that_could_not_be_stored_are_stored_later(
    store: Store, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.set_rotation("strict")
    connected(store, settings, "acme")
    stored = tokens(store, settings, "acme")
    refused = renewed_on_a_full_disk(stored, monkeypatch)

    kept = stored.renewed(refused)

    assert kept.access_token != refused
    assert tokens(store, settings, "acme").renewed() == kept


def test_who_waits_for_somebody_else_who_renews_is_told_that(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(store, settings, "acme")
    stored = tokens(store, settings, "acme")
    refused = stored.renewed().access_token
    monkeypatch.setattr("lever_assets.connect.tokens._WAIT_SECONDS", 0.1)

    with (
        store.exclusive("acme token"),
        pytest.raises(UnavailableError, match="renewing the connection 'acme'"),
    ):
        stored.renewed(refused)


def test_new_tokens_are_stored_though_the_lock_of_the_sync_was_lost(
    store: Store, settings: Settings, sandbox: Sandbox, sqlite_place: Path
) -> None:
    sandbox.set_rotation("strict")
    connected(store, settings, "acme")
    with Session.open(settings.of("acme")) as session, session.alone():
        sqlite_place.with_name("lever.db.acme.lock").unlink()
        stored = tokens(session.store, session.settings, "acme")
        stored.renewed(stored.renewed().access_token)
        with pytest.raises(LockLostError), session.writing():
            pass

    sandbox.end_access_tokens()
    assert stages_of(settings.of("acme")) > 0


def test_new_tokens_are_stored_however_hurried_a_tick_is(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    """Another program writes for a while: the tick's own patience would end before."""
    sandbox.set_rotation("strict")
    connected(store, settings, "acme")
    with closing(Store.open(settings.tables_url, lock_wait=0.01)) as hurried, ThreadPoolExecutor(1) as pool:
        stored = tokens(hurried, settings, "acme")
        with store.writing("other"):
            renewed = pool.submit(stored.renewed, stored.renewed().access_token)
            time.sleep(0.5)
        grant = renewed.result(timeout=30)

    assert tokens(store, settings, "acme").grant() == grant


def test_tokens_that_are_stored_later_go_over_none_that_somebody_has_connected_with_since(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(store, settings, "acme")
    stored = tokens(store, settings, "acme")
    refused = renewed_on_a_full_disk(stored, monkeypatch)
    connected(store, settings, "acme")
    newer = tokens(store, settings, "acme").grant()

    assert stored.renewed(refused) == newer
    assert tokens(store, settings, "acme").grant() == newer


def test_a_revoked_account_is_told_and_heals_by_reconnecting(
    store: Store, settings: Settings, sandbox: Sandbox
) -> None:
    connected(store, settings, "acme")
    sandbox.revoke_tokens()

    with pytest.raises(AuthenticationError, match="connect again"):
        stages_of(settings.of("acme"))

    connected(store, settings, "acme")
    assert stages_of(settings.of("acme")) > 0


def test_a_key_that_is_lost_is_said_to_be(store: Store, settings: Settings) -> None:
    connected(store, settings, "acme")
    other = settings.model_copy(update={"secret_key": SecretStr(KEY)})

    with pytest.raises(Exception, match=r"LEVER_SECRET_KEY.*lever-assets connect"):
        stages_of(other.of("acme"))
