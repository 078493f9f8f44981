"""What became of an action: its row in the ledger, without what it was asked and of whom."""

from fastapi import APIRouter, Response

from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.api.answers import success
from lever_assets.api.asking import IntegrationId, ThePartsHere
from lever_assets.api.errors import invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes.common import Instant
from lever_assets.api.shapes.envelope import Shape, Success
from lever_assets.notices.wording import instant
from lever_assets.store import ledger
from lever_assets.store.ledger import ActionState, Entry
from lever_assets.unified.models import JsonObject

router = APIRouter(prefix=PREFIX, tags=["General"])

_IDS = ("id", "opportunity", "application")
"""What a step keeps of what it made; an upload it names by its address, in which a file may be named."""


class DoneStep(Shape):
    """One write of an action."""

    name: str
    state: StepState
    attempts: int
    sent_at: Instant | None
    error: str | None
    ids: dict[str, str]


class ActionFault(Shape):
    """How an action failed."""

    code: str
    title: str


class LedgerRow(Shape):
    """An action, as the ledger has it; what was asked, and anything of a person, is not told."""

    id: str
    action: str
    state: ActionState
    attempts: int
    created_at: Instant
    updated_at: Instant
    steps: list[DoneStep]
    error: ActionFault | None


@router.get(
    "/actions/{action_id}",
    operation_id="getAction",
    summary="Get what became of an action",
    response_model=Success[LedgerRow],
)
def get_action(action_id: str, parts: ThePartsHere, integration: IntegrationId) -> Response:
    """Return an action's row in the ledger: how it and its steps stand, and the ids that Lever gave."""
    with parts.connections.reading(integration) as (tx, _):
        found = ledger.get(tx, action_id)
    if found is None:
        raise invalid("This integration has no such action.", 404)
    return success(_shown(found).model_dump(mode="json"))


def _shown(entry: Entry) -> LedgerRow:
    return LedgerRow(
        id=entry.id,
        action=entry.action,
        state=entry.state,
        attempts=entry.attempts,
        created_at=instant(entry.created_at),
        updated_at=instant(entry.updated_at),
        steps=[_step(each) for each in map(Step.of, entry.steps)],
        error=_fault(entry.answer or {}),
    )


def _step(step: Step) -> DoneStep:
    return DoneStep(
        name=step.name,
        state=step.state,
        attempts=step.attempts,
        sent_at=None if step.sent_at is None else instant(step.sent_at),
        error=step.error,
        ids={name: each for name in _IDS if isinstance(each := step.kept.get(name), str)},
    )


def _fault(answer: JsonObject) -> ActionFault | None:
    """Return how it failed last; its message may quote what was asked."""
    error = answer.get("error")
    if not isinstance(error, dict) or not {"code", "title"} <= error.keys():
        return None
    return ActionFault(code=str(error["code"]), title=str(error["title"]))
