"""Wrong keys, missing permissions, broken answers, broken records: one sentence, and nothing good is lost."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from lever_assets.connect.errors import NotConnectedError
from lever_assets.lever import AuthenticationError, LeverError, UnavailableError
from lever_assets.lever.records import Opportunity
from lever_assets.mapping import candidates
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import BusyError, Store, mapping_errors
from lever_assets.store.mapping_errors import Lost
from lever_assets.store.tables import child_reads
from lever_assets.sync.progress import Progress
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets.sync.status import status
from lever_assets.unified.models import Candidate
from lever_assets_tests.sync.tables import DELTA, HOUR, Account, live, raw_ids


def test_a_wrong_key_says_so_and_stores_nothing(account: Account) -> None:
    with pytest.raises(AuthenticationError) as caught:
        account.sync(api_key=SecretStr("not-the-key"))

    assert "LEVER_API_KEY" in str(caught.value)
    assert "not-the-key" not in str(caught.value)
    assert raw_ids(account.database, "users") == set()


def test_without_a_key_the_sentence_says_how_to_connect(account: Account) -> None:
    with pytest.raises(NotConnectedError, match=r"LEVER_API_KEY.*lever-assets demo"):
        account.sync(api_key=None)


def test_a_host_that_is_not_there_is_named(account: Account) -> None:
    with pytest.raises(UnavailableError, match=r"nowhere\.invalid"):
        account.sync(base_url="http://nowhere.invalid/v1")


def test_a_missing_permission_skips_that_resource_and_the_rest_syncs(
    tmp_path: Path, sqlite_database: str
) -> None:
    with running_sandbox(SandboxConfig(opportunities=30, rate=0, denied=frozenset({"offers"}))) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        report = account.sync()

        assert [each for each in report.warnings if "offers:read:admin" in each]
        assert sandbox.requests().of("/opportunities/:id/offers") <= 8
        tables = account.tables()
        assert len(tables["applications"]) == len(sandbox.ids("applications"))
        assert len(tables["interviews"]) == len(sandbox.ids("interviews"))
        assert tables["offers"] == []
        with account.session() as session:
            told = {each.resource: each.denied for each in status(session.store, session.name).resources}
        assert "offers:read:admin" in (told["offers"] or "")
        assert told["interviews"] is None


@pytest.mark.long
def test_a_permission_that_is_taken_away_keeps_what_was_read(tmp_path: Path, sqlite_database: str) -> None:
    with running_sandbox(SandboxConfig(opportunities=30, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        account.sync()
        before = live(sqlite_database)
    with running_sandbox(
        SandboxConfig(opportunities=30, rate=0, denied=frozenset({"offers", "requisitions"}))
    ) as sandbox:
        Account(sandbox, tmp_path, sqlite_database).sync()

    assert live(sqlite_database) == before


def test_a_malformed_page_fails_in_one_sentence_and_the_next_run_heals(account: Account) -> None:
    account.sandbox.set_faults("malformed=1.0")
    with pytest.raises(LeverError) as caught:
        account.sync()
    assert "\n" not in str(caught.value)

    account.sandbox.set_faults()
    account.sync()
    assert raw_ids(account.database, "opportunities") == set(account.sandbox.ids("opportunities"))


def test_a_storm_of_faults_ends_in_the_same_tables(account: Account, tmp_path: Path) -> None:
    calm = Account(account.sandbox, tmp_path, f"sqlite:///{tmp_path / 'calm.db'}")
    calm.sync()
    account.sandbox.set_faults("500=0.03", "503=0.03", "reset=0.02", "truncate=0.02")
    report = account.sync()

    assert sum(each.traffic.retries for each in report.landed) > 0
    assert live(account.database) == live(calm.database)


def test_a_record_without_an_id_is_set_aside_with_the_reason(account: Account) -> None:
    account.sandbox.set_faults("no-id=1.0")
    report = account.sync()

    assert any("without an id were set aside" in each for each in report.warnings)
    with account.session() as session, session.reading() as tx:
        found = mapping_errors.listed(tx)
    assert found
    told = ("without", "a record in the list could not be taken in")  # and whose list that is
    assert all(any(each in error.reason for each in told) for error in found)


def test_an_unmappable_record_is_set_aside_and_the_others_go_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.sync()
    ident, other = account.sandbox.ids("opportunities")[:2]
    mapped = candidates.rows

    def failing(opportunity: Opportunity, *given: Any, **named: Any) -> Iterator[Candidate]:
        if opportunity.id == ident:
            raise RecursionError(opportunity.name)
        return mapped(opportunity, *given, **named)

    monkeypatch.setattr(candidates, "rows", failing)
    account.sandbox.edit("opportunities", ident, {"headline": "Countess", "updatedAt": 1763600000000})
    account.sandbox.edit("opportunities", other, {"name": "Ada Lovelace", "updatedAt": 1763600000000})
    report = account.sync()

    assert any("can't be mapped to candidates" in each for each in report.warnings)
    rows = {row["remote_id"]: row for row in account.tables()["candidates"]}
    assert rows[other]["last_name"] == "Lovelace"
    assert rows[ident]["remote_deleted_at"] is None
    with account.session() as session, session.reading() as tx:
        (error,) = mapping_errors.listed(tx, "candidates")
    assert (error.remote_id, error.lost) == (ident, Lost.RECORD)
    assert error.reason == "the mapping failed: RecursionError"

    monkeypatch.undo()
    account.sandbox.edit("opportunities", ident, {"headline": "Engineer"})
    assert account.sync().warnings == ()


def test_two_syncs_of_one_connection_do_not_run_at_once(account: Account) -> None:
    with account.session() as session, session.alone(), pytest.raises(BusyError):
        account.sync()


_SYNC = """
import sys
from pydantic import SecretStr
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
key, url, folder, database = sys.argv[1:]
settings = Settings(api_key=SecretStr(key), base_url=url, data_dir=folder, rate_limit=0, concurrency=2,
                    database_url=SecretStr(database))
