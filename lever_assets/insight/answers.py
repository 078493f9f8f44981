"""EEO answers, of which nothing but counts of groups is kept: read from Lever, counted in memory, forgotten.

No single answer is written anywhere, nor told by an error: those of Lever's client hold none.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

from lever_assets.connect.permissions import PERMISSIONS
from lever_assets.insight.marts.eeo import Fact, facts, mart
from lever_assets.lever import LeverClient, LeverError, NotFoundError, PermissionMissingError
from lever_assets.lever.access import place_of
from lever_assets.lever.quoting import in_api_words
from lever_assets.lever.resources import EEO_RESPONSES
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.marts import Replaced, has_rows, replace_all
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch.refused import skipped
from lever_assets.sync.session import Scope, Session
from lever_assets.unified.marts import EEO

_MOST_PAGES = 20_000
"""Two million answers."""


@dataclass(frozen=True)
class Counting:
    """How the counts stand: when they were made last (UTC; None: never), and why not the last time."""

    at: Instant | None = None
    trouble: str | None = None


COUNTING = Checkpoint[Counting]("eeo", Counting)


@dataclass(frozen=True)
class Answered:
    """What became of the counts: `replaced` rows (None: they are as they were), and what is to be known.

    `requests` went to Lever for them.
    """

    replaced: Replaced | None = None
    warning: str | None = None
    requests: int = 0


@dataclass(frozen=True)
class _Read:
    """What was read of Lever's list; `counts` is None where it failed, or can't be believed."""

    counts: Counter[Fact] | None
    requests: int
    error: LeverError | None = None


def is_due(session: Session, scope: Scope) -> bool:
    """Tell whether there is anything to do after a sync: it was over the whole account, or counts are off."""
    if session.settings.counts_eeo:
        return not (scope.delta or scope.is_of_windows)
    with session.reading() as tx:
        return COUNTING.read(tx) is not None or has_rows(tx, EEO.name)


def why_awaited(session: Session) -> str | None:
    """Return what to say of answers that are wanted and were never asked for; None: nothing."""
    if not session.settings.counts_eeo:
        return None
    with session.reading() as tx:
        is_known = COUNTING.read(tx) is not None
    full = session.account.command("sync --full")
    return None if is_known else f"EEO answers are counted by the next full sync or reconcile: run {full}"


def see_to_answers(session: Session) -> Answered:
    """Count the answers anew; where the settings do not want that, take the counts out.

    Call it alone (`Session.alone`), with no transaction open. What Lever refuses, or is out of order for, is
    no error: the counts stay as they are, and the next such sync tries again. Raises StoreError,
    NotConnectedError, SwitchedOffError.
    """
    if not session.settings.counts_eeo:
        return _taken_out(session)
    read = asyncio.run(_read(session))
    if read.counts is None:
        return replace(_failed(session, _told(read.error)), requests=read.requests)
    with session.writing() as tx:
        session.hold(tx)
        session.see_that_it_is_on(tx)
        replaced = replace_all(tx, EEO.name, mart(read.counts))
        COUNTING.keep(tx, Counting(tx.instant))
    return Answered(replaced, requests=read.requests)


def why_not_counted(tx: Transaction) -> str | None:
    """Return why the counts are not those of the last full sync; None: they are."""
    known = COUNTING.read(tx)
    if known is None:
        return "No full sync has counted the answers yet."
    return known.trouble


def _told(error: LeverError | None) -> str:
    if error is None:
        return "EEO answers were not counted: a page of Lever's list came twice."
    if isinstance(error, PermissionMissingError | NotFoundError):
        return skipped(EEO_RESPONSES, error)
    return f"EEO answers were not counted: {error}"


async def _read(session: Session) -> _Read:
    async with session.client() as lever:
        try:
            counts = await _count(lever)
        except LeverError as error:
            return _Read(None, lever.traffic.requests, error)
        return _Read(counts, lever.traffic.requests)


async def _count(lever: LeverClient) -> Counter[Fact] | None:
    """Return how often each answer was given in each year; None where Lever's list can't be believed."""
    counts: Counter[Fact] = Counter()
    is_whole = True
    async for page in lever.pages(EEO_RESPONSES.path, most=_MOST_PAGES):
        if page.first:
            counts.clear()
            is_whole = True
        is_whole = is_whole and not page.repeated
        for record in page.records:
            counts.update(facts(record))
    return counts if is_whole else None


def _failed(session: Session, told: str) -> Answered:
    with session.writing() as tx:
        session.hold(tx)
        before = COUNTING.read(tx) or Counting()
        COUNTING.keep(tx, Counting(before.at, in_api_words(told)))
    return Answered(warning=told)


def _taken_out(session: Session) -> Answered:
    with session.writing() as tx:
        session.hold(tx)
        replaced = replace_all(tx, EEO.name, [])
        COUNTING.forget(tx)
        PERMISSIONS.forget(tx, place_of(EEO_RESPONSES.path).name)  # nobody misses it any more
    return Answered(replaced)
