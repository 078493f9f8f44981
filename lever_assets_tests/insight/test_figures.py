"""Every figure of an account that was read whole is what its records in Lever give, counted by themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.insight.finishing import bring_up_marts
from lever_assets.sandbox import Sandbox
from lever_assets_tests.api.accounts import ACCOUNTS, account_in_lever
from lever_assets_tests.insight.figures import Figures, assert_right, read_off
from lever_assets_tests.insight.worlds import stored_marts
from lever_assets_tests.sync.tables import DELTA, Account

_LARGE = pytest.param(("generated", 2_400), id="large", marks=pytest.mark.long)


@pytest.fixture(params=[*((kind, 150) for kind in ACCOUNTS), _LARGE], ids=lambda given: given[0])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    kind, size = request.param
    with account_in_lever(kind, opportunities=size, seed=3) as running:
        yield running


def test_every_figure_is_what_the_records_give(sandbox: Sandbox, tmp_path: Path, database_url: str) -> None:
    account = Account(sandbox, tmp_path, database_url)
    account.sync()
    with account.session() as session:
        bring_up_marts(session)
        assert_right(stored_marts(session.store), Figures(read_off(sandbox)))

    sandbox.play(2, 5)
    sandbox.touch(0.2)
    account.sync(DELTA)
    account.sync()  # a delta may miss an interview, as Lever's do
    with account.session() as session:
        bring_up_marts(session)
        assert_right(stored_marts(session.store), Figures(read_off(sandbox)))
