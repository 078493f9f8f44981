"""What the lists give is in the tables first; what is below records is then read live and newest first."""

from contextlib import ExitStack
from datetime import timedelta
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store.children import HISTORY, READ_UP_TO
from lever_assets.store.tables import UNIFIED, child_reads
from lever_assets.store.transaction import now
from lever_assets.sync.checkpoints import WATCHED
from lever_assets.sync.polling import poll
from lever_assets.sync.progress import Progress
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import SyncReport, sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import history_left
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids, unified_tables

PREFIX = "/opportunities/"
INTERVIEWS = "/interviews"


def by_parts(account: Account, scope: Scope = EVERYTHING, seconds: float = 0.0) -> SyncReport:
    """Sync as a run of Dagster's does, that has so long for the history."""
    with Session.open(account.settings(concurrency=1), history_seconds=seconds) as session:
        return sync(session, scope)


def asked_below(account: Account) -> list[str]:
    """Return of which opportunities interviews were asked for, in that order."""
    paths = [each.split("?")[0].removeprefix("GET /v1") for each in account.sandbox.requests().recent]
    return [
        each.removeprefix(PREFIX).removesuffix(INTERVIEWS)
        for each in paths
        if each.startswith(PREFIX) and each.endswith(INTERVIEWS)
    ]


def in_order(account: Account) -> list[str]:
    """Return the opportunities: those that are not archived first, the newest change first."""
    found = [
        account.sandbox.get("opportunities", each) or {} for each in account.sandbox.ids("opportunities")
    ]
    dated: list[dict[str, Any]] = sorted(
        found,
        key=lambda each: (bool(each["archived"]), -int(each["updatedAt"] or each["createdAt"]), each["id"]),
    )
    return [str(each["id"]) for each in dated]


def left(account: Account) -> dict[str, int]:
    with account.session() as session:
        return {each.resource: each.parents for each in history_left(session.store, session.settings)}


def test_what_is_below_is_read_live_and_newest_first(small: Account) -> None:
    small.sandbox.reset_requests()
    small.sync(concurrency=1)
    wanted = in_order(small)
    # The first eight are asked at once (`asking.SAMPLE`).
    asked = asked_below(small)
    assert set(asked[:8]) == set(wanted[:8])
    assert asked[8:] == wanted[8:]


def test_candidates_are_in_the_tables_while_interviews_are_read(small: Account) -> None:
    seen: list[int] = []

    def look(told: Progress | str) -> None:
        if isinstance(told, Progress) and told.step == "interviews" and not seen:
            seen.append(len(unified_tables(small.database)["applications"]))
            seen.append(len(unified_tables(small.database)["candidates"]))

    with Session.open(small.settings(), listener=look) as session:
        sync(session, EVERYTHING)
    assert seen
    assert all(seen)


def test_changes_are_read_before_the_history_and_all_is_read_in_the_end(anywhere: Account) -> None:
    by_parts(anywhere)
    every = set(anywhere.sandbox.ids("opportunities"))
    assert live(anywhere.database)["candidates"]
    assert raw_ids(anywhere.database, "interviews") == set()
    assert left(anywhere)["interviews"] == len(every)

    last = in_order(anywhere)[-1]
    anywhere.sandbox.edit("opportunities", last, {"headline": "New", "updatedAt": anywhere.sandbox.now()})
    anywhere.sandbox.reset_requests()
    by_parts(anywhere, DELTA)
    assert asked_below(anywhere) == [last]
    assert left(anywhere)["interviews"] == len(every) - 1
    with anywhere.session() as session:
        told = poll(session)
    assert told.why.endswith("are still to be read for the first time.")

    anywhere.sync(DELTA)
    assert left(anywhere) == {}
    assert live(anywhere.database) == anywhere.fresh()
    with anywhere.session(watch_budget=0) as session:
        assert not poll(session).changed


