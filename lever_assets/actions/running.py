"""Running an action by its name: the input is checked, the engine does it once, what goes wrong is told."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from lever_assets.actions.catalogue import BY_NAME
from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import KNOWN, invalid, of_failure, of_input, unexpected
from lever_assets.actions.engine.execution import Execution, without_ledger
from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.unknown_fields import read
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import LeverClient
from lever_assets.sync.session import Session


def run_action(
    session: Session, name: str, given: Mapping[str, object] | ActionInput, options: Options | None = None
) -> ActionAnswer:
    """Do an action and return its answer; whatever goes wrong is told by the answer, not raised.

    `given` is the input as JSON or as the action's model. Actions are never held up by a running sync.
    """
    options = options or Options()

    async def alone() -> ActionAnswer:
        async with session.client(urgent=True, patience=options.patience) as lever:
            return await run_action_with(lever, session, name, given, options)

    try:
        return asyncio.run(alone())
    except ConnectionTroubleError as error:
        return ActionAnswer.failed(of_failure(error), log_url=options.log_url)


async def run_action_with(
    lever: LeverClient,
    session: Session,
    name: str | Action,
    given: Mapping[str, object] | ActionInput,
    options: Options | None = None,
) -> ActionAnswer:
    """As `run_action`, with an open client and in its event loop; also for an action of no catalogue."""
    options = options or Options()
    try:
        action = _action(name) if isinstance(name, str) else name
        asked, ignored = _input(action, given, options)
        if action.reads or options.dry_run:
            answer = await without_ledger(lever, session, action, asked, options)
        else:
            answer = await Execution(lever, session, action, asked, options).once()
        return replace(answer, warnings=(*ignored, *answer.warnings))
    except KNOWN as error:
        return ActionAnswer.failed(of_failure(error), log_url=options.log_url)
    except Exception as error:
        return ActionAnswer.failed(unexpected(error), log_url=options.log_url, cause=error)


def _action(name: str) -> Action:
    action = BY_NAME.get(name)
    if action is None:
        raise invalid("Unknown action", f"There is no action {name!r}; there are {', '.join(BY_NAME)}.")
    return action


def _input(
    action: Action, given: Mapping[str, object] | ActionInput, options: Options
) -> tuple[ActionInput, tuple[str, ...]]:
    if isinstance(given, action.input):
        return given, ()
    try:
        return read(action.input, given, ignore_unknown=options.ignore_unknown)
    except ValidationError as error:
        raise of_input(error) from None
