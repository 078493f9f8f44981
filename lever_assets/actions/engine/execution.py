"""One execution of an action: its row in the ledger claimed, the work done once, the answer kept."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.attribution import attribute, attributed_to, named_user
from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import KNOWN, ActionError, Code, of_failure, unexpected
from lever_assets.actions.engine.idempotency import entry_for, is_derived
from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.actions.engine.journal import Claim
from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.resolving import Resolver
from lever_assets.actions.engine.steps import Step
from lever_assets.actions.engine.work import Work
from lever_assets.connect.errors import ConnectionNameError
from lever_assets.lever import JsonObject, LeverClient
from lever_assets.store import StoreError, ledger
from lever_assets.store.ledger import ActionState, ClaimLostError, Entry
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session

_POLL_SECONDS = 0.1


def _work(lever: LeverClient, session: Session, options: Options, claim: Claim | None = None) -> Work:
    return Work(
        lever,
        session,
        options.timing,
        claim,
        download_to=options.download_to,
        file_link=options.file_link,
        fetcher=options.fetcher,
        ignore_unknown=options.ignore_unknown,
        made=options.made,
        may_write=options.may_write,
    )


async def without_ledger(
    lever: LeverClient, session: Session, action: Action, asked: ActionInput, options: Options
) -> ActionAnswer:
    """Do what writes nothing, a read or a dry run, and return its answer; raises what `KNOWN` lists."""
    work = _work(lever, session, options)
    if not action.reads:
        await attribute(work, asked, options.perform_as)
    data = await action.function(work, asked)
    if options.dry_run and not action.reads:
        data = {"dry_run": True, "requests": [request.described() for request in work.requests]}
    return ActionAnswer(data=data, warnings=tuple(work.warnings))


@dataclass(frozen=True)
class Execution:
    """An action that writes, with its input and how it is to be run."""

    lever: LeverClient
    session: Session
    action: Action
    asked: ActionInput
    options: Options

    async def once(self) -> ActionAnswer:
        """Do the action unless its key was done already, or somebody else does it now; return its answer.

        Raises what `KNOWN` lists, as long as nothing was begun.
        """
        called = named_user(self.asked, self.options.perform_as)
        user = None if called is None else Resolver(self.lever, self.session).user_id(called)
        entry = entry_for(
            self.session,
            self.action,
            self.asked,
            given=self.options.idempotency_key,
            user=user,
            same_input=timedelta(seconds=self.options.timing.same_input),
        )
        if self.options.announce is not None:
            self.options.announce(entry.id)
        awaited = False
        deadline = time.monotonic() + self.options.timing.wait
        while True:
            if entry.state is ActionState.SUCCEEDED or (awaited and entry.is_settled):
                return self._kept(entry, user)
            claim = self._claimed(entry)
            if claim is not None:
                with suppress(ClaimLostError):
                    return await self._do(entry, claim)
            awaited = True
            self.options.may_write()  # who is at work on it may write: whoever asks us has to know
            if time.monotonic() > deadline:
                raise _still_under_way(entry)
            await asyncio.sleep(_POLL_SECONDS)
            with self.session.reading() as tx:
                found = ledger.get(tx, entry.id)
            if found is None:
                raise ConnectionNameError(
                    f"The connection {self.session.name!r} was removed while this waited, and with it the "
                    f"row {entry.id} of action_ledger."
                )
            entry = found

    def _kept(self, entry: Entry, user: str | None) -> ActionAnswer:
        """Return the answer that the ledger kept; who gave no key hears why nothing more was written.

        So does who names another `user` than as whom it was written.
        """
        answer = ActionAnswer.of(entry)
        before = attributed_to(map(Step.of, entry.steps))
        if user is not None and user != before:
            other = f"This action was written as {before or 'nobody in particular'}, not as {user}."
            answer = replace(answer, warnings=(*answer.warnings, other))
        if not is_derived(entry.idempotency_key):
            return answer
        minutes = self.options.timing.same_input / 60
        repeated = (
            f"Nothing was written now: the same input was given less than {minutes:g} minutes ago without an "
            f"idempotency key, and this is the result of that first action ({entry.id} in action_ledger). "
            "To do it once more, give a key of its own."
        )
        return replace(answer, warnings=(*answer.warnings, repeated))

    def _claimed(self, entry: Entry) -> Claim | None:
        if entry.is_claimed(now()):
            return None
        owner = uuid4().hex
        with self.session.writing() as tx:
            self.session.hold(tx)
            until = tx.instant + timedelta(seconds=self.options.timing.lease)
            won = ledger.claim(tx, entry, owner, run_id=self.options.run_id, until=until)
        return Claim(entry.id, owner) if won else None

    async def _do(self, entry: Entry, claim: Claim) -> ActionAnswer:
        """Work on a claimed action; the claim is given up whatever happens, unless the process dies."""
        renewing = asyncio.create_task(self._renew(claim))
        try:
            answer, state = await self._answer(entry, claim)
            with self.session.writing() as tx:
                ledger.settle(
                    tx,
                    claim.action_id,
                    claim.owner,
                    state,
                    answer=answer.kept(),
                    warnings=list(answer.warnings),
                )
            return replace(answer, action_id=entry.id, state=state)
        finally:
            renewing.cancel()
            with suppress(StoreError), self.session.writing() as tx:
                ledger.release(tx, claim.action_id, claim.owner)

    async def _answer(self, entry: Entry, claim: Claim) -> tuple[ActionAnswer, ActionState]:
        work = _work(self.lever, self.session, self.options, claim)
        work.journal.load(entry.steps)
        if work.journal.has_written:  # by an earlier call
            self.options.may_write()
        log_url = self.options.log_url
        try:
            await attribute(work, self.asked, self.options.perform_as)
            data: JsonObject = await self.action.function(work, self.asked)
        except KNOWN as error:
            known = of_failure(error)
            # What would have come of it is no news where nothing did.
            warnings = tuple(work.warnings) if work.journal.has_written else ()
            failed = ActionAnswer.failed(known, log_url=log_url, warnings=warnings)
            return failed, ActionState.UNKNOWN if known.unknown else ActionState.FAILED
        except ClaimLostError:
            raise
        except Exception as error:
            written = work.journal.has_written
            odd = unexpected(error, unknown=written)
            failed = ActionAnswer.failed(odd, log_url=log_url, warnings=tuple(work.warnings), cause=error)
            return failed, ActionState.UNKNOWN if written else ActionState.FAILED
        state = ActionState.INCOMPLETE if work.incomplete else ActionState.SUCCEEDED
        return ActionAnswer(data=data, warnings=tuple(work.warnings)), state

    async def _renew(self, claim: Claim) -> None:
        lease = self.options.timing.lease
        while True:
            await asyncio.sleep(lease / 3)
            until = now() + timedelta(seconds=lease)
            with suppress(StoreError), self.session.writing() as tx:
                ledger.renew(tx, claim.action_id, claim.owner, until=until)


def _still_under_way(entry: Entry) -> ActionError:
    return ActionError(
        Code.TIMED_OUT,
        "Still under way",
        f"Somebody else is still at work on this action ({entry.id} in action_ledger); "
        "run it again with the same key for its result.",
        unknown=True,
    )
