"""A file from Lever, saved as it arrives."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from lever_assets.lever.errors import RequestRejectedError


@dataclass(frozen=True)
class Downloaded:
    """What was downloaded: size in bytes, and the content type that Lever gave it (None: none)."""

    size: int
    content_type: str | None


class Saving:
    """Takes an answer's body into `target`, up to `limit` bytes; the file appears when it is complete."""

    def __init__(self, target: Path, limit: int) -> None:
        self._target = target
        self._limit = limit
        self._size = 0

    async def take(self, response: httpx.Response) -> None:
        """Read the body to its end, or to the limit; then nothing is kept."""
        with tempfile.NamedTemporaryFile(dir=self._target.parent, prefix=".incoming-", delete=False) as part:
            complete = False
            try:
                complete = await self._write(response, part)
            finally:
                part.flush()
                self._put_away(Path(part.name), complete=complete)

    def done(self, path: str, response: httpx.Response) -> Downloaded:
        """Return what was saved from `path`; raises RequestRejectedError if it was more than the limit."""
        if self._size > self._limit:
            raise RequestRejectedError(
                f"The file is larger than {self._limit} bytes (GET {path})", "download it in Lever"
            )
        return Downloaded(self._size, response.headers.get("content-type"))

    async def _write(self, response: httpx.Response, part: IO[bytes]) -> bool:
        async for chunk in response.aiter_bytes():
            self._size += len(chunk)
            if self._size > self._limit:
                return False
            part.write(chunk)
        return True

    def _put_away(self, part: Path, *, complete: bool) -> None:
        if complete:
            part.replace(self._target)
        else:
            part.unlink(missing_ok=True)
