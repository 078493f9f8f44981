"""When Dagster calls an asset late, and that it does not while the delta sensor does its work."""

import asyncio
from datetime import timedelta
from pathlib import Path

import dagster as dg
import time_machine
from dagster._core.definitions.freshness import FreshnessState, TimeWindowFreshnessPolicy
from dagster._core.definitions.freshness_evaluator import TimeWindowFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest

from lever_assets import LeverAccount, LeverDatabase, build_lever_definitions
from lever_assets.definitions import build
from lever_assets.store.transaction import now
from lever_assets.unified.catalogue import MODELS
from lever_assets_tests.orchestration.running import Place, key
from lever_assets_tests.orchestration.test_quiet_deltas import delta, told

OWN = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30))


def policies(of: dg.Definitions) -> dict[str, dg.FreshnessPolicy | None]:
    return {spec.key.path[-1]: spec.freshness_policy for spec in of.resolve_all_asset_specs()}


def late(place: Place) -> set[str]:
    """Return what Dagster's daemon would say is late."""
    graph = build(place.settings()).resolve_asset_graph()
    names = [each.path[-1] for each in graph.get_all_asset_keys()]

    async def states() -> list[FreshnessState]:
        context, evaluator = LoadingContextForTest(place.instance), TimeWindowFreshnessPolicyEvaluator()
        asked = (evaluator.evaluate_freshness(context, graph.get(key(each))) for each in names)
        return await asyncio.gather(*asked)

    found = zip(names, asyncio.run(states()), strict=True)
    return {name for name, state in found if state is not FreshnessState.PASS}


def test_what_does_not_change_is_told_before_it_is_late(synced: Place) -> None:
    """Dagster goes by the last materialization, however often it was seen that nothing changed."""
    delta(synced)
    assert late(synced) == set()
    began = now()
    with time_machine.travel(began + timedelta(minutes=50)):
        assert told(delta(synced)) == set()
    with time_machine.travel(began + timedelta(minutes=61)):
        assert told(delta(synced)) == {"raw_opportunities"}
    with time_machine.travel(began + timedelta(hours=1, minutes=61 + 61 + 15)):
        assert late(synced) == set()
    with time_machine.travel(began + timedelta(hours=5)):
        assert late(synced) == {"raw_opportunities"}
    with time_machine.travel(began + timedelta(hours=24, minutes=1)):
        assert told(delta(synced)) == policies(build(synced.settings())).keys()
        assert late(synced) == set()
    with time_machine.travel(began + timedelta(hours=24 + 31)):
        assert late(synced) == policies(build(synced.settings())).keys()


def test_the_settings_say_when_an_asset_is_late(synced: Place) -> None:
    found = policies(build(synced.settings(snapshot_minutes=30, delta_seconds=120)))
    windows = {
        name: (policy.warn_window, policy.fail_window)
        for name, policy in found.items()
        if isinstance(policy, TimeWindowFreshnessPolicy)
    }
    assert windows.keys() == found.keys()
    warn, fail = windows["raw_opportunities"]
    assert warn is not None
    assert (warn.to_timedelta(), fail.to_timedelta()) == (timedelta(minutes=77), timedelta(minutes=141))
    warn, fail = windows["offers"]
    assert warn is not None
    assert warn.to_timedelta() == timedelta(days=1, minutes=47)


def test_nothing_is_late_where_no_short_list_is_read_regularly(synced: Place) -> None:
    others = tuple(each.name for each in MODELS if each.name != "job_postings")
    found = policies(build(synced.settings(exclude=others)))
    assert found == {"raw_postings": None, "job_postings": None}


def test_in_another_project_it_is_as_that_says(tmp_path: Path) -> None:
    """Whether it has our sensors running is for it to know."""
    account, database = LeverAccount(name="acme"), LeverDatabase(data_dir=str(tmp_path))
    plain = policies(build_lever_definitions(account, database=database))
    assert set(plain.values()) == {None}
    own = policies(build_lever_definitions(account, database=database, freshness_policy=OWN))
    assert set(own.values()) == {OWN}
