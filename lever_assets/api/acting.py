"""Doing actions for those who ask over HTTP: as many at once as may be, and answered in time.

Official clients give up after five seconds. So a creation is answered as soon as Lever has it, while files
are still on their way there; whatever was begun is done to its end, also when nobody waits any more.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import uuid4

from fastapi import Response
from pydantic import JsonValue

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import too_late
from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.work import FileLink
from lever_assets.actions.passthrough import Passthrough, passthrough
from lever_assets.actions.running import run_action
from lever_assets.actions.tracking import Tracked, track
from lever_assets.api.answers import done
from lever_assets.api.connection import Connection, Connections
from lever_assets.api.created import Showing
from lever_assets.api.errors import ApiError, Code, invalid, of_action
from lever_assets.api.places import Place, Places
from lever_assets.lever import JsonObject
from lever_assets.store import Store
from lever_assets.sync.failing import sentence
from lever_assets.sync.session import Session

ANSWERED_WITHIN = 3.5
"""Seconds after which a creation is answered although files are missing still."""
ANSWERED_AT_LAST = 25.0
"""Seconds after which it is said that there is no answer yet: many proxies give up after thirty, without a
word of what has become of it."""
_PATIENCE = 3.0
"""Seconds that a request may wait in all to be sent to Lever again: who asks for it can do so himself."""
_ASK_AGAIN = "The same call again, with the same key or body, tells what became of it."
_LOOK_THERE = "It has no row in the ledger: look in Lever before you send it again."
_THREADS = 128
_LONGEST_KEY = 200
_UPLOADING = "Files are still being uploaded to Lever: the same call again tells what became of them."

_log = logging.getLogger("lever_assets.api")

Outcome = Response | BaseException
Warnings = tuple[str, ...]
Made = tuple[JsonObject, Warnings]
"""What a creation answers but for its files, with its warnings."""


@dataclass(frozen=True)
class Asked:
    """An action that somebody asks for: of which integration (its id), which one, and its input.

    `key` is the caller's own key for it; `link` makes what gives the addresses of a connection's files;
    `shown` gives the data that it answers the shape of the API (`created.py`).
    """

    integration: str
    action: str
    given: Mapping[str, JsonValue] = field(repr=False)
    key: str | None = None
    link: Callable[[Connection], FileLink] | None = None
    shown: Showing | None = None


class _Early:
    """The answer that may be given before all is done: when its time has come, and there is one.

    At last it is that there is none yet. What has not begun to write then may not begin any more.
    """

    def __init__(self, settled: Callable[[Outcome], None], advice: str) -> None:
        self._settled = settled
        self._advice = advice
        self._headers: Mapping[str, str] = {}
        self._row: str | None = None
        self._is_due = False
        self._made: Made | None = None
        self._writes = False
        self._is_over = False
        self._lock = threading.Lock()

    def placed(self, place: Place) -> None:
        """Note in which place it is done."""
        with self._lock:
            self._headers = place.headers

    def noted(self, row: str) -> None:
        """Note its row in the ledger."""
        with self._lock:
            self._row = row

    def may_write(self) -> bool:
        """Note that something is written from now on; False: it was said that nothing is."""
        with self._lock:
            self._writes = self._writes or not self._is_over
            return self._writes

    def be_over(self) -> None:
        """Note that whoever asks is not to wait any longer."""
        with self._lock:
            self._is_over = True
            late = _still_under_way(self._advice) if self._writes else _too_slow()
            self._settled(replace(late, action=self._row, headers=self._headers))

    def made(self, made: Made, headers: Mapping[str, str]) -> None:
        """Keep what may be answered."""
        with self._lock:
            self._made, self._headers = made, headers
            self._give()

    def be_due(self) -> None:
        """Note that it is time to answer."""
        with self._lock:
            self._is_due = True
            self._give()

    def _give(self) -> None:
        if self._made is not None and self._is_due:
            data, warnings = self._made
            self._settled(_answer(data, (*warnings, _UPLOADING), self._headers))


class Acting:
    """Does actions, each in a thread of its own. Safe to use from several threads."""

    def __init__(self, connections: Connections, store: Store) -> None:
        self._connections = connections
        self._store = store
        self._places = Places(store)
        self._threads = ThreadPoolExecutor(_THREADS, "action")
        self._made: dict[str, Made] = {}
        """By the row in the ledger, as long as files are missing still."""

    async def answer(self, asked: Asked) -> Response:
        """Do an action and return the answer; raises ApiError for what is no success, and StoreError."""
        return await self._answered(partial(self._done, asked))

    async def sent(self, integration: str, asked: Callable[[], tuple[Passthrough, Warnings]]) -> Response:
        """Send any request to Lever (`actions/passthrough.py`); raises as `answer`.

        `asked` gives the request, and what is to be known of it; it is asked once the integration is known.
        """
        return await self._answered(
            lambda early: self._passed_through(integration, asked, early), _LOOK_THERE
        )

    async def tracked(self, integration: str, asked: Callable[[], tuple[Tracked, Warnings]]) -> Response:
        """Take an application over (`actions/tracking.py`); `asked` is as in `sent`, raises as `answer`."""
        return await self._answered(lambda early: self._taken_over(integration, asked, early))

    async def _answered(self, work: Callable[["_Early"], Response], advice: str = _ASK_AGAIN) -> Response:
        """Do some work in a thread, and return its answer, or the one that may be given before.

        `advice` says what to do where nobody knows yet what became of it.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Response] = loop.create_future()
        answered.add_done_callback(lambda each: each.cancelled() or each.exception())
        settled = partial(_settle, loop, answered)
        early = _Early(settled, advice)
        self._threads.submit(_work, work, early, settled)
        timers = [
            loop.call_later(ANSWERED_WITHIN, early.be_due),
            loop.call_later(ANSWERED_AT_LAST, early.be_over),
        ]
        try:
            return await asyncio.shield(answered)  # who hangs up ends the waiting, not the action
        finally:
            for timer in timers:
                timer.cancel()

    def finish(self) -> None:
        """Wait until all that was begun is done."""
        self._threads.shutdown(wait=True)

    def _done(self, asked: Asked, early: _Early) -> Response:
        connection = self._connections.connection(asked.integration)
        connection.see_that_it_is_set_up()
        _see_that_it_is_offered(connection, asked.action)
        _see_key(asked.key)
        with self._places.take(connection) as place:
            early.placed(place)
            try:
                answer = self._run(asked, connection, place, early)
            except ApiError as error:
                raise replace(error, headers={**error.headers, **place.headers}) from None
            return _answer(self._shown(asked, connection, answer.data), answer.warnings, place.headers)

    def _passed_through(
        self, integration: str, asked: Callable[[], tuple[Passthrough, Warnings]], early: _Early
    ) -> Response:
        connection = self._connections.connection(integration)
        connection.see_that_it_is_connected()

        def sent() -> tuple[ActionAnswer, Warnings]:
            request, warnings = asked()
            if request.method != "GET" and not early.may_write():
                raise _too_slow()
            return passthrough(self._session(connection), request, patience=_PATIENCE), warnings

        return self._without_row("passthrough", connection, sent, early)

    def _taken_over(
        self, integration: str, asked: Callable[[], tuple[Tracked, Warnings]], early: _Early
    ) -> Response:
        connection = self._connections.connection(integration)
        connection.see_that_it_is_set_up()

        def tracked() -> tuple[ActionAnswer, Warnings]:
            application, warnings = asked()
            return track(self._session(connection), application, patience=_PATIENCE), warnings

        return self._without_row("import_tracked_application", connection, tracked, early)

    def _without_row(
        self,
        what: str,
        connection: Connection,
        work: Callable[[], tuple[ActionAnswer, Warnings]],
        early: _Early,
    ) -> Response:
        """Do what has no row in the ledger, in a place among the actions."""
        with self._places.take(connection) as place:
            early.placed(place)
            answer, warnings = work()
            _log.info("%s %s", what, _outcome(answer))
            if answer.error is not None:
                raise replace(_failure(answer), headers=place.headers)
            return _answer(answer.data or {}, (*warnings, *answer.warnings), place.headers)

    def _shown(self, asked: Asked, connection: Connection, data: JsonObject | None) -> JsonObject:
        """Return the data of an action as it is answered."""
        if asked.shown is None:
            return data or {}
        return asked.shown(self._store, connection, data or {})

    def _session(self, connection: Connection) -> Session:
        return Session.over(self._store, self._connections.settings.of(connection.name))

    def _run(self, asked: Asked, connection: Connection, place: Place, early: _Early) -> ActionAnswer:
        row = ""

        def announced(row_id: str) -> None:
            nonlocal row
            row = row_id
            place.note(row_id)
            early.noted(row_id)
            if row_id in self._made:  # another call of the same is at work on its files
                early.made(self._made[row_id], place.headers)

        def made(data: JsonObject, warnings: tuple[str, ...]) -> None:
            self._made[row] = self._shown(asked, connection, data), warnings
            early.made(self._made[row], place.headers)

        options = Options(
            idempotency_key=asked.key,
            ignore_unknown=True,
            announce=announced,
            file_link=None if asked.link is None else asked.link(connection),
            made=made,
            patience=_PATIENCE,
            may_write=early.may_write,
        )
        answer = run_action(self._session(connection), asked.action, asked.given, options)
        if answer.state is not None:  # else another call may be at work on it still
            self._made.pop(row, None)
        _log.info("%s %s %s", asked.action, answer.action_id or "-", answer.state or _outcome(answer))
        if answer.error is not None:
            raise replace(_failure(answer), action=row or None)
        return answer


