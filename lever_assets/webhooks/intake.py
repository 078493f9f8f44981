"""Keeping events as they come, many in one transaction when many come at once."""

import asyncio

from starlette.concurrency import run_in_threadpool

from lever_assets.store import BusyError, Store, inbox
from lever_assets.store.inbox import InboxEvent

_AT_ONCE = 500
_MOST_WAITING = 10_000
_SECONDS = 10.0
"""How long Lever is kept waiting; it sends the event again when that was too short."""


class Intake:
    """Writes the events of one connection; those that arrive while one is written go together in the next.

    One writer at a time, since a database with one writer (SQLite) has each further one wait and poll.
    """

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account
        self._waiting: list[tuple[InboxEvent, asyncio.Future[bool]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, event: InboxEvent) -> bool:
        """Keep an event; True once it is committed, False if its token came with another event.

        Raises StoreError, also when it takes too long; the event may then be kept all the same.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise BusyError("too many events are waiting to be kept", "let Lever send it again")
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, kept))
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
            try:
                ids = await run_in_threadpool(self._commit, [event for event, _ in batch])
            except Exception as error:  # each who waits is told
                for _, kept in batch:
                    if not kept.done():
                        kept.set_exception(error)
            else:
                for event, kept in batch:
                    if not kept.done():
                        kept.set_result(event.id in ids)

    def _commit(self, events: list[InboxEvent]) -> set[str]:
        with self._store.writing(self._account) as tx:
            return inbox.receive_all(tx, events)
