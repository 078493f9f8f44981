"""One action at work: its writes go out step by step, each kept in the ledger before and after.

An action is a coroutine that is run again from its start to resume it: steps that are done give what they
gave the first time, a step that may have happened is looked up in Lever, and only the others are sent.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from lever_assets.actions.engine.effects import Effect
from lever_assets.actions.engine.errors import ActionError, Code, invalid, of_failure, too_late
from lever_assets.actions.engine.file_content import upload_of
from lever_assets.actions.engine.file_inputs import FileInput
from lever_assets.actions.engine.journal import Claim, Journal
from lever_assets.actions.engine.read_back import opportunities_read_back
from lever_assets.actions.engine.recovery import Recovery
from lever_assets.actions.engine.resolving import Resolver
from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.actions.engine.timing import Timing
from lever_assets.actions.fetching.fetcher import PUBLIC, Fetcher
from lever_assets.backoff import gap_after
from lever_assets.lever import (
    Answer,
    JsonObject,
    LeverClient,
    LeverError,
    OutcomeUnknownError,
    Outgoing,
    Params,
    PermissionMissingError,
    Upload,
)
from lever_assets.lever.quoting import unquoted
from lever_assets.store import ledger
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session

Keep = Callable[[Answer], JsonObject]
FileLink = Callable[[str, str, str], str]
"""Gives the address under which a file can be fetched: of an opportunity (Lever's id), `files` or `resumes`,
and the file's id."""
Made = Callable[[JsonObject, tuple[str, ...]], None]
"""Is told what a creation answers, with its warnings, before its files are there."""


def no_ids(_answer: Answer) -> JsonObject:
    """Keep nothing of an answer."""
    return {}


def its_id(answer: Answer) -> JsonObject:
    """Keep the id of the record that Lever made."""
    made = answer.data.get("id") if isinstance(answer.data, dict) else None
    return {"id": made} if isinstance(made, str) else {}


class Placeholders(dict[str, JsonValue]):
    """What a write would give, in a dry run: the id of the step `create` is `<create.id>`."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self._step = step

    def __missing__(self, name: str) -> JsonValue:
        return f"<{self._step}.{name}>"


@dataclass
class Work:
    """What an action's function gets: Lever, the session, the resolver, and `write`.

    `claim` None is a dry run: `write` then only notes down the request in `requests`. `perform_as` is the
    Lever user that writes are attributed to; `barred` says why nothing can be written as them any more.
    `download_to` and `file_link` are for actions that give out files; `fetcher` fetches those that it is
    given by an address. `ignore_unknown`: fields that are not known are a warning. `made` is told what is
    answered before files are there. `may_write` is asked before a write: False, if nobody waits any more.
    `incomplete` is set when a `follow_up` could not be done.
    """

    lever: LeverClient
    session: Session
    timing: Timing
    claim: Claim | None
    perform_as: str | None = None
    barred: ActionError | None = None
    download_to: Path | None = None
    file_link: FileLink | None = None
    fetcher: Fetcher = PUBLIC
    ignore_unknown: bool = False
    made: Made | None = None
    may_write: Callable[[], bool] = lambda: True
    warnings: list[str] = field(default_factory=list)
    requests: list[Outgoing] = field(default_factory=list)
    incomplete: bool = False
    unknown: bool = False

    def __post_init__(self) -> None:
        self.resolve = Resolver(self.lever, self.session)
        self.journal = Journal(self.session, self.timing, self.claim)
        self._recovery = Recovery(self.lever, self.journal)
        self._files: dict[int, Upload] = {}

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written."""
        return self.claim is None

    @property
    def steps(self) -> dict[str, Step]:
        """The steps by name, also those of earlier attempts."""
        return self.journal.steps

    def written_as(self, name: str) -> str | None:
        """Return the user as whom a step went out of which nobody heard the end; else who acts now."""
        step = self.steps.get(name)
        return step.user if step is not None and step.may_have_happened else self.perform_as

    @property
    def params(self) -> Params:
        """The query that attributes a write to a user."""
        return {"perform_as": self.perform_as} if self.perform_as else {}

    def must_act_as_somebody(self, who: str) -> None:
        """Refuse what Lever takes from a user alone (docs/lever-api.md, Writes); `who` says which user."""
        if self.perform_as is None:
            raise invalid(
                "No user to act as",
                f"Lever asks for the user who {who}: set it by "
                f"{self.session.account.set_by('perform_as')}, or give "
                "remote_fields.lever.perform_as, and do it again.",
            )

    def warn(self, sentence: str) -> None:
        """Say something to the caller that is no failure."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def is_done(self, name: str) -> bool:
        """Tell whether a step was done, by an earlier attempt for one."""
        return self.journal.is_done(name)

    async def file(self, given: FileInput) -> Upload:
        """Return a file of the input as it goes to Lever, fetched once; raises as `upload_of`."""
        if id(given) not in self._files:
            self._files[id(given)] = await upload_of(given, self.fetcher)
        return self._files[id(given)]

    async def write(
        self, name: str, request: Outgoing, effect: Effect | None, keep: Keep = no_ids
    ) -> JsonObject:
        """Do one write, once, and return what `keep` takes from Lever's answer, or what `effect` found.

        `name` is unique in the action and the same whenever it is run again. `effect` None: Lever can't be
        asked whether it happened. In a dry run the result is `Placeholders`. Raises ActionError, which is
        `unknown` if it may have happened.
        """
        if self.dry_run:
            self.requests.append(request)
            return Placeholders(name)
        step = self.steps.setdefault(name, Step(name, f"{request.method} {request.path}"))
        sent = 0
        while step.state is not StepState.DONE:
            if step.may_have_happened and await self._recovery.look_up(step, effect):
                break
            if sent == self.timing.attempts:
                raise self._gave_up(step)
            if self.barred is not None:
                self.journal.keep()
                raise self.barred
            if sent:
                await asyncio.sleep(gap_after(sent, self.timing.pause, certain=0.5))
            sent += 1
            await self._send(step, request, effect, keep)
        return step.kept

    async def confirm(self, name: str, effect: Effect) -> None:
        """Look in Lever whether a step that Lever said it did is done; raises ActionError if it is not."""
        if not self.dry_run:
            await self._recovery.confirm(self.steps[name], effect)

    async def follow_up(
        self, name: str, request: Outgoing, effect: Effect | None, keep: Keep = no_ids, *, what: str
    ) -> JsonObject | None:
        """As `write`, for what the action can do without: a failure is a warning (None is returned).

        `what` begins the warning, such as `The note was not added`. The same key tries it again.
        """
        try:
            return await self.write(name, request, effect, keep)
        except ActionError as error:
            self.missed(f"{what}: {error.message}", unknown=error.unknown)
            return None

    def missed(self, sentence: str, *, unknown: bool = False) -> None:
        """Say what the action did without, and may have done all the same if `unknown`."""
        self.incomplete = True
        self.unknown = self.unknown or unknown
        self.warn(sentence)

    async def refresh(self, opportunities: Collection[str], *, below: Collection[str] = ()) -> None:
        """Read the opportunities that were touched again, so that the tables show the new state.

        A failure is a warning: the write was done, and the next sync brings the tables up to it.
        """
        if self.dry_run:
            return
        for sentence in await opportunities_read_back(self.lever, self.session, opportunities, below=below):
            self.warn(sentence)

    def created(self, model: str, remote_id: str) -> None:
        """Keep that this action made a record in Lever."""
        if self.claim is not None:
            with self.session.writing() as tx:
                ledger.record_created(tx, model, remote_id, action_id=self.claim.action_id)

    async def _send(self, step: Step, request: Outgoing, effect: Effect | None, keep: Keep) -> None:
        try:
            # Sent before is sent again only after Lever was asked; what was there then still is.
            if effect is not None and step.sent_at is None:
                with suppress(PermissionMissingError):  # then it can't be looked up later either
                    step.before = await effect.before(self.lever)
            if not self.may_write():
                self.journal.keep()
                raise too_late()
            step.state, step.sent_at, step.over, step.error = StepState.SENDING, now(), False, None
            step.attempts += 1
            # An upload (without effect) is nobody's: what names it decides whose it is.
            step.user = self.perform_as if effect is not None else None
            self.journal.keep()
            answer = await self.lever.send(request)
            step.kept = keep(answer)
            step.state, step.over = StepState.DONE, True
        except OutcomeUnknownError as error:
            step.state, step.over, step.error = StepState.UNKNOWN, error.over, unquoted(str(error))
            step.sent_at = now()
        except LeverError as error:
            step.state, step.error = StepState.FAILED, unquoted(str(error))
            self.journal.keep()
            raise of_failure(error) from None
        self.journal.keep()

    def _gave_up(self, step: Step) -> ActionError:
        self.journal.keep()
        return ActionError(
            Code.SERVICE_UNAVAILABLE,
            "Lever can't be reached",
            f"Lever failed {self.timing.attempts} times to do this and did not do it: {step.request}. "
            "Try again later.",
        )
