"""The Data API over HTTP: asks, waits, retries, and hands out JSON."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from copy import copy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import JsonValue

from lever_assets.lever import faults, wire
from lever_assets.lever.auth import credentials
from lever_assets.lever.clock import LeverClock
from lever_assets.lever.downloads import Saving
from lever_assets.lever.errors import (
    LeverError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from lever_assets.lever.exchange import Exchange
from lever_assets.lever.holdups import Holdups, Tell, in_silence
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.refusals import Refusals
from lever_assets.lever.requests import Answer, Downloaded, Outgoing, RawAnswer
from lever_assets.lever.retry import RetryPolicy
from lever_assets.lever.traffic import Traffic
from lever_assets.lever.pages import MOST_PAGES, walk
from lever_assets.lever.wire import JsonObject, Page, Params

_PAGE_SIZE = 100  # the most that Lever gives [spec/lever-api.md, Conventions]
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
    """

    def __init__(
        self,
        *,
        auth: httpx.Auth,
        base_url: str,
        limiter: RateLimiter,
        apply_limiter: RateLimiter | None = None,
        concurrency: int = 16,
        retry: RetryPolicy | None = None,
        timeout: float = 30.0,
        tell: Tell = in_silence,
    ) -> None:
        self.trouble: LeverError | None = None
        self.refusals = Refusals()
        self._limiter = limiter
        self._apply_limiter = apply_limiter
        self._retry = retry or RetryPolicy()
        self._holdups = Holdups(tell)
        self._exchange = Exchange(
            auth=auth,
            base_url=base_url,
            limiter=limiter,
            concurrency=concurrency,
            timeout=timeout,
            holdups=self._holdups,
        )

    def __repr__(self) -> str:
        return f"LeverClient({self._exchange.host!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exchange.aclose()

    @property
    def traffic(self) -> Traffic:
        """What it did so far."""
        return self._exchange.traffic

    @property
    def clock(self) -> LeverClock:
        """Lever's clock, as far as its answers told it."""
        return self._exchange.clock

    def counting(self) -> Self:
        """Return this client with counts of its own; what they count, this one's count too."""
        other = copy(self)
        other._exchange = self._exchange.counting()
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
        asked: Params = {"limit": _PAGE_SIZE, **(params or {})}

        def ask(at: str | None) -> Awaitable[Page]:
            fetch = partial(self._fetch, path, read=wire.page)
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
        `repeatable` is sent again after anything else. When it may have happened although no answer says so,
        OutcomeUnknownError is raised.
        """
        may_have_happened = False

        def may_repeat(error: LeverError) -> bool:
            nonlocal may_have_happened
            doubtful = _is_doubtful(error)
            may_have_happened = may_have_happened or doubtful
            return request.repeatable or not doubtful

        try:
            return await self._retry.run(lambda: self._write(request), self._after_failure, may_repeat)
        except NotFoundError:
            if not (may_have_happened and request.method == "DELETE"):
                raise
            return Answer(404)  # the try before this one did it
        except (UnavailableError, RateLimitedError, MalformedError) as error:
            if not may_have_happened:
                raise
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
            response = await self._exchange.ask(
                method, path, query, anew=True, headers=headers, content=content
            )
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
            saved = Saving(target, limit)
            response = await self._exchange.answer(
                "GET", path, headers=_FILE_HEADERS, patient=True, consume=saved.take
            )
            if saved.too_large:
                raise RequestRejectedError(
                    f"The file is larger than {limit} bytes (GET {path})", "download it in Lever"
                )
            return Downloaded(saved.size, response.headers.get("content-type"))

        return await self._retry.run(attempt, self._after_failure)

    async def _write(self, request: Outgoing) -> Answer:
        if request.applies and self._apply_limiter is not None:
            await self._apply_limiter.acquire(self._holdups.held)
        response = await self._exchange.answer(
            request.method,
            request.path,
            wire.query(request.params),
            sent=request.texts,
            anew=True,
            patient=bool(request.files),
            **request.body(),
        )
        if not response.content:
            return Answer(response.status_code)
        try:
            answer = wire.answer(response.content)
        except wire.WrongShapeError as error:
            unreadable = faults.of_body(error, request.method, request.path)
        else:
            beside = {name: value for name, value in answer.items() if name != "data"}
            return Answer(response.status_code, answer.get("data"), beside)
        raise unreadable

    async def _fetch(self, path: str, params: Params, *, read: Callable[[JsonObject], T]) -> T:
        """Return what `read` makes of the envelope that the path gives."""

        async def attempt() -> T:
            response = await self._exchange.answer("GET", path, wire.query(params))
            try:
                return read(wire.envelope(response.content))
            except wire.WrongShapeError as error:
                unreadable = faults.of_body(error, "GET", path)
            raise unreadable

        return await self._retry.run(attempt, self._after_failure)

    def _after_failure(self, error: LeverError, wait: float | None) -> None:
        if wait is not None:
            self.trouble = error
            self.traffic.retried(wait)
            self._holdups.waits(wait, error.problem)
        if isinstance(error, RateLimitedError):
            # Who gives up holds the others back for a while only: they are to hear from Lever themselves.
            self._limiter.penalise(wait or min(error.retry_after or 0.0, self._retry.cap))


def _is_doubtful(error: LeverError) -> bool:
    """Tell whether a write that ended so may have happened."""
    if isinstance(error, UnavailableError):
        return error.sent
    return isinstance(error, MalformedError)
