"""When an account's first sync was asked for, and when it is to be asked for again.

One that fails is tried again later each time: it would else be begun a tick after it has ended, for ever, and
take the turn of those that were never tried.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.backoff import gap_after
from lever_assets.store.accounts import hold_account
from lever_assets.store.checkpoints import Checkpoint, Instant, Number
from lever_assets.store.transaction import Transaction

_FIRST_GAP = timedelta(minutes=2)
_LONGEST_GAP = timedelta(hours=1)
_AFRESH_AFTER = timedelta(days=1)
"""What was asked for so long ago says nothing of the first sync of an account that is to be read anew."""


@dataclass(frozen=True)
class Asked:
    """The first sync was asked for last at an instant (UTC), for so many `times` in a row."""

    at: Instant
    times: Number

    @property
    def due_at(self) -> datetime:
        """When it is asked for again, if the account was not read until then (UTC)."""
        return self.at + gap_after(self.times, _FIRST_GAP, _LONGEST_GAP)


FIRST_SYNC = Checkpoint[Asked]("first_sync_asked", Asked)


def claim(tx: Transaction) -> Asked | None:
    """Keep that the first sync of the transaction's account is asked for now; None: who calls is to do it.

    Else it is not time for that: return what was asked for last. Of several who call at once one is to.
    """
    hold_account(tx)
    before = FIRST_SYNC.read(tx)
    if before is not None and tx.instant < before.due_at:
        return before
    if before is None or tx.instant - before.at > _AFRESH_AFTER:
        before = Asked(tx.instant, 0)
    FIRST_SYNC.keep(tx, Asked(tx.instant, before.times + 1))
    return None
