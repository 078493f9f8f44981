"""The definitions of many accounts in bulk: hundreds of them have the same assets each.

Dagster checks each op as if it were the only one of its kind, which takes most of the time of loading. So the
op of an account's assets is made once, and then given to the others under their names. For that there is no
public name in Dagster: a test holds what comes of it to what Dagster makes itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from copy import copy
from functools import lru_cache

import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

_Out = tuple[str, str | None]
"""The name of an output, and the version of the code that it comes from."""

Made = dg.AssetCheckResult | dg.DagsterEvent
"""What the step of an op yields: outcomes of checks, and that an output is made."""


def asset_op(
    step: Callable[[dg.AssetExecutionContext], Iterator[Made]],
    *,
    name: str,
    description: str,
    outs: Mapping[str, str | None],
    checks: Iterable[str],
    pool: str,
    resources: Set[str] = frozenset(),
) -> dg.OpDefinition:
    """Return the op of some assets: an output for each, with its code's version, and one for each check.

    None is required: a run may be over some of them. `resources` are the keys of those that the step uses.
    """
    made = copy(_op(description, (*outs.items(), *((each, None) for each in checks))))
    made._name = name
    made._pool = pool
    made._required_resource_keys = resources
    made._compute_fn = DecoratedOpFunction(step)
    return made


@lru_cache(maxsize=64)
def _op(description: str, outs: tuple[_Out, ...]) -> dg.OpDefinition:
    """Return an op without a step of its own."""

    def step(_context: dg.OpExecutionContext) -> Iterator[object]:
        yield None

    return dg.op(
        name="made_once",
        description=description,
        out={name: dg.Out(is_required=False, code_version=code) for name, code in outs},
    )(step)


def asset_job(
    assets: Iterable[dg.AssetsDefinition], name: str, *, description: str, tags: Mapping[str, str]
) -> dg.JobDefinition:
    """Return a job of these assets and checks, in one process, resolved among them alone.

    Dagster would look through those of all accounts for each job: that grows with their number squared.
    """
    job = dg.define_asset_job(name, description=description, tags=tags, executor_def=dg.in_process_executor)
    return dg.Definitions(assets=assets, jobs=[job]).resolve_job_def(name)


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
