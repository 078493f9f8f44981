"""Keeping the marts up after a change goes through no table that grows with the account."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lever_assets.insight import keeping
from lever_assets.insight.keeping import keep_up
from lever_assets.settings import Settings
from lever_assets.sync.session import Session
from lever_assets_tests.insight.worlds import put, world
from lever_assets_tests.sync.test_cost_follows_change import Asked, listening

GROWING = {
    *("candidates", "applications", "application_stage_changes", "interviews", "interviewing_team_members"),
    *("offers", "mart_months", "mart_aging"),
}
NARROW = re.compile(r"\b(id|unit|month|\w+_id)=\?|\bchanged_at>\?|\browid=\?")
STEP = re.compile(r"(?:SCAN|SEARCH) (\w+)")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session over empty tables in SQLite, whose plans are looked at."""
    with Session.open(Settings(data_dir=tmp_path)) as opened:
        yield opened


def walks(session: Session, asked: Asked) -> Iterator[str]:
    with session.reading() as tx:
        for text, given in asked.texts.items():
            if text.startswith(("BEGIN", "PRAGMA", "COMMIT")):
                continue
            for row in tx.sql.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given):
                found = STEP.match(row[3])
                if found and found[1] in GROWING and not NARROW.search(row[3]):
                    yield f"{row[3]}: {text}"


def test_a_change_of_anything_goes_through_no_table_that_grows(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_MARGIN", timedelta())
    made = world(2, 120)
    put(session.store, made.rows, datetime.now(UTC) - timedelta(hours=1))
    keep_up(session)
    there = {
        model: next(row for row in rows if row["remote_deleted_at"] is None)
        for model, rows in made.rows.items()
        if model != "application_stages"
    }
    there["jobs"]["department"] = "Another"
    there["applications"]["outcome"] = "PENDING"
    put(session.store, {model: [row] for model, row in there.items()})
    with listening() as asked:
        done = keep_up(session)
    assert any(each.changed for each in done.values())
    assert asked.statements > 20
    walked = list(walks(session, asked))
    assert not walked, "\n".join(walked)


def test_where_nothing_changed_one_look_is_all(session: Session) -> None:
    put(session.store, world(2, 40).rows)
    keep_up(session)
    with listening() as asked:
        assert keep_up(session) == {}
    assert (asked.transactions, asked.statements) <= (1, 8)
