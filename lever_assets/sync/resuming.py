"""Where the next run goes on after a kill: a run, which resources were read; a pass, how far a list was.

A pass is one reading of one resource over some bounds. What was begun and not finished is taken up where it
stood; after a week it is begun anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from lever_assets.lever import BrokenListError, LeverError, MalformedError, UnavailableError
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import CAUGHT_UP, PASS, RUN, WATERMARK, Pass, RunSoFar
from lever_assets.sync.session import Scope

_MOST_STUMBLES = 5


@dataclass(frozen=True)
class Run:
    """One run, as its orchestrator names it: a unique id, and the resources that it sets out to read.

    A run that wants the same as an unfinished one before it, over the same scope, continues that one: what
    was read below a parent since that one began is not read again. After a week it is begun anew.
    """

    id: str
    wanted: tuple[str, ...]

    @classmethod
    def of(cls, *wanted: str) -> "Run":
        """Return a run of its own."""
        return cls(str(uuid4()), wanted)


def take_up_run(tx: Transaction, scope: Scope, run: Run) -> RunSoFar:
    """Return how far the run is, or the unfinished one that it continues; a new one begins now."""
    stored = run_before(tx, scope, run)
    current = (
        RunSoFar(run.id, scope.key, run.wanted, tx.instant) if stored is None else replace(stored, id=run.id)
    )
    RUN.keep(tx, current, _subject(scope.key, run.wanted))
    return current


def run_before(tx: Transaction, scope: Scope, run: Run) -> RunSoFar | None:
    """Return what is known of the run, or else the unfinished one that it would continue; None: neither."""
    stored = RUN.resumed(tx, _subject(scope.key, run.wanted))
    return stored if stored is not None and (stored.id == run.id or stored.missing) else None


def keep_read(tx: Transaction, current: RunSoFar, resource: str) -> None:
    """Keep that the run has read `resource` to the end."""
    subject = _subject(current.scope, current.wanted)
    stored = RUN.read(tx, subject)
    if stored is not None:
        read = tuple(dict.fromkeys((*stored.read, resource)))
        RUN.keep(tx, replace(stored, read=read), subject)


def forget_run(tx: Transaction, current: RunSoFar) -> None:
    """Forget the run: the next one begins anew."""
    RUN.forget(tx, _subject(current.scope, current.wanted))


def unfinished_runs(tx: Transaction) -> Iterator[RunSoFar]:
    """Yield the runs that were begun and not finished, and may still be continued."""
    for each in RUN.every(tx).values():
        if each.missing and RUN.is_fresh(each):
            yield each


def _subject(scope_key: str, wanted: Sequence[str]) -> str:
    names = sha256(",".join(sorted(wanted)).encode()).hexdigest()[:8]
    return f"{names}:{scope_key}"


def take_up_pass(tx: Transaction, over: str) -> Pass:
    """Return the unfinished pass `over` something (`pass_over`), or a new one that begins now; keep it."""
    stored = PASS.resumed(tx, over)
    current = Pass(started_at=tx.instant) if stored is None else replace(stored, resumed=True)
    PASS.keep(tx, current, over)
    return current


def move_watermark(
    tx: Transaction, resource: str, *, newest: datetime | None, began: datetime, lower: datetime | None
) -> None:
    """Move the watermark after a pass that was open upwards, reached back to `lower` and began at `began`.

    It moves to the newest change that was read, but not beyond the beginning of the pass (by Lever's clock or
    ours, whichever was earlier): what changed while pages were read may have been missed. A pass that leaves
    a gap to the old watermark does not move it.
    """
    before = WATERMARK.read(tx, resource)
    if lower is not None and (before is None or lower > before):
        return
    WATERMARK.move(tx, min(newest or began, began), resource)
    CAUGHT_UP.keep(tx, began, resource)


def stopped(current: Pass, error: LeverError) -> Pass | None:
    """Return what is to be kept of a pass that an error stopped; None: the next run begins it anew.

    So it does when nothing was read, when the list leads nowhere, and when what Lever answered at this place
    was of no use in run after run.
    """
    nothing = current.listing == 0 and current.offset is None
    if nothing or isinstance(error, BrokenListError) or current.stumbles >= _MOST_STUMBLES:
        return None
    useless = isinstance(error, MalformedError) or (isinstance(error, UnavailableError) and error.over)
    return replace(current, stumbles=current.stumbles + 1) if useless else current
