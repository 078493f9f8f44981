"""A line to PostgreSQL: statements that event loops await, on a connection apart from the store's.

It is a thread with a connection, one for a whole process. An AsyncConnection belongs to one event loop, and
each tick of each account has a loop of its own: each would connect anew. The loops go on meanwhile, however
far the database is, and what is asked while a statement is under way goes out together afterwards.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import psycopg
from sqlalchemy import Engine

from lever_assets.store.errors import translated
from lever_assets.store.locks import MISS_A_LOST_MACHINE

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that an answer is waited for."""
_PAUSE = 5.0
"""Seconds from one try to reach a database that is away to the next."""
_IDLE = 60.0
"""Seconds after which a connection that nobody needs is closed."""

# What is kept this way is not worth the wait for a disk or a standby: a server that crashes forgets the last
# second of it.
_SET_UP = "SET synchronous_commit = off; SET default_transaction_isolation = 'read committed'"

Rows = Sequence[tuple[Any, ...]]
_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class _Question:
    statement: str
    parameters: Mapping[str, object]
    locks: str
    answer: "Future[Rows | None]" = field(default_factory=Future)

    def take_up(self) -> bool:
        """Return whether somebody still waits for the answer; from then on it can't be taken back."""
        return self.answer.set_running_or_notify_cancel()


class Line:
    """Statements to one database, each of which commits. Safe to use from several threads and event loops.

    The connection is made when it is needed, anew when it is lost, and closed after a minute of nothing.
    `name` is the database's, without a password; `lacking` says what is not to be had while it is away: that
    is warned of once each time.
    """

    def __init__(self, engine: Engine, name: str, lacking: str) -> None:
        self._engine = engine
        self._name = name
        self._lacking = lacking
        self._changed = threading.Condition()
        self._questions: list[_Question] = []
        self._asked_at = 0.0
        self._thread: threading.Thread | None = None
        self._is_away = False
        self._has_warned = False

    def __repr__(self) -> str:
        return f"Line({self._name!r})"

    async def ask(self, statement: str, parameters: Mapping[str, object], *, locks: str) -> Rows | None:
        """Return the rows that a statement gives; None, soon, while the database is away.

        `locks` names the row that it changes. A statement is run again where the connection broke, and may
        have been run twice then.
        """
        question = _Question(statement, parameters, locks)
        if not self._put(question):
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.wrap_future(question.answer)
        except TimeoutError:
            self._give_up(f"the database {self._name} did not answer within {_PATIENCE:g} s")
            return None

    def _put(self, question: _Question) -> bool:
        with self._changed:
            self._asked_at = time.monotonic()
            if self._thread is None:
                # A daemon, which the end of the program does not wait for: the network may be gone.
                self._thread = threading.Thread(target=self._serve, name=repr(self), daemon=True)
                self._thread.start()
            if self._is_away:
                return False
            self._questions.append(question)
            self._changed.notify()
            return True

    def _serve(self) -> None:
        connection: _Connection | None = None
        while (questions := self._next()) is not None:
            try:
                connection = self._answer(questions, connection)
            except Exception as error:  # whatever it is, those who wait are told, and the next are answered
                connection = None
                known = translated(error, self._name)
                self._give_up(known.problem if known else type(error).__name__, questions)
        _close(connection)

    def _next(self) -> list[_Question] | None:
        """Wait for questions; none of them: see whether the database is back. None: nobody asks any more."""
        with self._changed:
            if self._is_away:
                self._changed.wait(_PAUSE)
            else:
                self._changed.wait_for(lambda: self._questions, _IDLE)
            if not self._questions and time.monotonic() - self._asked_at >= _IDLE:
                self._thread = None
                return None
            questions, self._questions = self._questions, []
        return [each for each in questions if each.take_up()]

    def _answer(self, questions: list[_Question], connection: _Connection | None) -> _Connection:
        """Answer them all, and return the connection that they were asked on."""
        used = connection or self._connect()
        try:
            answers = _answers(used, questions)
        except psycopg.Error:
            _close(used)
            if connection is None:
                raise
            return self._answer(questions, None)  # it may have been broken for long
        self._be_back(answered=bool(questions))
        for each, rows in zip(questions, answers, strict=True):
            each.answer.set_result(rows)
        return used

    def _connect(self) -> _Connection:
        pooled = self._engine.raw_connection()
        pooled.detach()  # from the pool, whose connections are few
        connection: Any = pooled.dbapi_connection
        connection.autocommit = True
        connection.execute(_SET_UP)
        connection.execute(MISS_A_LOST_MACHINE)
        return cast("_Connection", connection)

    def _be_back(self, *, answered: bool) -> None:
        with self._changed:
            self._is_away = False
            had_warned, self._has_warned = self._has_warned, self._has_warned and not answered
        if had_warned and answered:
            _log.info("The database %s answers again.", self._name)

    def _give_up(self, why: str, questions: Sequence[_Question] = ()) -> None:
        with self._changed:
            self._is_away = True
            had_warned, self._has_warned = self._has_warned, True
            waiting, self._questions = self._questions, []
        if not had_warned:
            _log.warning("%s: %s.", self._lacking, why)
        for each in (*questions, *(each for each in waiting if each.take_up())):
            each.answer.set_result(None)


def _answers(connection: _Connection, questions: list[_Question]) -> list[Rows]:
    """Run all statements, on one way to the server and back."""
    run = partial(_run, connection)
    if not questions:
        connection.execute("SELECT 1")
        return []
    if len(questions) == 1 or not psycopg.capabilities.has_pipeline():
        return [run(each).fetchall() for each in questions]
    # They are one transaction then. Everybody takes the rows' locks in the same order, so that nobody waits
    # for somebody who waits for them.
    in_order = sorted(range(len(questions)), key=lambda number: questions[number].locks)
    with connection.pipeline():
        cursors = {number: run(questions[number]) for number in in_order}
    return [cursors[number].fetchall() for number in range(len(questions))]


def _run(connection: _Connection, question: _Question) -> "psycopg.Cursor[tuple[Any, ...]]":
    return connection.execute(question.statement.encode(), question.parameters)


def _close(connection: _Connection | None) -> None:
    if connection is not None:
        with suppress(psycopg.Error):
            connection.close()
