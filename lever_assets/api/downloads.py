"""Giving a file of Lever's on as it arrives: no copy is kept, and a few pieces at most are in memory."""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from lever_assets.api.file_names import name_in, usable
from lever_assets.lever import LeverClient, LeverError
from lever_assets.lever.paths import path_to
from lever_assets.sync.session import Session

_AT_ONCE = 32
_PIECES = 8
_SECONDS = 60.0
"""How long whoever fetches a file may take to take a piece, and Lever to send one."""
_SECONDS_FOR_NAME = 2.0

_log = logging.getLogger("lever_assets.api")
_threads = ThreadPoolExecutor(_AT_ONCE, "download")
_END = b""


class GivenUpError(Exception):
    """Whoever fetched the file has gone, or takes too long."""


@dataclass(frozen=True)
class Head:
    """What Lever says of a file before it comes: name, type and length in bytes, as far as it does."""

    name: str | None
    content_type: str | None
    length: int | None


class Download:
    """A file on its way from Lever, in a thread of its own; close it when it is not wanted any more."""

    def __init__(self, session: Session, opportunity: str, listed: str, file_id: str) -> None:
        self._session = session
        self._record = path_to("opportunities", opportunity, listed, file_id)
        self._path = path_to("opportunities", opportunity, listed, file_id, "download")
        self._pieces: queue.Queue[Head | bytes | Exception] = queue.Queue(_PIECES)
        self._given_up = threading.Event()
        _threads.submit(self._work)

    def head(self) -> Head:
        """Wait for the file to begin; raises what kept it from that, a LeverError for one."""
        first = self._next()
        assert isinstance(first, Head)  # noqa: S101 - it comes before all else
        return first

    def piece(self) -> bytes:
        """Wait for the next piece, empty at the end; raises when it breaks off, as `head`."""
        found = self._next()
        assert isinstance(found, bytes)  # noqa: S101 - the head was first
        return found

    def close(self) -> None:
        """Want no more of it."""
        self._given_up.set()

    def _next(self) -> Head | bytes:
        try:
            found = self._pieces.get(timeout=_SECONDS)
        except queue.Empty:
            self.close()
            raise GivenUpError("Lever took too long") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _work(self) -> None:
        try:
            asyncio.run(self._fetch())
            self._put(_END)
        except GivenUpError:
            _log.debug("a download was given up")
        except Exception as error:
            try:
                self._put(error)
            except GivenUpError:
                _log.debug("a download was given up")

    async def _fetch(self) -> None:
        async with self._session.client(urgent=True) as lever:
            await lever.stream(self._path, partial(self._take, lever))

    async def _take(
        self, lever: LeverClient, headers: Mapping[str, str], pieces: AsyncIterator[bytes]
    ) -> None:
        length = headers.get("content-length", "")
        name = name_in(headers.get("content-disposition")) or await self._recorded_name(lever)
        self._put(Head(name, headers.get("content-type"), int(length) if length.isdecimal() else None))
        async for piece in pieces:
            if piece:
                self._put(piece)

    async def _recorded_name(self, lever: LeverClient) -> str | None:
        """Return the name in the file's record: no documentation promises that it comes with the file.

        The file waits meanwhile, so a record that does not come at once is done without.
        """
        try:
            async with asyncio.timeout(_SECONDS_FOR_NAME):
                record = await lever.get(self._record)
        except (LeverError, TimeoutError):
            return None
        file = record.get("file", record) if isinstance(record, dict) else None  # a résumé holds its file
        return usable(file.get("name")) if isinstance(file, dict) else None

    def _put(self, piece: Head | bytes | Exception) -> None:
        waited = 0.0
        while not self._given_up.is_set() and waited < _SECONDS:
            try:
                # Nothing else goes on in this thread's loop: it may be held up.
                self._pieces.put(piece, timeout=0.5)
            except queue.Full:
                waited += 0.5
            else:
                return
        raise GivenUpError("nobody takes it")