with Session.open(settings) as session:
    sync(session, Scope())
"""


def test_a_killed_sync_is_continued_by_the_next(account: Account, tmp_path: Path) -> None:
    # What is read lands after a second: by then the rest takes longer than the look for it.
    account.sandbox.set_faults("latency=200")
    database = f"sqlite:///{tmp_path / 'killed.db'}"
    arguments = [account.sandbox.key, account.sandbox.url, str(tmp_path), database]
    process = subprocess.Popen([sys.executable, "-c", _SYNC, *arguments])
    deadline = time.monotonic() + 60
    while not _interviews_were_read(database) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    Account(account.sandbox, tmp_path, database).sync()
    continued = account.sandbox.requests().total
    account.sandbox.reset_requests()
    account.sync()

    assert live(database) == live(account.database)
    assert continued < account.sandbox.requests().total


def _interviews_were_read(database: str) -> bool:
    store = Store.open(database)
    try:
        with store.reading("lever") as tx:
            landed = select(child_reads.c.parent_id).where(child_reads.c.resource == "interviews").limit(1)
            return tx.sql.execute(landed).first() is not None
    finally:
        store.close()


@pytest.mark.long
def test_a_listing_is_continued_at_its_page(tmp_path: Path, sqlite_database: str) -> None:
    with running_sandbox(SandboxConfig(opportunities=450, seed=2, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        with account.session() as session, pytest.raises(_GiveUpError):
            sync(replace(session, listener=_give_up), Scope(), run=Run.of("opportunities"))
        with account.session() as session:
            (unfinished,) = [
                each
                for each in status(session.store, session.name).unfinished
                if each.resource == "opportunities"
            ]
        assert unfinished.scope == ".."
        sandbox.reset_requests()
        account.sync()

        # Pages 2 to 5, and one list of what changed since the first run began.
        assert sandbox.requests().of("/opportunities") == 5
        assert raw_ids(sqlite_database, "opportunities") == set(sandbox.ids("opportunities"))


def test_what_changed_after_a_stopped_pass_is_found_though_lever_s_clock_was_put_right(
    small: Account,
) -> None:
    sandbox = small.sandbox
    one, other = sandbox.ids("opportunities")[:2]
    sandbox.set_now(sandbox.now() - 6 * HOUR)
    small.sync()
    sandbox.set_faults("500=1,path=/opportunities,from=2")
    with pytest.raises(UnavailableError):
        small.sync(DELTA)  # stopped between its two lists
    sandbox.set_faults()
    sandbox.edit("opportunities", one, {"name": "Ada Late", "updatedAt": sandbox.now()})
    sandbox.advance(HOUR)
    sandbox.edit("opportunities", other, {"name": "Bea Later", "updatedAt": sandbox.now()})
    small.sync(DELTA)
    small.sync(DELTA)
    names = {row["remote_id"]: row["last_name"] for row in live(small.database)["candidates"]}
    assert (names[one], names[other]) == ("Late", "Later")


class _GiveUpError(Exception):
    pass


def _give_up(_told: Progress | str) -> None:
    raise _GiveUpError
