"""The Lever of a benchmark: a generated account, served by the sandbox in a process of its own."""

import json
import multiprocessing
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.measuring import peak_memory
from lever_assets.sandbox import SandboxConfig, running_sandbox

_START_SECONDS = 3600.0


@dataclass(frozen=True)
class Served:
    """A running sandbox and the file of its account; it took `seconds` and `memory` bytes to make."""

    url: str
    key: str
    file: Path
    seconds: float
    memory: int

    def requests(self) -> dict[str, Any]:
        """What was asked so far: `total`, `by_endpoint`, `by_status`, `max_concurrency`."""
        return self._control("GET", "/__requests")

    def touch(self, share: float, seed: int) -> list[str]:
        """Work on a share of the opportunities; returns their ids."""
        ids: list[str] = self._control("POST", f"/__touch?share={share}&seed={seed}")["ids"]
        return ids

    def count(self, resource: str, of: str = "*") -> int:
        """How many records of a resource the account holds, or distinct values in a column of them."""
        account = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            return int(account.execute(f"SELECT count({of}) FROM {resource}").fetchone()[0])
        finally:
            account.close()

    def _control(self, method: str, path: str) -> dict[str, Any]:
        request = urllib.request.Request(self.url.removesuffix("/v1") + path, method=method)
        with urllib.request.urlopen(request, timeout=600) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def served(
    opportunities: int, *, rate: float = 0, latency_ms: float = 0, key: str = "sandbox-key"
) -> Iterator[Served]:
    """Serve an account for as long as the block lasts; a rate of 0 (requests a second) is no limit."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="lever-account-") as folder:
        file = Path(folder) / "account.db"
        config = SandboxConfig(
            opportunities=opportunities, db=file, rate=rate, latency_ms=latency_ms, key=key
        )
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(config, theirs), name="sandbox", daemon=True)
        process.start()
        theirs.close()
        try:
            if not ours.poll(_START_SECONDS):
                raise TimeoutError("the sandbox did not start")
            yield Served(*ours.recv())
        finally:
            ours.close()
            process.join()


def _serve(config: SandboxConfig, pipe: Connection) -> None:
    began = time.monotonic()
    with running_sandbox(config) as sandbox:
        pipe.send((sandbox.url, sandbox.key, config.db, time.monotonic() - began, peak_memory()))
        pipe.poll(None)  # until the other end is closed, or its process is gone
