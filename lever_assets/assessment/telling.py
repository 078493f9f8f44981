"""Telling Lever what has become of orders: by actions with keys of their own, so that none is done twice.

What fails stays due: it is tried again after a minute, then after twice as long each time, up to six hours.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from lever_assets.actions.catalogue import BY_NAME
from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import Code
from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.actions.engine.options import Options
from lever_assets.actions.inputs import AddedTag, ApplicationNote, MoveToStage, NewTag, RemovedTag, Tag
from lever_assets.actions.running import run_action_with
from lever_assets.assessment.feedback import ADD_FEEDBACK
from lever_assets.assessment.results import feedback_input, file_input, link_input
from lever_assets.assessment.stages import stage_ids
from lever_assets.assessment.tags import Tags
from lever_assets.backoff import gap_after
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import LeverClient
from lever_assets.store import BusyError, assessments
from lever_assets.store.assessments import Order
from lever_assets.store.ledger import ActionState
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, fingerprint
from lever_assets.sync.session import Session
from lever_assets.unified.ids import REMOTE

_ACTIONS = (
    "add_candidate_tag",
    "remove_candidate_tag",
    "add_application_note",
    "add_application_result_link",
    "add_application_attachment",
    "move_application_to_stage",
)
SCOPES = tuple(sorted({scope for name in _ACTIONS for scope in BY_NAME[name].scopes}))
"""The permissions that writing needs, by Lever's names; with feedback forms those of `ADD_FEEDBACK`, too."""
MOST_ATTEMPTS = 30
"""With the delays below about six days."""
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=6)
_AT_ONCE = 20
_OF_ALL = frozenset(
    each.value
    for each in (
        Code.AUTHENTICATION_INVALID,
        Code.SETUP_INCOMPLETE,
        Code.SERVICE_UNAVAILABLE,
        Code.RATE_LIMITED,
    )
)
"""What goes wrong so goes wrong with the next order, too."""


@dataclass(frozen=True)
class Told:
    """Of how many orders all was written to Lever, and of how many something failed; and the last reason."""

    done: int = 0
    failed: int = 0
    why: str = ""

    def __add__(self, other: "Told") -> "Told":
        """Return both together."""
        return Told(self.done + other.done, self.failed + other.failed, other.why or self.why)


@dataclass(frozen=True)
class _Write:
    """An action, or its name in the catalogue, its input, and what its key has beside the order's id."""

    action: str | Action
    given: ActionInput
    key: str


@dataclass(frozen=True)
class _Failure:
    """How a write failed: the code and the title of the action's error."""

    code: str
    title: str


def tell_lever(session: Session, *, seconds: float | None = None, options: Options | None = None) -> Told:
    """Write to Lever what is due of the orders of a connection; return what became of that.

    Begins nothing new after `seconds` (None: goes on as long as anything is due). One process does so at a
    time, the others leave it to that one; of a connection that can't be reached all stays due. Raises
    StoreError.
    """
    if session.settings.assessment_stage is None:
        return Told()
    end = None if seconds is None else time.monotonic() + seconds
    told = Told()
    with suppress(BusyError, ConnectionTroubleError), session.store.exclusive(f"{session.name} assessments"):
        while end is None or time.monotonic() < end:
            with session.reading() as tx:
                due = assessments.due(tx, limit=_AT_ONCE)
            if not due:
                break
            now = asyncio.run(_tell_all(session, due, options or Options(), end))
            told += now
            if not now.done:
                break
    return told


def tell_one(session: Session, order_id: str, options: Options | None = None) -> Told:
    """Write to Lever what is to be written of one order, whoever else is at work; raises StoreError."""
    with session.reading() as tx:
        [*found] = assessments.page(tx, after="", limit=1, ids=[order_id])
    if not found or not found[0].todo:
        return Told()
    try:
        return asyncio.run(_tell_all(session, found, options or Options(), None))
    except ConnectionTroubleError as error:
        return Told(failed=1, why=str(error))


async def _tell_all(session: Session, orders: Sequence[Order], options: Options, end: float | None) -> Told:
    told = Told()
    async with session.client(urgent=True) as lever:
        for each in orders:
            if end is not None and time.monotonic() >= end:
                break
            failed = await _tell(lever, session, each, options)
            told += Told(done=1) if failed is None else Told(failed=1, why=failed.title)
            if failed is not None and failed.code in _OF_ALL:
                break
    return told


