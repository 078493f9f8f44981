"""What is made in bulk is what Dagster makes itself, and what is made once is each account's own."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.remote_representation.external_data import (
    AssetNodeSnap,
    asset_check_node_snaps_from_repo,
    asset_node_snaps_from_repo,
)
from dagster._core.snap.node import build_node_defs_snapshot

from lever_assets.orchestration.assets import account_assets
from lever_assets.orchestration.bulk import asset_job, asset_op, like
from lever_assets.orchestration.jobs import sync_jobs
from lever_assets.settings import Settings

DAILY = dg.DailyPartitionsDefinition("2026-01-01")


def step(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult]:
    key = dg.AssetKey([context.op_def.name.removesuffix("_assets"), "users"])
    yield dg.AssetCheckResult(passed=True, check_name="whole", asset_key=key)


def specs(account: str) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    raw, key = dg.AssetKey([account, "raw_users"]), dg.AssetKey([account, "users"])
    return [
        dg.AssetSpec(raw, description="Raw.", partitions_def=DAILY),
        dg.AssetSpec(
            key, deps=[raw], description="Users.", code_version="3", partitions_def=DAILY, skippable=True
        ),
    ], [dg.AssetCheckSpec("whole", asset=key)]


def one(account: str, *, body: object = step) -> dg.AssetsDefinition:
    assets, (check,) = specs(account)
    op = asset_op(
        body,  # type: ignore[arg-type]
        name=f"{account}_assets",
        description="Makes them.",
        outs={"raw_users": None, "users": "3"},
        checks=["users_whole"],
        pool=f"sync_{account}",
    )
    return dg.AssetsDefinition(
        node_def=op,
        keys_by_input_name={},
        keys_by_output_name={each.key.path[-1]: each.key for each in assets},
        specs=assets,
        check_specs_by_output_name={"users_whole": check},
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )


def test_the_assets_are_as_their_decorator_makes_them() -> None:
    assets, checks = specs("a")
    theirs = dg.multi_asset(
        name="a_assets",
        description="Makes them.",
        specs=assets,
        check_specs=checks,
        can_subset=True,
        pool="sync_a",
        backfill_policy=dg.BackfillPolicy.single_run(),
    )(step)
    one("b")
    ours, decorated = (dg.Definitions(assets=[each]).get_repository_def() for each in (one("a"), theirs))
    assert [told(each) for each in asset_node_snaps_from_repo(ours)] == [
        told(each) for each in asset_node_snaps_from_repo(decorated)
    ]
    assert asset_check_node_snaps_from_repo(ours) == asset_check_node_snaps_from_repo(decorated)


def told(of: AssetNodeSnap) -> str:
    """Return what Dagster tells of an asset; it names outputs by the whole key, which is an account's own."""
    return repr(of).replace("output_name='a__", "output_name='")


def test_each_account_runs_its_own_step() -> None:
    ran: list[str] = []

    def noting(name: str) -> object:
        def body(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult]:
            ran.append(name)
            yield from step(context)

        return body

    every = [one(name, body=noting(name)) for name in ("a", "b")]
    assert [(each.op.name, each.op.pool) for each in every] == [
        ("a_assets", "sync_a"),
        ("b_assets", "sync_b"),
    ]
    done = dg.materialize([every[1]], partition_key="2026-01-02")
    assert done.success
    assert [each.asset_key.path[0] for each in done.get_asset_check_evaluations()] == ["b"]
    assert ran == ["b"]


def test_the_jobs_are_as_dagster_resolves_them() -> None:
    settings = Settings(api_key=None)
    assets = account_assets(settings)
    ours = sync_jobs(settings, assets)
    names = [each.name for each in ours]
    theirs = dg.Definitions(
        assets=[assets],
        jobs=[dg.define_asset_job(each, executor_def=dg.in_process_executor) for each in names],
    )
    assert names == ["lever_sync", "lever_full_sync"]
    for each in ours:
        assert isinstance(each, dg.JobDefinition)
        other = theirs.resolve_job_def(each.name)
        assert each.partitions_def == other.partitions_def
        assert each.asset_layer.selected_asset_keys == other.asset_layer.selected_asset_keys
        assert each.asset_layer.asset_graph.asset_check_keys == other.asset_layer.asset_graph.asset_check_keys
        assert build_node_defs_snapshot(each) == build_node_defs_snapshot(other)
        assert each.dependencies == other.dependencies


def test_a_job_like_another_differs_in_its_name_and_tags_alone() -> None:
    job = asset_job([one("a")], "a_sync", description="Some.", tags={"x": "1"})
    other = like(job, "a_full_sync", description="All.", tags={"x": "2"})
    assert (other.name, other.description, other.tags["x"]) == ("a_full_sync", "All.", "2")
    assert other.asset_layer.selected_asset_keys == job.asset_layer.selected_asset_keys
    assert other.partitions_def == job.partitions_def == DAILY
