"""What an action is: its name, its input, and the function that does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.actions.engine.work import Work
from lever_assets.lever import JsonObject

Function = Callable[[Work, Any], Awaitable[JsonObject]]
"""Takes the work and the action's own input, and returns the answer's data."""


@dataclass(frozen=True)
class Action:
    """One action: its name everywhere, what it takes, Lever's permissions that it needs, and what does it.

    `repeatable`: done twice it leaves what it leaves when done once, so the same input is never taken for a
    repetition that has to be kept from Lever. `creates`: it makes what can be there once only, an application
    of a person for a job. `reads`: it writes nothing and has no row in the ledger.
    """

    name: str
    title: str
    description: str
    input: type[ActionInput]
    function: Function
    scopes: tuple[str, ...]
    repeatable: bool = False
    creates: bool = False
    reads: bool = False
