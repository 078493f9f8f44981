"""Looking in Lever whether a step happened, when nobody heard what became of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.actions.engine.effects import Added, CannotTellError, Effect
from lever_assets.actions.engine.errors import ActionError, Code, unknown_outcome
from lever_assets.actions.engine.journal import Journal
from lever_assets.actions.engine.ownership import OthersAtWorkError, own_record
from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.lever import LeverClient, LeverError
from lever_assets.store.transaction import now


@dataclass(frozen=True)
class Recovery:
    """Looks for the effects of the steps in a journal, which keeps what was found."""

    lever: LeverClient
    journal: Journal

    async def look_up(self, step: Step, effect: Effect | None) -> bool:
        """Look whether a step happened, until the answer can be relied upon.

        Raises ActionError, which is `unknown`, when Lever can't tell.
        """
        if effect is None:
            raise self._cannot_tell(step, "Lever has nothing to tell it by")
        wait = 0.1
        others_until = now() + timedelta(seconds=self.journal.timing.wait)
        while True:
            left = (self._believed_from(step) - now()).total_seconds()
            try:
                if await self._recognised(step, effect):
                    return True
            except CannotTellError as error:
                raise self._cannot_tell(step, str(error)) from None
            except OthersAtWorkError:
                left = (others_until - now()).total_seconds()
                if left <= 0:
                    raise self._cannot_tell(step, "another action is still writing the like") from None
            except LeverError as error:
                raise self._cannot_tell(step, f"Lever could not be asked ({error.problem})") from None
            if left <= 0:
                step.state = StepState.FAILED
                return False
            await asyncio.sleep(min(left, wait))
            wait = min(wait * 2, 5.0)

    async def confirm(self, step: Step, effect: Effect) -> None:
        """Look whether a step that Lever said it did is done; raises ActionError if it is not.

        It is then sent again when the action is run again.
        """
        if not await self.look_up(step, effect):
            self.journal.keep()
            raise ActionError(
                Code.REMOTE_UNKNOWN,
                "Lever did not do it",
                f"Lever answered that it did this, but does not show it: {step.request}. "
                "Try again later, or do it in Lever.",
            )

    async def _recognised(self, step: Step, effect: Effect) -> bool:
        """Look once whether Lever shows the effect as this step's own; if so, keep that the step is done."""
        if not isinstance(effect, Added):
            found = await effect.found(self.lever, step.before)
            if found is not None:
                step.was_done(found)
                self.journal.keep()
            return found is not None
        claim, session = self.journal.claim, self.journal.session
        assert claim is not None  # noqa: S101 - a dry run sends nothing
        new = await effect.new(self.lever, step.before)
        with session.writing() as tx:
            found = own_record(tx, claim.action_id, step, new)
            if found is not None:
                step.was_done(found)
                self.journal.keep_in(tx)
        return found is not None

    def _believed_from(self, step: Step) -> datetime:
        """Return from when on not seeing the effect proves that it did not happen."""
        assert step.sent_at is not None  # noqa: S101 - it went out
        timing = self.journal.timing
        return step.sent_at + timedelta(seconds=timing.lag if step.over else timing.patience)

    def _cannot_tell(self, step: Step, why: str) -> ActionError:
        step.state = StepState.UNKNOWN
        self.journal.keep()
        return unknown_outcome(step.request, why)