def _work(work: Callable[[_Early], Response], early: _Early, settled: Callable[[Outcome], None]) -> None:
    try:
        settled(work(early))
    except BaseException as error:  # whatever it is, somebody waits for it
        settled(error)


def _settle(loop: asyncio.AbstractEventLoop, answered: "asyncio.Future[Response]", outcome: Outcome) -> None:
    """Give the answer to who waits for it, once."""

    def settle() -> None:
        if answered.done():
            return
        if isinstance(outcome, BaseException):
            answered.set_exception(outcome)
        else:
            answered.set_result(outcome)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


def _answer(data: JsonObject, warnings: tuple[str, ...], headers: Mapping[str, str]) -> Response:
    answer = done(data, warnings)
    answer.headers.update(headers)
    return answer


def _see_that_it_is_offered(connection: Connection, action: str) -> None:
    if action in connection.settings.api_exclude_actions:
        raise ApiError(
            Code.ACTION_DISABLED, f"The action {action} is left out here (LEVER_API_EXCLUDE_ACTIONS)."
        )


def _see_key(key: str | None) -> None:
    if key is not None and not 0 < len(key.strip()) <= len(key) <= _LONGEST_KEY:
        raise invalid(f"The header Idempotency-Key has 1 to {_LONGEST_KEY} characters.")


def _too_slow() -> ApiError:
    error = too_late()
    return ApiError(Code(error.code.value), error.message, title=error.title)


def _still_under_way(advice: str) -> ApiError:
    told = f"Lever takes long over this: it goes on here, and may be done by now. {advice}"
    return ApiError(Code.TIMED_OUT, told, title="Still under way")


def _outcome(answer: ActionAnswer) -> str:
    return "done" if answer.error is None else str(answer.error["code"])


def _failure(answer: ActionAnswer) -> ApiError:
    """Return the error of an action; of what nobody foresaw the log alone tells the place."""
    assert answer.error is not None  # noqa: S101 - the caller looked
    error = of_action(answer.error)
    if answer.cause is None and error.code is not Code.UNKNOWN_ERROR:
        return error
    place = uuid4().hex[:12]
    _log.error("%s: %s", place, error.message if answer.cause is None else sentence(answer.cause))
    if answer.cause is None:
        told = f"The database can't be used just now; this server's log tells more under {place}."
    else:
        told = (
            "Lever may have answered in a form that it has not had before: ask again with the same key or "
            f"body. This server's log tells more under {place}."
        )
    return replace(error, message=told)
