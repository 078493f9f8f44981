"""Whether a delta is worth its requests: asked of Lever with one small request for each list."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lever_assets.lever import (
    LeverClient,
    LeverError,
    NotFoundError,
    PermissionMissingError,
)
from lever_assets.lever.instants import duration
from lever_assets.lever.resources import RESOURCES, Below, Child, Paged, Resource, Snapshot
from lever_assets.policy.people import limit_of
from lever_assets.store import due
from lever_assets.store.checkpoints import hold_states
from lever_assets.store.children import HISTORY, unread
from lever_assets.store.transaction import Transaction
from lever_assets.sync import restoring
from lever_assets.sync.checkpoints import CAUGHT_UP, READING, WATERMARK, Reading
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.brake import held_back, is_due
from lever_assets.sync.fetch.children import rests, watched_by
from lever_assets.sync.fetch.deletions import LONGEST_SPAN, read_up_to
from lever_assets.sync.fetch.questions import Question, is_so
from lever_assets.sync.fetch.refused import nothing_readable, status_of
from lever_assets.sync.map.deriving import all_derived
from lever_assets.sync.permissions import look_at_permissions, unseen
from lever_assets.sync.retention.coverage import covered
from lever_assets.sync.retention.excluded import applied_exclusion
from lever_assets.sync.session import Heard, Session

_A_MOMENT = timedelta(milliseconds=1)
_PATIENCE = timedelta(minutes=30)
_Failed = Mapping[tuple[str, str], due.Failing]
"""What could not be read, by table and resource."""


@dataclass(frozen=True)
class Poll:
    """What asking found: `changed`, and `why` (or why not) in a sentence.

    `since` is the instant (UTC) up to which everything was read; None: the account never was. `of` is the
    list that has changed, if Lever said so of one; the others were not asked after then.
    """

    changed: bool
    why: str
    requests: int = 0
    since: datetime | None = None
    of: str | None = None


Run = Callable[[Coroutine[Any, Any, Poll]], Poll]
"""Runs what asks Lever to its end, as `asyncio.run` does."""


@dataclass(frozen=True)
class Outset:
    """What the database knows before Lever is asked.

    `overdue`: why a delta is due in any case. `questions` are to be asked, and of the permissions those of
    the `unseen` resources looked at; `heard` is what is kept of them.
    """

    since: datetime | None
    overdue: str | None
    questions: Sequence[Question]
    heard: Heard
    unseen: Sequence[Resource]

    @property
    def is_to_be_let_in(self) -> bool:
        """Whether Lever has refused the key or token, and can be asked here whether it still does.

        A run that is due would else be asked for each minute, to fail.
        """
        return self.heard.refused is not None and bool(self.questions)


def outset(tx: Transaction, session: Session) -> Outset:
    """Return what the database knows, in a transaction that holds all states; some queries, no scan."""
    failed = due.failing(tx)
    heard = Heard.kept(tx)
    return Outset(
        _read_whole_up_to(tx, session),
        _overdue(tx, session, failed),
        _questions(tx, session, failed),
        heard,
        unseen(session, heard),
    )


def poll(
    session: Session, *, known: Outset | None = None, seconds: float | None = None, run: Run = asyncio.run
) -> Poll:
    """Tell whether a delta is due; makes six requests at most, and once an hour some for the permissions.

    Asks Lever for up to `seconds`, retries and waits included (None: as long as it takes); what is under way
    then is cancelled, and nothing counts as changed. `known` is what the database knows, if it was just
    looked up; `run` runs what asks Lever. Raises LeverError, StoreError or NotConnectedError.
    """
    if known is None:
        with session.reading() as tx:
            hold_states(tx)
            known = outset(tx, session)
    if known.since is None:
        return Poll(
            False, "The account was never read whole: start a full sync, this sensor then keeps it fresh."
        )
    if known.overdue is not None and not known.is_to_be_let_in:
        return Poll(True, known.overdue, 0, known.since)
    lever = session.account.client(session.settings, tell=session.listener)
    try:
        return run(_ask_in_time(lever, session, known, known.since, seconds))
    finally:
        session.note(lever.access, known.heard)


def _read_whole_up_to(tx: Transaction, session: Session) -> datetime | None:
    """Return up to when all was read that is wanted; what is wanted only now, the delta reads whole."""
    before = applied_exclusion(tx)
    read = [each for each in _wanted(session) if before.needs(each.name)]
    marks = [
        CAUGHT_UP.read(tx, each.name) for each in read if isinstance(each, Paged) and not _is_denied(tx, each)
    ]
    if not marks:  # nothing but short lists is wanted
        marks = [_known(tx, each).last_asked_at for each in read]
    return None if None in marks else min(filter(None, marks), default=None)


def _wanted(session: Session) -> list[Resource]:
    return [each for each in RESOURCES if session.exclusion.needs(each.name)]


def _overdue(tx: Transaction, session: Session, failed: _Failed) -> str | None:
    """Return why a delta is due, whether or not Lever says that anything changed."""
    if restoring.is_due(tx):
        return "A table or column was missing and is to be filled again."
    if applied_exclusion(tx) != session.exclusion:
        return "Other models or fields are left out than before."
    listed = [each for each in _wanted(session) if isinstance(each, Paged)]
    if not all(_is_denied(tx, each) or _is_covered(tx, session, each) for each in listed):
        return "More candidates are to be kept than before."
    left = _left_over(tx, session, failed)
    if left is not None:
        return left
    minutes = session.settings.snapshot_minutes
    read = [
        _known(tx, each).last_asked_at
        for each in _wanted(session)
        if isinstance(each, Snapshot) and not _waits(tx, each, failed)
    ]
    oldest = min(filter(None, read), default=None)
    if oldest is not None and tx.instant - oldest > timedelta(minutes=minutes):
        return f"Users, stages and the other short lists were read more than {minutes} minutes ago."
    below = (each for each in _wanted(session) if isinstance(each, Child))
    watched = sum(len(watched_by(tx, session, each)) for each in below if not rests(tx, session, each))
    return f"Interviews or offers of {watched} opportunities are watched and to be read." if watched else None


def _left_over(tx: Transaction, session: Session, failed: _Failed) -> str | None:
    """Return what a sync that was stopped or held back has left to do: Lever will not tell of it again."""
    below = [each for each in _wanted(session) if isinstance(each, Child)]
    asked = [each for each in below if not (_is_denied(tx, each) or _waits(tx, each, failed))]
    left = unread(tx, {each.name: each.parent for each in asked})
    for each in _wanted(session):
        if is_due(tx, session, each) and not _is_denied(tx, each):
            return f"Deletions of {each.name} were held back, and the list is to be read whole again."
        if not isinstance(each, Below):
            continue
        if _is_denied(tx, each) or _waits(tx, each, failed):
            continue
        again = failed.get((each.table, each.parent), due.Failing()).due
        if again:
            return f"The {each.name} of {again:,} {each.parent} could not be read and are tried again."
        if isinstance(each, Child) and HISTORY.read(tx, each.name) is not None:
            return f"The {each.name} of some {each.parent} are still to be read for the first time."
        if each.name in left:
            return f"A sync was stopped before it had read the {each.name} of all {each.parent}."
    if not all_derived(tx, session.exclusion):
        return "A sync was stopped before all that it had read was in the tables."
    return None


def _waits(tx: Transaction, resource: Resource, failed: _Failed) -> bool:
    """Tell whether a resource as a whole could not be read again and again: it is left alone for a while.

    Other than a single record for no longer than `_PATIENCE`, or an outage that is over would keep changes
    away for as long as it lasted. A list of which deletions are held back was read: its changes do not wait.
    """
    if held_back(tx, resource):
        return False
    read = failed.get((resource.table, resource.name))
    if read is None or read.whole_due_at is None or read.attempts == 1:
        return False
    failed_at = read.whole_due_at - due.gap_after(read.attempts)
    return tx.instant < min(read.whole_due_at, failed_at + _PATIENCE)


def _is_covered(tx: Transaction, session: Session, resource: Resource) -> bool:
    wanted = limit_of(session.settings, resource, tx.instant)
    return covered(tx, resource).includes(wanted)


def _questions(tx: Transaction, session: Session, failed: _Failed) -> list[Question]:
    changed = [
        Question(
            f"Some {each.name} have changed.",
            each,
            each.path,
            "updated_at",
            "updatedAt",
            _beyond(
                WATERMARK.read(tx, each.name),
                limit_of(session.settings, each, tx.instant).changed_since,
            ),
            {name: value for name, value in each.params if name != "expand"},
            _known(tx, each).refused,
        )
        for each in _wanted(session)
        if isinstance(each, Paged) and not _waits(tx, each, failed)
    ]
    deleted = [
        Question(
            f"Some {each.name} were deleted.",
            each,
            each.deleted_path,
            "deleted_at",
            "deletedAt",
            # A span of more than 30 days may be refused; what was deleted before, the next delta finds.
            _beyond(read_up_to(tx, each), tx.instant - LONGEST_SPAN),
            {},
        )
        for each in _wanted(session)
        if each.deleted_path is not None
    ]
    return [*changed, *deleted]


def _beyond(mark: datetime | None, cutoff: datetime | None = None) -> datetime | None:
    """Return the first instant after a mark, but none that the settings leave out; None: any is asked for."""
    after = None if mark is None else mark + _A_MOMENT
    return max((each for each in (after, cutoff) if each is not None), default=None)


async def _ask_in_time(
    lever: LeverClient, session: Session, known: Outset, since: datetime, seconds: float | None
) -> Poll:
    told: Poll | None = None
    async with lever:
        try:
            async with asyncio.timeout(seconds):
                told = await _ask(lever, session, known.questions, since)
                return await _with_permissions(lever, session, known.unseen, told)
        except TimeoutError:
            if told is not None:
                return told
            last = "" if lever.trouble is None else f" (at last: {lever.trouble.problem})"
            waited = duration(max(1.0, seconds or 0))
            late = f"Lever did not say within {waited} whether anything changed{last}"
            return Poll(False, f"{late}; it is asked again at the next tick.", lever.traffic.requests, since)


async def _with_permissions(
    lever: LeverClient, session: Session, unseen: Sequence[Resource], told: Poll
) -> Poll:
    """Look at the permissions, too; what is given again is to be read. No trouble with them is the poll's."""
    back: list[str] = []
    with suppress(LeverError):
        back = await look_at_permissions(lever, session, unseen)
    if back and not told.changed:
        told = replace(told, changed=True, why=f"Lever gives {', '.join(back)} again.")
    return replace(told, requests=lever.traffic.requests)


async def _ask(lever: LeverClient, session: Session, questions: Sequence[Question], since: datetime) -> Poll:
    """Ask until one answer is yes. What fails one question keeps no other from being asked."""
    refused: list[int] = []
    failed: list[LeverError] = []
    for question in questions:
        try:
            found = await is_so(lever, session, question)
        except (PermissionMissingError, NotFoundError) as error:
            refused.append(status_of(error))
        except LeverError as error:
            if concerns_all(error):
                raise
            if not question.of_deletions:  # of which a sync says that it can't read them
                failed.append(error)
        else:
            if found:
                return Poll(True, question.answer, lever.traffic.requests, since, question.resource.name)
    if questions and len(refused) == len(questions):
        failed.append(nothing_readable(refused, session.account.address))
    if failed:
        raise failed[0]
    nothing = f"Nothing has changed since {since:%Y-%m-%d %H:%M:%S} UTC."
    return Poll(False, nothing, lever.traffic.requests, since)


def _known(tx: Transaction, resource: Resource) -> Reading:
    return READING.read(tx, resource.name) or Reading()


def _is_denied(tx: Transaction, resource: Resource) -> bool:
    return _known(tx, resource).denied is not None
