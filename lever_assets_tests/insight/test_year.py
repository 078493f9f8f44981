"""A year of a company that the local Lever plays: each figure is what its own log of the days gives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.insight.finishing import bring_up_marts
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.year import DAY
from lever_assets_tests.insight.figures import Figures, Rows, assert_right, told_by
from lever_assets_tests.insight.worlds import stored_marts, stored_months
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account

LONG = pytest.mark.long


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A company with jobs and nobody who wants them, a year ago."""
    with running_sandbox(SandboxConfig(opportunities=0, seed=4, rate=0)) as running:
        running.set_now(running.now() - 365 * DAY)
        yield running


def bring_up(account: Account, *, full: bool = False) -> None:
    account.sync(EVERYTHING if full else DELTA)
    with account.session() as session:
        bring_up_marts(session)


def marts_of(account: Account) -> dict[str, Rows]:
    with account.session() as session:
        return stored_marts(session.store)


@pytest.mark.parametrize(
    ("days", "a_day"), [pytest.param(20, 4, id="weeks"), pytest.param(364, 7.5, id="year", marks=LONG)]
)
def test_every_figure_is_what_the_log_gives(
    sandbox: Sandbox, tmp_path: Path, database_url: str, days: int, a_day: float
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    for piece in range(4):
        sandbox.play(days // 4, a_day)
        bring_up(account, full=piece in (0, 3))  # deltas may miss an interview, as Lever's do
    figures = Figures(told_by(sandbox.year.log))
    assert days < 300 or (sandbox.account.count("applications") >= 2_000 and all(figures.all().values()))

    kept_up = marts_of(account)
    assert_right(kept_up, figures)
    with account.session() as session:
        months = stored_months(session.store)
        bring_up_marts(session, rebuild=True)
        assert stored_months(session.store) == months
    assert marts_of(account) == kept_up
