"""What follows our assets in the same run: somebody's own, below them, in a job over both.

Dagster executes a step when the outputs that it follows are there, and skips it when one is not. An output
that is yielded as such would be materialized once more, in every window of the run; so only the event that it
is there is made, for which Dagster has no public name.
"""

from collections.abc import Collection, Iterator

import dagster as dg
from dagster._core.execution.plan.outputs import StepOutputData, StepOutputHandle


def outputs(context: dg.AssetExecutionContext, told: Collection[dg.AssetKey]) -> Iterator[dg.DagsterEvent]:
    """Yield that the chosen assets which were `told` are there, so that what follows them is executed.

    What follows one of them may follow others of ours, too, of which there was nothing to tell: these are
    there as well.
    """
    step = context.get_step_execution_context()
    if (
        len(step.execution_plan.step_keys_to_execute) == 1
    ):  # nothing follows: it would be 1.3 kB for each asset
        return
    for key in sorted(_to_be_there(context, told)):
        name = context.assets_def.get_output_name_for_asset_key(key)
        there = StepOutputData(StepOutputHandle(step.step.key, name))
        yield dg.DagsterEvent.step_output_event(step, there)


def _to_be_there(context: dg.AssetExecutionContext, told: Collection[dg.AssetKey]) -> set[dg.AssetKey]:
    layer = context.job_def.asset_layer
    chosen: set[dg.AssetKey] = set(context.selected_asset_keys)
    others = set(layer.selected_asset_keys) - chosen
    due = set(told)
    while found := {each for each in others if layer.get(each).parent_keys & due}:
        others -= found
        due |= found
        due |= {parent for each in found for parent in layer.get(each).parent_keys if parent in chosen}
    return due & chosen
