"""Whose a record is that Lever shows: of records that look alike, none is taken for two actions' own.

A record that the step of another action has kept is that one's; one that Lever took without saying which it
made has one of them all the same. While another action is sending the like, nobody can say whose a record is.
Of two actions that lost their answers each may take either of two records.
"""

from collections.abc import Sequence

from lever_assets.actions.engine.effects import CannotTellError
from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.lever import JsonObject
from lever_assets.store import ledger
from lever_assets.store.transaction import Transaction


class OthersAtWorkError(Exception):
    """Another action is sending the like at this moment: whose a record is will show when it is done."""


def own_record(tx: Transaction, action_id: str, step: Step, alike: Sequence[JsonObject]) -> JsonObject | None:
    """Return which of the records (each with its `id`) is the step's own; None: all are others'.

    The step is to be kept as done in the same transaction. The records must have been read before it began:
    whoever made one of them is then known to the ledger. Raises OthersAtWorkError and CannotTellError.
    """
    taken: set[object] = set()
    nameless: list[Step] = []
    lost: list[Step] = []
    at_work = False
    for entry in ledger.rivals(tx, action_id, step.request):
        for other in map(Step.of, entry.steps):
            if other.request != step.request:
                continue
            if other.state is StepState.DONE and "id" in other.kept:
                taken.add(other.kept["id"])
            elif other.state is StepState.DONE:
                nameless.append(other)
            elif other.state is StepState.SENDING and entry.is_claimed(tx.instant):
                at_work = True
            elif other.may_have_happened:
                lost.append(other)
    free = [each for each in alike if each["id"] not in taken]
    for other in nameless:
        its = next((each for each in free if _may_be(each, of=other)), None)
        if its is not None:
            free.remove(its)
    if not free:
        return None
    if at_work:
        raise OthersAtWorkError
    if len(free) > 1 + len(lost):
        raise CannotTellError(f"Lever has {len(free)} new records that look like it")
    return min(free, key=lambda each: sum(_may_be(each, of=other) for other in lost))


def _may_be(record: JsonObject, *, of: Step) -> bool:
    """Tell whether a record may be what a step made: it was not there before."""
    return not isinstance(of.before, list) or record["id"] not in of.before
