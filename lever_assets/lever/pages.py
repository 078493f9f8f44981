"""The pages of a list: one as it came, and all of them as long as that gets anywhere.

A list of somebody else's may never end.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson
from pydantic import JsonValue

from lever_assets.lever import faults
from lever_assets.lever.errors import NotFoundError, PermissionMissingError, RequestRejectedError
from lever_assets.lever.lenient import Fragment
from lever_assets.lever.wire import JsonObject, WrongShapeError, envelope

MOST_PAGES = 100_000
"""The longest list that is believed, ten million records: a wrong one would be read for ever."""
_MOST_RESTARTS = 2
_MOST_EMPTY = 20
_MOST_REPEATED = 3
_REMEMBERED = 20_000
_REFUSED = (RequestRejectedError, NotFoundError, PermissionMissingError)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its records as they came, and the next page's offset (None: the last page).

    `first`: the list begins with this page, perhaps anew, since Lever forgot a token in the middle.
    `repeated`: it holds nothing but what came before, so something else may be missing in its place.
    `asked_at` is when its reading began, by our clock (UTC).
    """

    records: list[JsonObject]
    next: str | None
    first: bool = False
    repeated: bool = False
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def page_of(body: bytes) -> Page:
    """Return the page in an answer's body; raises `WrongShapeError`. Lists without hasNext are one page.

    What stands among the records and is none is an empty `Fragment`.
    """
    found = envelope(body)
    listed = found["data"]
    if not isinstance(listed, list):
        raise WrongShapeError('"data" is not a list')
    if any(each is not None for each in listed) and not any(isinstance(each, dict) for each in listed):
        raise WrongShapeError("the list does not hold objects")
    records = [each if isinstance(each, dict) else Fragment() for each in listed]
    return Page(records, _following(found))


async def walk(
    ask: Callable[[str | None], Awaitable[Page]], path: str, offset: str | None, most: int
) -> AsyncIterator[Page]:
    """Yield the pages that `ask(offset)` gives, from `offset` on, or from the start.

    When a page in the middle is refused, the list begins anew, `_MOST_RESTARTS` times at most. Raises
    BrokenListError when the list does not get anywhere, or has more than `most` pages.
    """
    progress, begun = _Progress(path, offset, most), 0
    while True:
        asked_at = datetime.now(UTC)
        try:
            page = await ask(offset)
        except _REFUSED as error:
            if offset is None:
                raise
            if begun == _MOST_RESTARTS:
                raise faults.of_token(error) from None
            progress, offset, begun = _Progress(path, None, most), None, begun + 1
            continue
        repeated = progress.repeats(page)
        yield replace(page, first=offset is None, repeated=repeated, asked_at=asked_at)
        progress.check(page)
        if page.next is None:
            return
        offset = page.next


def _following(found: JsonObject) -> str | None:
    """Return where a list goes on, None: it ends. What contradicts itself is no end."""
    more, following = found.get("hasNext"), found.get("next")
    if not isinstance(more, bool | None):
        raise WrongShapeError('"hasNext" is neither true nor false')
    if following is not None and not isinstance(following, str):
        raise WrongShapeError('"next" is no text')
    if more and not following:
        raise WrongShapeError('there are more pages, but "next" does not say where')
    if more is False and following:
        raise WrongShapeError('there are no more pages, but "next" leads to one')
    return following or None


class _Progress:
    """Whether the pages of a list, from `offset` on, get anywhere.

    They do not when a token comes for the second time, `_MOST_EMPTY` pages in a row are empty,
    `_MOST_REPEATED` in a row hold nothing new, or there are more than `most` pages. Of ids only the last
    `_REMEMBERED` or more are kept, and of each but its hash, so that a long list takes no more memory.
    """

    def __init__(self, path: str, offset: str | None, most: int) -> None:
        self._path = path
        self._most = most
        self._last = offset
        self._pages = self._empty = self._repeats = 0
        self._tokens = {hash(offset)}
        self._recent: set[int] = set()
        self._earlier: set[int] = set()

    def repeats(self, page: Page) -> bool:
        """Take note of a page; tell whether it holds nothing but what came before."""
        if page.next is None and not self._pages:
            return False  # a list of one page, as most are, is not looked at record by record
        repeated = bool(page.records) and not self._brings_new(page.records)
        self._repeats = self._repeats + 1 if repeated else 0
        return repeated

    def check(self, page: Page) -> None:
        """Raise BrokenListError when there is no sense in asking for the page after this one."""
        self._pages += 1
        if page.next is None:
            return
        self._empty = 0 if page.records else self._empty + 1
        problem = self._problem(page.next)
        if problem is not None:
            raise faults.of_endless(problem, self._path)
        self._last = page.next
        self._tokens.add(hash(page.next))

    def _problem(self, following: str) -> str | None:
        if following == self._last:
            return "a page of the list gives itself as the next"
        if hash(following) in self._tokens:
            return "a page of the list leads back to one before it"
        if self._empty >= _MOST_EMPTY:
            return f"the list goes on after {self._empty} empty pages"
        if self._repeats >= _MOST_REPEATED:
            return f"{self._repeats} pages of the list hold nothing but what came before"
        if self._pages >= self._most:
            return f"the list goes on after {self._pages:,} pages"
        return None

    def _brings_new(self, records: Iterable[JsonValue]) -> bool:
        found = {hash(_identity(record)) for record in records}
        new = found - self._recent - self._earlier
        self._recent |= new
        if len(self._recent) >= _REMEMBERED:
            self._earlier, self._recent = self._recent, set()
        return bool(new)


def _identity(record: JsonValue) -> str | bytes | int:
    """Return what tells a record from others: its id, the text that tags and sources have for one, or all."""
    for name in ("id", "text"):
        value = record.get(name) if isinstance(record, dict) else None
        if isinstance(value, str):
            return value
    try:
        return orjson.dumps(record)
    except orjson.JSONEncodeError:  # nested too deeply: like no other
        return id(record)
