"""The steps of an action as the ledger keeps them: each write with its state and what Lever gave for it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import JsonValue, TypeAdapter

from lever_assets.lever import JsonObject


class StepState(StrEnum):
    """How a step stands. `sending` after a restart means that the process died with the request under way."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Step:
    """One write of an action.

    `sent_at` is when it last went out and `over` whether Lever itself ended that exchange; `before` is what
    its `Effect` wants to have kept, `kept` the ids that Lever gave. `user` (Lever's id) is as whom it went
    out last; None: as nobody in particular, or it leaves nothing that is anybody's. `error` is a sentence,
    without what Lever itself said.
    """

    name: str
    request: str
    state: StepState = StepState.PENDING
    attempts: int = 0
    sent_at: datetime | None = None
    over: bool = False
    before: JsonValue = None
    kept: JsonObject = field(default_factory=dict)
    user: str | None = None
    error: str | None = None

    @property
    def may_have_happened(self) -> bool:
        """Whether it went out and nobody heard what became of it."""
        return self.state in {StepState.SENDING, StepState.UNKNOWN}

    @property
    def stands(self) -> bool:
        """Whether it was done, or may have been."""
        return self.state is StepState.DONE or self.may_have_happened

    def was_done(self, kept: JsonObject) -> None:
        """Take in that Lever shows it to be done."""
        self.state, self.kept, self.error = StepState.DONE, kept, None

    def as_json(self) -> JsonObject:
        """Return it as the ledger keeps it."""
        dumped: JsonObject = _STEP.dump_python(self, mode="json")
        return dumped

    @classmethod
    def of(cls, kept: JsonObject) -> Self:
        """Return a step from the ledger."""
        step = _STEP.validate_python(kept)
        assert isinstance(step, cls)  # noqa: S101 - it is of this very class
        return step


_STEP: TypeAdapter[Step] = TypeAdapter(Step)
