"""One person is moved by one stage: one delta brings history, marts and report up, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lever_assets.insight.finishing import bring_up_marts
from lever_assets.insight.report.writing import write_report
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.insight.figures import Figures, Row, assert_right, read_off
from lever_assets_tests.insight.worlds import stored_marts
from lever_assets_tests.sync.tables import DELTA, Account

AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=40, seed=5, rate=0)) as running:
        yield running


def waiting(sandbox: Sandbox) -> Row:
    """Return somebody with an application that is open."""
    records = [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]
    return next(
        each for each in records if each["applications"] and not each["archived"] and each["stageChanges"]
    )


def report(account: Account) -> str:
    """Bring the marts up, and return the report as of an instant."""
    with account.session() as session:
        bring_up_marts(session)
        write_report(session, account.folder / "report.html", AT)
    return (account.folder / "report.html").read_text("utf-8")


def test_one_delta_brings_up_all_that_tells_of_it(
    sandbox: Sandbox, tmp_path: Path, database_url: str
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    plain = Account(sandbox, tmp_path / "plain", f"sqlite:///{tmp_path / 'plain.db'}")
    for each in (account, plain):
        each.sync(insight=each is account)
        each.sync(DELTA, insight=each is account)
    before, told = Figures(read_off(sandbox)).all(), report(account)
    visits = {row["id"]: row for row in account.tables()["application_stage_changes"]}

    person = waiting(sandbox)
    sandbox.move(person["id"])
    requests = []
    for each in (account, plain):
        sandbox.reset_requests()
        each.sync(DELTA, insight=each is account)
        requests.append(sandbox.requests().total)
    with account.session() as session:
        replaced = bring_up_marts(session)
        assert_right(stored_marts(session.store), Figures(read_off(sandbox)))

    assert requests[0] == requests[1]
    after = Figures(read_off(sandbox)).all()
    for name, rows in after.items():
        written = [row for row in rows if row not in before[name]]
        assert (replaced[name].written if name in replaced else 0) == len(written), name
    assert {name for name, each in replaced.items() if each.changed} >= {"funnel", "time_in_stage", "aging"}
    now = {row["id"]: row for row in account.tables()["application_stage_changes"]}
    (new,) = now.keys() - visits.keys()
    changed = {row["id"] for row in now.values() if row != visits.get(row["id"])}
    assert len(changed - {new}) == 1
    assert now[(changed - {new}).pop()]["left_at"] == now[new]["entered_at"]
    assert report(account) != told
    assert report(account) == report(account)