def test_a_history_is_gone_on_with_where_the_run_before_stopped(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_parts(small)
    with small.session() as session:
        sync(session, DELTA, run=Run.of("posting_forms"))
    small.sandbox.reset_requests()
    with monkeypatch.context() as patch:
        early = iter([0.0] * 6)  # so often somebody looks at the clock, interviews and offers together
        clock = SimpleNamespace(monotonic=lambda: next(early, inf))
        patch.setattr("lever_assets.sync.fetch.history.time", clock)
        by_parts(small, DELTA, seconds=3600)
    first = asked_below(small)
    assert 0 < len(first) < 7
    with small.session() as session, session.reading() as tx:
        kept = HISTORY.read(tx, "interviews")
    assert kept is not None
    assert kept.remote_id in first
    small.sandbox.reset_requests()
    small.sync(DELTA, watch_budget=0)
    assert set(asked_below(small)) == set(small.sandbox.ids("opportunities")) - set(first)
    assert live(small.database) == small.fresh()


def test_a_database_that_knows_nothing_of_the_history_reads_what_it_lacks(small: Account) -> None:
    small.sync()
    with small.session() as session, session.writing() as tx:
        READ_UP_TO.forget_every(tx)
        tx.sql.execute(child_reads.delete().where(child_reads.c.resource == "interviews"))
    by_parts(small, DELTA)
    assert left(small)["interviews"] == len(small.sandbox.ids("opportunities"))
    small.sync(DELTA)
    assert left(small) == {}


def test_a_mark_that_lies_ahead_of_all_landings_is_none_and_what_it_lacks_is_history(small: Account) -> None:
    small.sync()
    with small.session() as session, session.writing() as tx:
        READ_UP_TO.keep(tx, 1_000_000, "interviews")
        tx.sql.execute(child_reads.delete().where(child_reads.c.resource == "interviews"))
    small.sandbox.reset_requests()
    by_parts(small, DELTA)
    assert asked_below(small) == []
    assert left(small)["interviews"] == len(small.sandbox.ids("opportunities"))
    small.sync(DELTA)
    assert left(small) == {}
    assert live(small.database) == small.fresh()


def test_a_full_sync_of_an_account_whose_history_is_read_reads_to_its_end(small: Account) -> None:
    small.sync()
    small.sandbox.reset_requests()
    by_parts(small)
    assert set(asked_below(small)) == set(small.sandbox.ids("opportunities"))
    assert left(small) == {}


@pytest.mark.parametrize("opportunities", [30, 120])
def test_one_run_reads_all_that_is_watched_whatever_the_size(tmp_path: Path, opportunities: int) -> None:
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            running_sandbox(SandboxConfig(opportunities=opportunities, seed=7, rate=0))
        )
        account = Account(sandbox, tmp_path, f"sqlite:///{tmp_path / 'lever.db'}")
        account.sync()
        session = stack.enter_context(account.session())
        with session.writing() as tx:
            soon = now() + timedelta(days=3)
            tx.sql.execute(update(UNIFIED["interviews"]).values(starting_at=soon, canceled=False))
            # The first is due; the others were read up to a quarter of an hour later.
            spread = [now() - timedelta(minutes=31), now() - timedelta(minutes=17)]
            for at, ids in zip(spread, halves(account), strict=True):
                these = child_reads.c.parent_id.in_(ids)
                tx.sql.execute(update(child_reads).where(these).values(read_at=at))
            WATCHED.forget_every(tx)
        watched = {
            (sandbox.get("interviews", each) or {})["opportunityId"] for each in sandbox.ids("interviews")
        }
        assert "watched" in poll(session).why
        sandbox.reset_requests()
        sync(session, DELTA)
        assert sorted(asked_below(account)) == sorted(watched)
        assert not poll(session).changed


def halves(account: Account) -> tuple[list[str], list[str]]:
    ids = account.sandbox.ids("opportunities")
    return ids[: len(ids) // 2], ids[len(ids) // 2 :]
