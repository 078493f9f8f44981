"""The steps of an action at work, which the ledger keeps whenever one of them moves on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.actions.engine.timing import Timing
from lever_assets.lever import JsonObject
from lever_assets.store import ledger
from lever_assets.store.transaction import Transaction
from lever_assets.sync.session import Session


@dataclass(frozen=True)
class Claim:
    """The right to work on an action: the ledger's row, and the name under which it was claimed."""

    action_id: str
    owner: str


@dataclass
class Journal:
    """The steps by name. `claim` None is a dry run, of which nothing is kept."""

    session: Session
    timing: Timing
    claim: Claim | None
    steps: dict[str, Step] = field(default_factory=dict)

    def load(self, kept: Iterable[JsonObject]) -> None:
        """Take in the steps of earlier attempts."""
        self.steps.update({step.name: step for step in map(Step.of, kept)})

    def is_done(self, name: str) -> bool:
        """Tell whether a step was done, by an earlier attempt for one."""
        step = self.steps.get(name)
        return step is not None and step.state is StepState.DONE

    @property
    def has_written(self) -> bool:
        """Whether Lever was asked for a write that it did or may have done."""
        return any(step.sent_at is not None and step.stands for step in self.steps.values())

    def mark_done(self, name: str) -> None:
        """Keep that something was decided, which is not to be decided again; it is no request."""
        if self.claim is not None and not self.is_done(name):
            self.steps[name] = Step(name, "", StepState.DONE)
            self.keep()

    def keep(self) -> None:
        """Keep how the steps stand, and prolong the claim; raises ClaimLostError when it was lost."""
        with self.session.writing() as tx:
            self.keep_in(tx)

    def keep_in(self, tx: Transaction) -> None:
        """As `keep`, in a transaction that is open."""
        assert self.claim is not None  # noqa: S101 - a dry run has nothing to keep
        ledger.keep_steps(
            tx,
            self.claim.action_id,
            self.claim.owner,
            [step.as_json() for step in self.steps.values()],
            until=tx.instant + timedelta(seconds=self.timing.lease),
        )
