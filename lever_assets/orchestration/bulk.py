"""Dagster's definitions in bulk: hundreds of accounts have thousands of assets, each account the same ones.

Dagster checks each of them as if it were the only one of its kind, which takes most of the time of loading.
So an op is made once for each asset of an account, and then given to the others under their names. That, and
the graph of one account's assets, have no public name in Dagster: a test holds what comes of it to what
Dagster makes itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

RESULT = "result"

_Out = tuple[str, bool, str | None]
"""The name of an output, whether it is required, and the version of the code that it comes from."""


def asset_op(
    step: Callable[[dg.AssetExecutionContext], Iterator[dg.MaterializeResult[None]]],
    *,
    name: str,
    description: str,
    above: Iterable[str],
    checks: Iterable[str],
    code_version: str | None,
    pool: str,
) -> dg.OpDefinition:
    """Return the op of an asset: inputs that say what comes before it, an output, one for each check."""
    outs = ((RESULT, True, code_version), *((each, True, None) for each in checks))
    return _as(_op(description, tuple(above), outs), name, step, pool)


def asset_checks(
    step: Callable[[dg.AssetCheckExecutionContext], Iterator[dg.AssetCheckResult]],
    *,
    name: str,
    description: str,
    specs: Sequence[dg.AssetCheckSpec],
) -> dg.AssetChecksDefinition:
    """Return what makes these checks, or some of them, in one step, after the assets that they are about."""
    above = {dep.asset_key for spec in specs for dep in spec.additional_deps or ()}
    keys = {key.path[-1]: key for key in sorted(above | {spec.asset_key for spec in specs})}
    by_output = {f"{spec.asset_key.path[-1]}_{spec.name}": spec for spec in specs}
    outs = tuple((each, False, None) for each in by_output)
    made: dg.AssetChecksDefinition = dg.AssetChecksDefinition.create(
        keys_by_input_name=keys,
        node_def=_as(_op(description, tuple(keys), outs), name, step),
        check_specs_by_output_name=by_output,
        can_subset=True,
    )
    return made


def _as(
    op: dg.OpDefinition, name: str, step: Callable[..., object], pool: str | None = None
) -> dg.OpDefinition:
    made = copy(op)
    made._name = name
    made._pool = pool
    made._compute_fn = DecoratedOpFunction(step)
    return made


@lru_cache(maxsize=1024)
def _op(description: str, above: tuple[str, ...], outs: tuple[_Out, ...]) -> dg.OpDefinition:
    """Return an op without a step of its own."""

    def step(_context: dg.OpExecutionContext) -> Iterator[object]:
        yield None

    return dg.op(
        name="made_once",
        description=description,
        ins={each: dg.In(dg.Nothing) for each in above},
        out={name: dg.Out(is_required=required, code_version=code) for name, required, code in outs},
    )(step)


def asset_job(
    assets: Iterable[dg.AssetsDefinition], name: str, *, description: str, tags: Mapping[str, str]
) -> dg.JobDefinition:
    """Return a job of these assets and checks, in one process, resolved among them alone.

    Dagster would look through those of all accounts for each job: that grows with their number squared.
    """
    job = dg.define_asset_job(name, description=description, tags=tags, executor_def=dg.in_process_executor)
    return job.resolve(asset_graph=AssetGraph.from_assets(assets))


def like(job: dg.JobDefinition, name: str, *, description: str, tags: Mapping[str, str]) -> dg.JobDefinition:
    """Return a job of the same assets and checks under another name."""
    return dg.JobDefinition(
        graph_def=job.graph,
        asset_layer=job.asset_layer,
        resource_defs=job.resource_defs,
        executor_def=dg.in_process_executor,
        partitions_def=job.partitions_def,
        name=name,
        description=description,
        tags=tags,
    )
