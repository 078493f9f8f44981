"""How far Lever's allowances are given away, kept in PostgreSQL: all share them who use the database.

The arithmetic is that of `lever/pacing.py`, in one statement: no lock outlives it, whoever is killed or cut
off. The server's clock is everybody's, so it does not matter that machines' clocks differ.
"""

import os
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from lever_assets.lever.pacing import (
    LONGEST_PENALTY,
    MOST_PUSHED,
    URGENT_SECONDS,
    LocalPace,
    Pace,
    Terms,
    Turn,
    put_off,
)
from lever_assets.store.store import Store, make_engine
from lever_assets.store.urls import database_url, sqlite_file

if TYPE_CHECKING:
    from lever_assets.store.line import Line

# What is called the same is the same as in `lever/pacing.py`. `booked` is the interval of a turn, or 0 for a
# penalty alone; `urgent` is for how long turns are to be left free, or 0. The clock is looked at once, when
# the row is this statement's alone.
MOVE = """
INSERT INTO allowances AS kept (name, due, held_until, pushed, seen, urgent_until, updated_at)
SELECT %(name)s, now + greatest(%(ahead)s, held_back) + %(booked)s, now + %(penalty)s, %(penalty)s, now,
  now + %(urgent)s, at
FROM (SELECT clock_timestamp() AS at OFFSET 0) AS clock,
  LATERAL (SELECT extract(epoch FROM at)::float8 AS now,
    CASE WHEN %(penalty)s > 0 THEN %(penalty)s + %(tolerance)s ELSE 0 END AS held_back) AS first
ON CONFLICT (name) DO UPDATE SET (due, held_until, pushed, seen, urgent_until, updated_at) = (
  SELECT
    greatest(
      CASE WHEN push > 0 THEN greatest(mended.due + push, until + %(tolerance)s) ELSE mended.due END,
      now + %(ahead)s
    ) + %(booked)s,
    CASE WHEN push > 0 THEN until ELSE mended.held_until END,
    mended.pushed + greatest(push, 0),
    now,
    CASE WHEN %(urgent)s > 0 THEN now + %(urgent)s ELSE mended.urgent_until END,
    at
  FROM (SELECT clock_timestamp() AS at OFFSET 0) AS clock,
    LATERAL (SELECT extract(epoch FROM at)::float8 AS now) AS instant,
    LATERAL (SELECT greatest(kept.seen - now, 0) AS back) AS set_back,
    LATERAL (SELECT kept.due - back AS due, kept.held_until - back AS held_until,
      coalesce(kept.urgent_until, 0) - back AS urgent_until) AS moved,
    LATERAL (SELECT moved.held_until > now + %(longest)s AS absurd) AS judged,
    LATERAL (SELECT
      CASE WHEN absurd OR moved.due > now + %(furthest)s THEN now ELSE moved.due END AS due,
      CASE WHEN absurd THEN now ELSE moved.held_until END AS held_until,
      CASE WHEN abs(kept.pushed) > %(most_pushed)s THEN 0 ELSE kept.pushed END AS pushed,
      CASE WHEN moved.urgent_until > now + %(urgent_seconds)s THEN now ELSE moved.urgent_until END
        AS urgent_until) AS mended,
    LATERAL (SELECT now + %(penalty)s AS until) AS penalised,
    LATERAL (SELECT until - greatest(mended.held_until, now) AS push) AS put_off
)
RETURNING due - seen, held_until - seen, pushed, urgent_until - seen
"""
# A turn that has come, or none, of an allowance without penalties: `held_until` says until when none comes.
ADMIT = """
INSERT INTO allowances AS kept (name, due, held_until, pushed, seen, updated_at)
SELECT %(name)s, now + %(interval)s, now, 0, now, at
FROM (SELECT clock_timestamp() AS at OFFSET 0) AS clock,
  LATERAL (SELECT extract(epoch FROM at)::float8 AS now) AS instant
ON CONFLICT (name) DO UPDATE SET (due, held_until, seen, updated_at) = (
  SELECT first + CASE WHEN wait > 0 THEN 0 ELSE %(interval)s END, now + greatest(wait, 0), now, at
  FROM (SELECT clock_timestamp() AS at OFFSET 0) AS clock,
    LATERAL (SELECT extract(epoch FROM at)::float8 AS now) AS instant,
    LATERAL (SELECT least(greatest(kept.due, now), now + %(tolerance)s + %(interval)s) AS first) AS mended,
    LATERAL (SELECT first - %(tolerance)s - now AS wait) AS judged
)
RETURNING held_until - seen
"""
_PUSHED = "SELECT pushed FROM allowances WHERE name = %(name)s"


