"""A file from Lever, saved as it arrives."""

import tempfile
from pathlib import Path
from typing import IO

import httpx


class Saving:
    """Takes an answer's body into `target`, up to `limit` bytes; the file appears when it is complete."""

    def __init__(self, target: Path, limit: int) -> None:
        self.size = 0
        self.too_large = False
        self._target = target
        self._limit = limit

    async def take(self, response: httpx.Response) -> None:
        """Read the body to its end, or to the limit; then `too_large` is set and nothing is kept."""
        with tempfile.NamedTemporaryFile(dir=self._target.parent, prefix=".incoming-", delete=False) as part:
            complete = False
            try:
                complete = await self._write(response, part)
            finally:
                part.flush()
                self._put_away(Path(part.name), complete=complete)

    async def _write(self, response: httpx.Response, part: IO[bytes]) -> bool:
        async for chunk in response.aiter_bytes():
            self.size += len(chunk)
            if self.size > self._limit:
                self.too_large = True
                return False
            part.write(chunk)
        return True

    def _put_away(self, part: Path, *, complete: bool) -> None:
        if complete:
            part.replace(self._target)
        else:
            part.unlink(missing_ok=True)
