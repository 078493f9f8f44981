"""Keeping events as they come, many in one transaction when many come at once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from lever_assets.store import BusyError, Store, inbox
from lever_assets.store.inbox import InboxEvent

_AT_ONCE = 500
_MOST_WAITING = 10_000
_SECONDS = 10.0
"""How long Lever is kept waiting; it sends the event again when that was too short."""


@dataclass(frozen=True)
class _Waiting:
    """An event of a connection, and who waits for it to be kept."""

    account: str
    event: InboxEvent
    kept: asyncio.Future[bool]


class Intake:
    """Writes events; those that arrive while one is written go together in the next, by connection.

    One writer at a time, since a database with one writer (SQLite) has each further one wait and poll.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, account: str, event: InboxEvent) -> bool:
        """Keep an event of a connection; True once it is committed, False if its token came with another.

        Raises StoreError, also when it takes too long; the event may then be kept all the same.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise BusyError("too many events are waiting to be kept", "let Lever send it again")
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(account, event, kept))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        try:
            async with asyncio.timeout(_SECONDS):
                return await kept
        except TimeoutError:
            raise BusyError("the database is busy for too long", "let Lever send it again") from None

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            by_account: dict[str, list[_Waiting]] = defaultdict(list)
            for each in batch:
                by_account[each.account].append(each)
            for account, those in by_account.items():
                await self._write_those(account, those)

    async def _write_those(self, account: str, those: Sequence[_Waiting]) -> None:
        try:
            ids = await run_in_threadpool(self._commit, account, [each.event for each in those])
        except Exception as error:  # each who waits is told
            for each in those:
                if not each.kept.done():
                    each.kept.set_exception(error)
        else:
            for each in those:
                if not each.kept.done():
                    each.kept.set_result(each.event.id in ids)

    def _commit(self, account: str, events: list[InboxEvent]) -> set[str]:
        with self._store.writing(account) as tx:
            return inbox.receive_all(tx, events)
