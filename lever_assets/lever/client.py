"""The Data API: asks, each request in its turn, tries again, and hands out JSON."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from copy import copy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue

from lever_assets.lever import faults, wire
from lever_assets.lever.access import Access
from lever_assets.lever.credentials import LeverAuth, credentials
from lever_assets.lever.downloads import Downloaded, Saving
from lever_assets.lever.errors import (
    AuthenticationError,
    LeverError,
    MalformedError,
    NotFoundError,
    PermissionMissingError,
    RateLimitedError,
    UnavailableError,
)
from lever_assets.lever.instants import LeverClock
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.pages import MOST_PAGES, Page, page_of, walk
from lever_assets.lever.paths import query_of, template
from lever_assets.lever.refusals import Refusals
from lever_assets.lever.requests import Answer, Outgoing, RawAnswer
from lever_assets.lever.retry import RetryPolicy
from lever_assets.lever.traffic import Tell, Traffic
from lever_assets.lever.wire import JsonObject, Params

PAGE_SIZE = 100  # the most that Lever gives [docs/lever-api.md, Conventions]
_MOST_IN_MEMORY = 100
"""Pages of a list that is held in memory, unless its reader knows better: ten thousand records."""
_FILE_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}

T = TypeVar("T")


class LeverClient:
    """A Lever account, read and written. Use it in `async with`, from one event loop.

    At most `concurrency` requests are under way; each may take `timeout` seconds, and each try, retries
    included, waits its turn at `limiter` (applications through a posting at `apply_limiter` before).
    Redirects are not followed and cookies not kept. Every method raises `LeverError`. `tell` hears in a
    sentence what holds requests up; `trouble` is the last error that a request was tried again after.
    `traffic` counts what it did, and `clock` is Lever's, as far as its answers told it. `access` tells what
    the key or token was good for.
    """

    def __init__(
        self,
        *,
        auth: LeverAuth,
        base_url: str,
        limiter: RateLimiter,
        apply_limiter: RateLimiter | None = None,
        concurrency: int = 16,
        retry: RetryPolicy | None = None,
        timeout: float = 30.0,
        tell: Tell | None = None,
    ) -> None:
        # Here, since what asks Lever nothing does without aiohttp: it takes a tenth of a second to import.
        from lever_assets.lever.transport import Transport  # noqa: PLC0415

        self.trouble: LeverError | None = None
        self.access = Access()
        self.refusals = Refusals()
        self.traffic = Traffic(tell=tell)
        self.clock = LeverClock()
        self._limiter = limiter
        self._apply_limiter = apply_limiter
        self._retry = retry or RetryPolicy()
        self._slots = asyncio.Semaphore(concurrency)
        self._transport = Transport(auth, base_url, connections=concurrency, timeout=timeout)

    def __repr__(self) -> str:
        return f"LeverClient({self._transport.host!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    @property
    def let_in_by(self) -> faults.LetInBy:
        """What requests are let in by, and where that and Lever's address are given."""
        return self._transport.let_in_by

    def counting(self) -> Self:
        """Return this client with counts of its own; what they count, this one's count too."""
        other = copy(self)
        other.traffic = Traffic(also=self.traffic)
        return other

    async def get(
        self, path: str, params: Params | None = None, *, optional: Collection[str] = ()
    ) -> JsonValue:
        """Return what is under "data" of the answer to GET `path`: an object or a list.

        Those of the parameters that are `optional` are left out if Lever refuses them: see `refusals`.
        """
        ask = partial(self._fetch, path, read=wire.data)
        return await self.refusals.around(ask, path, params or {}, optional)

    async def pages(
        self,
        path: str,
        params: Params | None = None,
        *,
        offset: str | None = None,
        optional: Collection[str] = (),
        most: int = MOST_PAGES,
    ) -> AsyncIterator[Page]:
        """Yield the pages of a list in Lever's order, from `offset` (a `Page.next`) or from the start.

        Each page is asked for when the one before has been taken; empty ones are pages, too. Lists without
        hasNext are one page. When Lever refuses a page in the middle, the list begins anew, twice at most:
        see `Page.first`. A list that does not get anywhere, or has more than `most` pages, raises
        BrokenListError. `optional` as for `get`.
        """
        asked: Params = {"limit": PAGE_SIZE, **(params or {})}

        def ask(at: str | None) -> Awaitable[Page]:
            fetch = partial(self._fetch, path, read=page_of)
            if at is None:
                return self.refusals.around(fetch, path, asked, optional)
            return fetch({**self.refusals.left(path, asked, optional), "offset": at})

        async for page in walk(ask, path, offset, most):
            yield page

    async def list_all(
        self,
        path: str,
        params: Params | None = None,
        *,
        optional: Collection[str] = (),
        most: int = _MOST_IN_MEMORY,
    ) -> list[JsonObject]:
        """Return all records of a list that is short enough to be held in memory; as `pages`."""
        records: list[JsonObject] = []
        async for page in self.pages(path, params, optional=optional, most=most):
            if page.first:
                records.clear()
            records.extend(page.records)
        return records

    async def send(self, request: Outgoing) -> Answer:
        """Send a request that writes, and return what Lever answers.

        It is sent again when nothing can have come of it: no connection, or 429. Only a request that is
        `safe_to_resend` is sent again after anything else. When one of its tries may have happened although
        no answer says so, OutcomeUnknownError is raised, whatever the last try met.
        """
        may_have_happened = False

        def may_repeat(error: LeverError) -> bool:
            nonlocal may_have_happened
            doubtful = _is_doubtful(error)
            may_have_happened = may_have_happened or doubtful
            return request.safe_to_resend or not doubtful

        try:
            return await self._until_it_succeeds(lambda: self._write(request), may_repeat)
        except LeverError as error:
            if not may_have_happened:
                raise
            if isinstance(error, NotFoundError) and request.method == "DELETE":
                return Answer(404)  # the try before this one did it
            doubtful = faults.of_outcome(error, request.method, request.path)
        raise doubtful

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> RawAnswer:
        """Send a request once, as it is, and return whatever Lever answers, errors included.

        `query` is sent as it stands there, but for what can't stand in an address at all. Should the answer
        hold the key, it is blotted out. Raises OutcomeUnknownError if it may have written.
        """
        doubtful: LeverError | None = None
        try:
            response = await self._ask(method, path, query, anew=True, headers=headers, content=content)
        except UnavailableError as error:
            if method == "GET" or not error.sent:
                raise
            doubtful = faults.of_outcome(error, method, path)
        if doubtful is not None:
            raise doubtful
        return RawAnswer.of(response, credentials(response.request))

    async def download(self, path: str, target: Path, *, limit: int) -> Downloaded:
        """Save the file at `path` as `target`, which is only there when it is complete.

        More than `limit` bytes are refused with RequestRejectedError. Errors as for any other read.
        """

        async def attempt() -> Downloaded:
            saving = Saving(target, limit)
            response = await self._answer(
                "GET", path, headers=_FILE_HEADERS, patient=True, consume=saving.take
            )
            return saving.done(path, response)

        return await self._until_it_succeeds(attempt)

    async def stream(
        self, path: str, take: Callable[[Mapping[str, str], AsyncIterator[bytes]], Awaitable[None]]
    ) -> None:
        """Have `take` read the file at `path` as it arrives: its headers (in lower case), and its pieces.

        It is asked for again only as long as nothing of it was taken. Errors as for any other read.
        """
        began = False

        async def taken(response: httpx.Response) -> None:
            nonlocal began
            began = True
            headers = {name.lower(): value for name, value in response.headers.items()}
            await take(headers, response.aiter_bytes())

        async def attempt() -> None:
            await self._answer("GET", path, headers=_FILE_HEADERS, patient=True, consume=taken)

        await self._until_it_succeeds(attempt, lambda _error: not began)

    async def _write(self, request: Outgoing) -> Answer:
        if request.applies and self._apply_limiter is not None:
            await self._apply_limiter.acquire(self._held)
        response = await self._answer(
            request.method,
            request.path,
            query_of(request.params),
            sent=request.texts,
            anew=True,
            patient=bool(request.files),
            **request.body(),
        )
        read = partial(Answer.of, response.status_code)
        return self._understood(response.content, read, request.method, request.path)

    async def _fetch(self, path: str, params: Params, *, read: Callable[[bytes], T]) -> T:
        """Return what `read` makes of the body that the path gives."""

        async def attempt() -> T:
            response = await self._answer("GET", path, query_of(params))
            return self._understood(response.content, read, "GET", path)

        return await self._until_it_succeeds(attempt)

    def _understood(self, body: bytes, read: Callable[[bytes], T], method: str, path: str) -> T:
        """Return what `read` makes of an answer's body; raises the LeverError for one that can't be read."""
        try:
            return read(body)
        except wire.WrongShapeError as error:
            unreadable = faults.of_body(error, method, path, by=self.let_in_by)
        raise unreadable

    async def _until_it_succeeds(
        self, attempt: Callable[[], Awaitable[T]], may_repeat: Callable[[LeverError], bool] = lambda _: True
    ) -> T:
        """Await `attempt()` until it succeeds or its error is final, which is raised.

        It is when the policy gives up, or `may_repeat` says no.
        """
        failed: Counter[type[LeverError]] = Counter()
        waited = 0.0
        while True:
            try:
                return await attempt()
            except LeverError as error:
                failed[type(error)] += 1
                again = may_repeat(error)
                wait = self._retry.wait_after(error, failed[type(error)], waited) if again else None
                await self._note(error, wait)
                if wait is None:
                    raise
            waited += wait
            await asyncio.sleep(wait)

    async def _note(self, error: LeverError, wait: float | None) -> None:
        """Take note of an error, and of the seconds until the next attempt (None: there is none)."""
        if wait is not None:
            self.trouble = error
            self.traffic.retried(wait, error.problem)
        if isinstance(error, RateLimitedError):
            # Who gives up holds the others back for a while only: they are to hear from Lever themselves.
            await self._limiter.penalise(wait or min(error.retry_after or 0.0, self._retry.cap))

    async def _answer(
        self, method: str, path: str, query: str = "", *, sent: Iterable[str] = (), **given: Any
    ) -> httpx.Response:
        """As `_ask`, but raises the LeverError for an answer that is not 2xx; it quotes nothing of `sent`."""
        response = await self._ask(method, path, query, **given)
        if response.is_success:
            self.access.let_in(method, path, query)
            return response
        error = faults.of_status(
            response.status_code,
            response.headers,
            response.content,
            method,
            path,
            secrets=credentials(response.request),
            sent=sent,
            by=self.let_in_by,
        )
        if isinstance(error, AuthenticationError):
            self.access.lock_out(error)
        elif isinstance(error, PermissionMissingError):
            self.access.kept_out(method, path, query, error)
        raise error

    def _held(self, seconds: float) -> None:
        """Take note that everybody is held back for so long; raises RateLimitedError if that is too long."""
        if not self._retry.sits_out_holds and seconds > self._retry.patience:
            raise faults.of_hold(seconds)
        self.traffic.held(seconds)

    async def _ask(self, method: str, path: str, query: str = "", **given: Any) -> httpx.Response:
        """Send a request once, in its turn, and return whatever Lever answers.

        `given` is as for `Transport.send`. Raises UnavailableError when there is no answer.
        """
        async with self._slots:
            waited = await self._limiter.acquire(self._held)
            self.traffic.sent(template(path), waited)
            refusals = self.access.refusals
            try:
                response = await self._transport.send(method, path, query, **given)
            except AuthenticationError as error:  # there was no token to be had
                self.access.lock_out(error)
                raise
        if response.is_success:
            self.access.accepted(since=refusals)
        self.traffic.answered(response.status_code, response.num_bytes_downloaded)
        self.clock.hear(response.headers.get("date"))
        return response


def _is_doubtful(error: LeverError) -> bool:
    """Tell whether a write that ended so may have happened."""
    if isinstance(error, UnavailableError):
        return error.sent
    return isinstance(error, MalformedError)
