"""How a connection stands, and what is kept of it: since when Lever has refused its key or token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lever_assets.connect.account import Account
from lever_assets.store import Store
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction, now

PATIENCE = timedelta(days=3)
"""After so long of refusals syncs pause until somebody reconnects (as the unified API has it)."""


class State(StrEnum):
    """How a connection stands."""

    ACTIVE = "active"
    AUTHENTICATION_FAILING = "authentication failing"
    INVALID = "invalid"
    INACTIVE = "inactive"
    SET_UP_INCOMPLETE = "set-up incomplete"
    FIRST_SYNC_PENDING = "first sync pending"

    @property
    def is_connected(self) -> bool:
        """Whether it is switched on, and has a key or token."""
        return self not in {State.INACTIVE, State.SET_UP_INCOMPLETE}

    @property
    def is_synced(self) -> bool:
        """Whether sensors and schedules sync it."""
        return self in {State.ACTIVE, State.AUTHENTICATION_FAILING, State.FIRST_SYNC_PENDING}


@dataclass(frozen=True)
class Refused:
    """Lever has refused the key or token since an instant (UTC); `told` is the last error's sentence."""

    since: Instant
    told: str


REFUSED = Checkpoint[Refused]("credentials_refused", Refused)


def state_of(
    account: Account, refused: Refused | None, *, was_read: bool, at: datetime | None = None
) -> State:
    """Return how an account stands; `was_read`: it was read whole at least once."""
    if not account.is_enabled:
        return State.INACTIVE
    if account.credential is None:
        return State.SET_UP_INCOMPLETE
    if refused is not None:
        lasts = (at or now()) - refused.since
        return State.INVALID if lasts >= PATIENCE else State.AUTHENTICATION_FAILING
    return State.ACTIVE if was_read else State.FIRST_SYNC_PENDING


def note_refused(tx: Transaction, told: str) -> None:
    """Keep that Lever refused the key or token; since when, the first refusal says."""
    before = REFUSED.read(tx)
    REFUSED.keep(tx, Refused(tx.instant if before is None else before.since, told))


@dataclass(frozen=True)
class Standing:
    """How an account stands, and what of that somebody has to see to, in sentences."""

    state: State
    problems: tuple[str, ...]


def standing_of(store: Store, account: Account, *, was_read: bool) -> Standing:
    """Read how an account stands; asks Lever nothing."""
    with store.reading(account.name) as tx:
        refused = REFUSED.read(tx)
    state = state_of(account, refused, was_read=was_read)
    if refused is None or not state.is_connected:
        return Standing(state, ())
    paused = " Syncs pause until it is reconnected." if state is State.INVALID else ""
    return Standing(state, (f"since {refused.since:%Y-%m-%d %H:%M} UTC: {refused.told}{paused}",))
