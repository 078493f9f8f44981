"""How an action is to be run, as its caller wants it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lever_assets.actions.engine.timing import DEFAULT, Timing
from lever_assets.actions.engine.work import FileLink, Made
from lever_assets.actions.fetching.fetcher import PUBLIC, Fetcher


@dataclass(frozen=True)
class Options:
    """How an action is to be run.

    `idempotency_key`: the same one returns the first result; None: derived from the input (`idempotency.py`).
    `dry_run`: check everything and tell the requests that would be sent, but write nothing. `perform_as`: the
    user that writes are attributed to, unless the input names one; default: the setting. `run_id` and
    `log_url`: the Dagster run, for the ledger and for errors. `download_to` and `file_link`: for the actions
    that give out files. `announce` is told the id of the action's row in the ledger, before anything is sent.
    `made` is told what a creation answers, with its warnings, once Lever has it and files alone are missing.
    `patience`: the seconds that a request may wait in all to be sent again; None: as `RetryPolicy` has it.
    `may_write` is asked before anything is written, and where somebody else may write it now: False means
    that nobody waits for it any more, so nothing is begun.
    `fetcher` fetches the files that are given by their address. `ignore_unknown`: fields that the input does
    not have are a warning, not an error; for callers whose clients may be newer.
    """

    idempotency_key: str | None = None
    dry_run: bool = False
    perform_as: str | None = None
    run_id: str | None = None
    log_url: str | None = None
    download_to: Path | None = None
    file_link: FileLink | None = None
    announce: Callable[[str], None] | None = None
    made: Made | None = None
    patience: float | None = None
    may_write: Callable[[], bool] = lambda: True
    fetcher: Fetcher = PUBLIC
    timing: Timing = DEFAULT
    ignore_unknown: bool = False
