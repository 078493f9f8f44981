"""Whether the walk along a list's pages gets anywhere: a list of somebody else's may never end."""

from collections.abc import Iterable
from dataclasses import replace

import orjson
from pydantic import JsonValue

from lever_assets.lever.wire import Page

MOST_PAGES = 100_000
"""The longest list that is believed, ten million records: a wrong one would be read for ever."""
_MOST_EMPTY = 20
_MOST_REPEATED = 3
_REMEMBERED = 20_000


class EndlessError(Exception):
    """The list does not get anywhere; says in which way."""


class Walk:
    """One walk along the pages of a list, from `offset` on, which gives up when it gets nowhere.

    That is: a token comes for the second time, `_MOST_EMPTY` pages in a row are empty, `_MOST_REPEATED` in a
    row hold nothing new, or there are more than `most` pages. Of ids only the last `_REMEMBERED` or more are
    kept, and of each but its hash: a walk takes no more memory on a long list than on a short one.
    """

    def __init__(self, offset: str | None, most: int = MOST_PAGES) -> None:
        self._most = most
        self._last = offset
        self._pages = self._empty = self._repeats = 0
        self._tokens = {hash(offset)}
        self._recent: set[int] = set()
        self._earlier: set[int] = set()

    def seen(self, page: Page) -> Page:
        """Take note of a page, and return it with whether it repeats what came before."""
        if page.next is None and not self._pages:
            return page  # a list of one page, as most are, is not looked at record by record
        repeated = bool(page.records) and not self._brings_new(page.records)
        self._repeats = self._repeats + 1 if repeated else 0
        return replace(page, repeated=repeated)

    def passed(self, page: Page) -> None:
        """Raise EndlessError when there is no sense in asking for the page after this one."""
        self._pages += 1
        if page.next is None:
            return
        if page.next == self._last:
            raise EndlessError("a page of the list gives itself as the next")
        if hash(page.next) in self._tokens:
            raise EndlessError("a page of the list leads back to one before it")
        self._last = page.next
        self._tokens.add(hash(page.next))
        self._empty = 0 if page.records else self._empty + 1
        if self._empty >= _MOST_EMPTY:
            raise EndlessError(f"the list goes on after {self._empty} empty pages")
        if self._repeats >= _MOST_REPEATED:
            raise EndlessError(f"{self._repeats} pages of the list hold nothing but what came before")
        if self._pages >= self._most:
            raise EndlessError(f"the list goes on after {self._pages:,} pages")

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