async def _tell(lever: LeverClient, session: Session, order: Order, options: Options) -> _Failure | None:
    """Do what is to be done of an order; return how the first of it failed that did, None: none did."""
    first: _Failure | None = None
    left = list(order.todo)
    for what in order.todo:
        failed = await _do(lever, session, order, what, options)
        first = first or failed
        if failed is not None and failed.code in _OF_ALL:
            break
        if failed is None:
            left.remove(what)
            with session.writing() as tx:
                assessments.done(tx, order.id, what)
    if first is None:
        return None
    _put_off(session, order, left, first.title)
    return first


async def _do(
    lever: LeverClient, session: Session, order: Order, what: str, options: Options
) -> _Failure | None:
    """Do one thing; return how it failed, None: it did not."""
    with session.reading() as tx:
        write = _write(tx, session, order, what)
    if write is None or isinstance(write, _Failure):
        return write
    key = f"assessment:{order.id}:{what}:{write.key}".rstrip(":")
    keyed = replace(options, idempotency_key=key)
    answer = await run_action_with(lever, session, write.action, write.given, keyed)
    failed = _failure(answer)
    if failed is not None and write.action is ADD_FEEDBACK:
        return replace(failed, title=f"The feedback form was not added: {failed.title}")
    return failed


def _failure(answer: ActionAnswer) -> _Failure | None:
    if answer.error is not None:
        return _Failure(str(answer.error["code"]), str(answer.error["title"]))
    if answer.state is ActionState.INCOMPLETE:
        return _Failure(Code.REMOTE_UNKNOWN.value, "Only a part of it could be written")
    return None


def _write(tx: Transaction, session: Session, order: Order, what: str) -> _Write | _Failure | None:
    """Return how one thing is written; None: there is nothing to it any more."""
    kind, _, rest = what.partition(":")
    settings = session.settings
    stage, tags = settings.assessment_result_stage, Tags(settings.assessment_tag_prefix)
    write: _Write | _Failure | None = None
    match kind:
        case "sent":
            write = _put_on(order, tags.sent)
        case "completed":
            write = _put_on(order, tags.completed)
        case "untag" if not assessments.others_open(tx, order):  # it is of the whole opportunity
            write = _take_off(order, tags.sent)
        case "note" if order.reason:
            given = ApplicationNote(application_id=_application(order), content=order.reason)
            write = _Write("add_application_note", given, _short(order.reason))
        case "result" if order.result is not None:
            write = _Write("add_application_result_link", link_input(order, order.result), "")
        case "file" if order.result is not None:
            at = int(rest.partition(":")[0])
            write = _Write("add_application_attachment", file_input(order, order.result, at), "")
        case "feedback" if order.result is not None and settings.assessment_feedback_template:
            template = settings.assessment_feedback_template
            write = _Write(ADD_FEEDBACK, feedback_input(order, order.result, template), _short(template))
        case "stage" if stage:
            write = _move(tx, order, stage)
    return write


def _put_on(order: Order, name: str) -> _Write:
    given = AddedTag(candidate_id=f"{REMOTE}{order.opportunity}", tag=NewTag(name=name))
    return _Write("add_candidate_tag", given, _short(name))


def _take_off(order: Order, name: str) -> _Write:
    given = RemovedTag(candidate_id=f"{REMOTE}{order.opportunity}", tag=Tag(name=name))
    return _Write("remove_candidate_tag", given, _short(name))


def _move(tx: Transaction, order: Order, named_stage: str) -> _Write | _Failure:
    stages = sorted(stage_ids(tx, named_stage))
    if not stages:
        return _Failure(Code.INPUT_INVALID.value, f"There is no stage {named_stage!r} to move to")
    given = MoveToStage(application_id=_application(order), stage_id=f"{REMOTE}{stages[0]}")
    return _Write("move_application_to_stage", given, _short(stages[0]))


def _application(order: Order) -> str:
    return f"{REMOTE}{order.application}"


def _short(text: str) -> str:
    return fingerprint(canonical(text))[:12]


def _put_off(session: Session, order: Order, left: Sequence[str], why: str) -> None:
    """Keep that something failed, unless there is something else to be done of the order by now."""
    with session.writing() as tx:
        found = assessments.order(tx, order.id)
        if found is None or found.todo != left:
            return
        attempts = found.attempts + 1
        gap = gap_after(attempts, _FIRST_DELAY, _LONGEST_DELAY)
        due_at = None if attempts >= MOST_ATTEMPTS else tx.instant + gap
        assessments.change(tx, order.id, attempts=attempts, due_at=due_at, error=why)
