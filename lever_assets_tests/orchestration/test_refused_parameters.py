"""A range of windows of an account whose Lever refuses what the windows are asked for with."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.orchestration.running import FIRST, Place, failures, reported, window_range, windows
from lever_assets_tests.sync.tables import Tables

EARLIER = FIRST - timedelta(days=7)
"""A start that leaves three windows: no list is asked for whole over the last two."""
REFUSED = {
    "expand": ("expand-refused", "applications:read:admin"),
    "confidentiality": ("confidentiality-refused", "confidential:access:admin"),
    "updated_at": ("filters-refused", "updated_at_start is not allowed"),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


@pytest.fixture
def few() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=8, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def usual(few: Sandbox, folder: Path) -> Tables:
    """The tables of a sync of everything, without a refusal."""
    plain = Place(few, folder / "plain")
    with Session.open(plain.settings()) as session:
        sync(session, Scope())
    return plain.tables(instants=False)


def over(place: Place, first: int, last: int) -> dg.ExecuteInProcessResult:
    """Run a range of three windows, by their numbers."""
    keys = windows(place.settings(sync_start=EARLIER))
    return place.run(tags=window_range(keys[first], keys[last]), sync_start=EARLIER)


@pytest.mark.long
def test_a_range_of_windows_is_read_without_the_parameters_and_says_what_lever_said(
    few: Sandbox, folder: Path, usual: Tables
) -> None:
    here = Place(few, folder / "here")
    few.set_quirks(*(quirk for quirk, _ in REFUSED.values()))
    few.reset_requests()
    result = over(here, 1, 2)

    assert result.success
    warnings = str(reported(result, "raw_opportunities")["warnings"])
    for parameter, (_, said) in REFUSED.items():
        assert f"Lever refuses {parameter} for opportunities" in warnings
        assert said in warnings
    assert few.requests().of("/opportunities") == len(REFUSED) + 1
    tables = here.tables(instants=False)
    for model in ("candidates", "applications", "jobs", "users"):
        assert tables[model] == usual[model]


@pytest.mark.long
def test_ranges_of_windows_add_up_to_the_whole_without_the_parameters(
    few: Sandbox, folder: Path, usual: Tables
) -> None:
    here = Place(few, folder / "here")
    few.set_quirks(*(quirk for quirk, _ in REFUSED.values()))
    assert over(here, 1, 2).success
    assert over(here, 0, 0).success
    assert here.tables(instants=False) == usual


@pytest.mark.long
def test_a_list_without_end_fails_its_step_and_the_rest_is_mapped(few: Sandbox, folder: Path) -> None:
    here = Place(few, folder)
    few.set_faults("endless=1,path=/requisitions")
    few.reset_requests()
    result = over(here, 1, 2)
    few.set_faults()

    assert not result.success
    (sentence,) = failures(result)
    assert "Lever's answer can't be read" in sentence
    assert "(GET /requisitions)" in sentence
    assert few.requests().of("/requisitions") <= 20
    assert here.tables()["users"]