def shared_pace(url: str, name: str, folder: Path) -> Pace:
    """Return the pace of an allowance for all who use the database at a SQLAlchemy URL.

    With SQLite, which one machine uses, it is a file in `folder`; with PostgreSQL that file is for when the
    database is away. Raises StoreError if the URL can't be used.
    """
    here = LocalPace(folder / f"{name}.pace")
    database = database_url(url)
    return here if sqlite_file(database) else DatabasePace(_line(database, os.getpid()), name, here)


@lru_cache(maxsize=8)
def _line(url: URL, process: int) -> "Line":  # noqa: ARG001 (a process that was forked has its own)
    from lever_assets.store.line import Line  # noqa: PLC0415 - not with SQLite: see errors.py

    engine = make_engine(url)
    return Line(engine, Store(engine).name, "Other machines do not share the rate limit for now")


@dataclass(frozen=True)
class _Given:
    """Where turns were booked last, and until when (by this process's own clock) they are booked there."""

    by: Pace
    until: float


class DatabasePace:
    """A pace in the table `allowances`; while the database is away, the one of this machine.

    At each change from one to the other, what is booked at the one is behind it at the other, as far as this
    object knows: nothing is let through twice.
    """

    def __init__(self, line: "Line", name: str, here: LocalPace) -> None:
        self._line = line
        self._name = name
        self._here = here
        self._given = _Given(self, 0.0)
        self._held_until = 0.0

    async def book(self, terms: Terms, ahead: float = 0.0) -> Turn:
        """As `Pace.book`."""
        turn = await self._move(terms, booked=terms.interval, ahead=max(ahead, self._ahead(self)))
        if turn is None:
            turn = await self._here.book(terms, max(ahead, self._ahead(self._here)))
        self._given = _Given(turn.pace, time.monotonic() + turn.ahead)
        return turn

    async def admit(self, terms: Terms) -> float:
        """As `Pace.admit`; while the database is away this machine has the whole allowance."""
        asked = {"name": self._name, "interval": terms.interval, "tolerance": terms.tolerance}
        rows = await self._line.ask(ADMIT, asked, locks=self._name)
        return float(rows[0][0]) if rows else await self._here.admit(terms)

    async def again(self, turn: Turn) -> Turn:
        """As `Pace.again`."""
        rows = await self._line.ask(_PUSHED, {"name": self._name}, locks="")
        if rows:
            return put_off(turn, rows[0][0])
        return replace(turn, wait=max(0.0, self._held_until - time.monotonic()))

    async def penalise(self, seconds: float, terms: Terms) -> None:
        """As `Pace.penalise`."""
        seconds = min(seconds, LONGEST_PENALTY)
        kept = await self._move(terms, penalty=seconds, ahead=self._ahead(self))
        if kept is None:
            await self._here.penalise(seconds, terms)
        now = time.monotonic()
        self._held_until = max(self._held_until, now + seconds)
        until = now + (kept.ahead if kept else seconds + terms.tolerance)
        self._given = _Given(self if kept else self._here, max(until, self._given.until))

    async def _move(
        self, terms: Terms, *, booked: float = 0.0, penalty: float = 0.0, ahead: float = 0.0
    ) -> Turn | None:
        """Move what the database keeps; None while it is away."""
        asked = {
            "name": self._name,
            "booked": booked,
            "penalty": penalty,
            "ahead": ahead,
            "urgent": URGENT_SECONDS if terms.urgent and booked else 0.0,
            "urgent_seconds": URGENT_SECONDS,
            "tolerance": terms.tolerance,
            "furthest": terms.furthest,
            "longest": LONGEST_PENALTY,
            "most_pushed": MOST_PUSHED,
        }
        rows = await self._line.ask(MOVE, asked, locks=self._name)
        if not rows:
            return None
        due, held, pushed, urgent_for = rows[0]
        wait = max(0.0, due - booked - terms.span(urgent_for))
        return Turn(self, wait=wait, held=held, ahead=due, pushed=pushed)

    def _ahead(self, pace: Pace) -> float:
        """Return for how many seconds turns are booked already that `pace` knows nothing of."""
        return 0.0 if self._given.by is pace else max(0.0, self._given.until - time.monotonic())
