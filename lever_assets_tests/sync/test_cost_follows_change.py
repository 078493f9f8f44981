"""What a delta costs follows what changed, however large the account is: told by its statements, not by time.

Their number is that of an account a sixth the size, and none goes through a table that grows with it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from lever_assets.insight.finishing import finish_sync
from lever_assets.policy.anonymity import FLAG
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import Store, raw
from lever_assets.store.payloads import flagged
from lever_assets.sync.checkpoints import FIELDS_COUNTED
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import sync
from lever_assets.sync.session import Session
from lever_assets_tests.sync.tables import DELTA, Account

SIZES = (60, 360)
CHANGES = 10
GROWING = {
    *(f"raw_{name}" for name in ("opportunities", "applications", "interviews", "offers")),
    *("candidates", "candidate_tags", "applications", "interviews", "interviewing_team_members", "offers"),
    *("application_stage_changes", "application_origins", "candidate_owners", "people"),
    *("child_reads", "changes"),
    "landed",  # raw_opportunities by another name
}
OF_ALL = {"connection", "resource", "model"}
"""An index by these alone leads through all rows of an account."""
ORDERED = {"version", "changed_at", "starting_at", "due_at", "deleted_at", "remote_deleted_at"}
"""Beyond a bound of these lies only what is new, or to come; or what is gone."""
OF_WHO_GOES = ("json_each(candidates.email_addresses)", "json_extract(raw_opportunities.data")
"""Whoever goes is looked for among all: is their address, or their contact, somebody else's, too?"""
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?:.* \((.*)\))?")


@dataclass
class Asked:
    """The statements that a database was asked, with a set of parameters of each text."""

    statements: int = 0
    transactions: int = 0
    texts: dict[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[int, int]:
        return self.statements, self.transactions


@contextmanager
def listening() -> Iterator[Asked]:
    """Take note of what is asked meanwhile."""
    asked = Asked()

    def note(_conn: Any, _cursor: Any, text: str, given: Any, _context: Any, many: bool) -> None:
        asked.statements += 1
        asked.transactions += text.startswith("BEGIN")
        asked.texts[text] = given[0] if many else given

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def deltas(opportunities: int, folder: Path) -> tuple[Asked, Asked, list[str]]:
    """Return what is asked by an idle delta, by one of some changes, and what of it goes through all rows.

    So is what one asks after some people went.
    """
    folder.mkdir()
    with running_sandbox(SandboxConfig(opportunities=opportunities, seed=7, rate=0)) as sandbox:
        account = Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}")
        with account.session(watch_minutes=1_000_000) as session:
            delta(session)
            for turn in range(2):  # the first is the one after all was read
                change(account, f"before {turn}")
                delta(session)
            delta(session)
            let_fields_rest(session)
            with listening() as idle:
                delta(session)
            change(account, "now")
            with listening() as some:
                delta(session)
            let_go(account)
            with listening() as going:
                delta(session)
        walked = [each for asked in (idle, some, going) for each in walks(account.database, asked)]
        return idle, some, [each for each in walked if not any(known in each for known in OF_WHO_GOES)]


def delta(session: Session) -> None:
    """Do what the command does."""
    sync(session, DELTA)
    erase_due(session)
    finish_sync(session, DELTA)


def let_fields_rest(session: Session) -> None:
    """Keep that counting fields took long: it reads all rows, and takes a thousandth of the time at most."""
    with session.writing() as tx:
        for model, counted in FIELDS_COUNTED.every(tx).items():
            FIELDS_COUNTED.keep(tx, replace(counted, at=tx.instant, seconds=1e6), model)


def change(account: Account, how: str) -> None:
    """Change some opportunities that have interviews, and no offers: of all of them the same is asked."""
    sandbox = account.sandbox
    with account.session() as session, session.reading() as tx:
        ids = sandbox.ids("opportunities")
        having = raw.parents_of_any(tx, "interviews", ids, live_only=True)
        having -= raw.parents_of_any(tx, "offers", ids, live_only=False)
        having -= flagged(tx, "opportunities", FLAG, ids)  # of whom more is to be erased
    assert len(having) >= CHANGES
    for opportunity in sorted(having)[:CHANGES]:
        fields = {"headline": how, "tags": [f"tag {how}"], "updatedAt": sandbox.now()}
        sandbox.edit("opportunities", opportunity, fields)


def let_go(account: Account) -> None:
    """Of those with interviews move one on, delete one, anonymise one, and archive one."""
    sandbox = account.sandbox
    with account.session() as session, session.reading() as tx:
        having = sorted(raw.parents_of_any(tx, "interviews", sandbox.ids("opportunities"), live_only=True))
    sandbox.move(having[0])
    sandbox.delete("opportunities", having[1])
    sandbox.anonymise(having[2])
    sandbox.archive(having[3], sandbox.ids("archive_reasons")[0])


def walks(database: str, asked: Asked) -> Iterator[str]:
    """Yield the statements that go through all rows of a table that grows, with the step of their plan."""
    store = Store.open(database)
    try:
        with store.reading("lever") as tx:
            for text, given in asked.texts.items():
                if (
                    text.startswith(("BEGIN", "PRAGMA", "COMMIT")) or "max(raw_" in text
                ):  # the end of an index
                    continue
                plan = tx.sql.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
                yield from (f"{row[3]}: {text}" for row in plan if goes_through_all(row[3]))
    finally:
        store.close()


def goes_through_all(step: str) -> bool:
    found = STEP.match(step)
    if found is None or found[2] not in GROWING:
        return False
    terms = [re.match(r"(\w+)(.)", term) for term in (found[3] or "").split(" AND ")]
    narrowing = [
        each for each in terms if each and each[1] not in OF_ALL and (each[2] == "=" or each[1] in ORDERED)
    ]
    return found[1] == "SCAN" or not narrowing


@pytest.mark.parametrize(
    ("step", "all_rows"),
    [
        ("SCAN candidates", True),
        ("SEARCH candidates USING INDEX ix_candidates_source (connection=?)", True),
        ("SEARCH child_reads USING INDEX sqlite_autoindex_child_reads_1 (connection=? AND resource=?)", True),
        ("SEARCH raw_offers USING INDEX ix_raw_offers_parent_id (connection=? AND parent_id>?)", True),
        ("SEARCH raw_offers USING INDEX ix_raw_offers_parent_id (connection=? AND parent_id=?)", False),
        ("SEARCH landed USING INDEX ix_raw_opportunities_version (connection=? AND version>?)", False),
        ("SEARCH candidates USING INDEX sqlite_autoindex_candidates_1 (id=?)", False),
        ("SCAN users", False),
    ],
)
def test_a_step_that_goes_through_all_rows_is_told(step: str, all_rows: bool) -> None:
    assert goes_through_all(step) is all_rows


def test_a_delta_asks_the_same_of_a_large_account_as_of_a_small_one(tmp_path: Path) -> None:
    (idle, some, walked), (idle_of_large, some_of_large, walked_in_large) = (
        deltas(size, tmp_path / str(size)) for size in SIZES
    )
    assert not walked_in_large, "\n".join(walked_in_large)
    assert not walked
    assert idle.numbers == idle_of_large.numbers
    assert some.numbers == some_of_large.numbers


def test_a_delta_that_finds_nothing_takes_at_most_sixty_transactions(small: Account) -> None:
    """As `python -m benchmarks journeys` counts them."""
    small.sync()
    with small.session() as session:
        sync(session, DELTA)
        with listening() as idle:
            sync(session, DELTA)
    assert idle.transactions <= 60
