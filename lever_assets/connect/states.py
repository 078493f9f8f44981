"""How a connection stands, and what is kept of it: since when Lever has refused its key or token, and whether
it lets it do what it did.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lever_assets.connect.account import Account
from lever_assets.connect.permissions import PERMISSIONS, missing
from lever_assets.connect.wording import reconnect_by_oauth
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction

PATIENCE = timedelta(days=3)
"""From the first refusal to the last; then syncs pause until somebody reconnects (as in the unified API)."""

_EARLY = timedelta(days=30)
"""So long before it ends it is said that a refresh token does."""


class State(StrEnum):
    """How a connection stands."""

    ACTIVE = "active"
    AUTHENTICATION_FAILING = "authentication failing"
    INVALID = "invalid"
    INACTIVE = "inactive"
    SET_UP_INCOMPLETE = "set-up incomplete"
    FIRST_SYNC_PENDING = "first sync pending"
    REMOVED = "removed"

    @property
    def is_connected(self) -> bool:
        """Whether it is switched on, and has a key or token."""
        return self not in {State.INACTIVE, State.SET_UP_INCOMPLETE, State.REMOVED}

    @property
    def is_synced(self) -> bool:
        """Whether sensors and schedules sync it."""
        return self in {State.ACTIVE, State.AUTHENTICATION_FAILING, State.FIRST_SYNC_PENDING}


@dataclass(frozen=True)
class Refused:
    """Lever has refused the key or token since an instant (UTC), and did so last at `last`.

    `told` is the last error's sentence. A row of an earlier version does not say when the last one was.
    """

    since: Instant
    told: str
    last: Instant | None = None

    @property
    def lasts(self) -> timedelta:
        """How long it is known to last: while nobody asks, nobody knows whether it is refused still."""
        return timedelta() if self.last is None else self.last - self.since


REFUSED = Checkpoint[Refused]("credentials_refused", Refused)


def state_of(account: Account, refused: Refused | None, *, was_read: bool) -> State:
    """Return how an account stands; `was_read`: it was read whole at least once."""
    if account.is_removed:
        return State.REMOVED
    if not account.is_enabled:
        return State.INACTIVE
    if account.credential is None:
        return State.SET_UP_INCOMPLETE
    if refused is not None:
        return State.INVALID if refused.lasts >= PATIENCE else State.AUTHENTICATION_FAILING
    return State.ACTIVE if was_read else State.FIRST_SYNC_PENDING


def note_locked_out(tx: Transaction, told: str) -> None:
    """Keep that Lever refused the key or token, and when; since when, the first refusal says."""
    before = REFUSED.read(tx)
    REFUSED.keep(tx, Refused(tx.instant if before is None else before.since, told, tx.instant))


class IssueKind(StrEnum):
    """What somebody has to see to, in Lever or at the URLs that are told."""

    AUTHENTICATION_FAILED = "authentication_failed"
    AUTHENTICATION_ENDING = "authentication_ending"
    PERMISSION_MISSING = "permission_missing"
    WEBHOOKS_SILENT = "webhooks_silent"
    NOTICES_GIVEN_UP = "notices_given_up"


@dataclass(frozen=True)
class Issue:
    """Something that somebody has to see to, since an instant (UTC).

    `told` says what, in a sentence. `permission` is Lever's name of the one that is missing, `about` the host
    that notices do not arrive at.
    """

    kind: IssueKind
    since: Instant
    told: str
    permission: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        """What tells it from others of its connection at one time."""
        return f"{self.kind} {self.permission or self.about}"

    def __str__(self) -> str:
        return f"since {self.since:%Y-%m-%d %H:%M} UTC: {self.told}"


@dataclass(frozen=True)
class Standing:
    """How an account stands; `was_read`: it was read whole at least once.

    `issues` are what somebody has to see to, `lacking` all permissions that Lever refuses, by its names for
    them, those included that were never there.
    """

    state: State
    was_read: bool
    issues: tuple[Issue, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """The issues in sentences."""
        paused = " Syncs pause until it is reconnected." if self.state is State.INVALID else ""
        ends = {IssueKind.AUTHENTICATION_FAILED: paused}
        return tuple(f"{each}{ends.get(each.kind, '')}" for each in self.issues)

    def __str__(self) -> str:
        told = (f"{each[0].upper()}{each[1:]}" for each in self.problems)
        return " ".join((f"The connection is {self.state}.", *told))


def _ending(account: Account, at: datetime) -> list[Issue]:
    """Return that the refresh token ends soon, if it does: nothing renews the connection afterwards."""
    until = account.refresh_token_until
    if until is None or at < until - _EARLY:
        return []
    told = (
        f"The refresh token ends on {until:%Y-%m-%d}: connect again before with "
        f"{reconnect_by_oauth(account.name, account.scopes or ())}."
    )
    return [Issue(IssueKind.AUTHENTICATION_ENDING, until - _EARLY, told)]


def standing_in(tx: Transaction, account: Account, *, was_read: bool) -> Standing:
    """Return how an account stands, as far as it is kept."""
    refused = REFUSED.read(tx)
    state = state_of(account, refused, was_read=was_read)
    lacks = missing(PERMISSIONS.every(tx), tx.instant)
    issues: list[Issue] = []
    if state.is_connected:
        if refused is not None:
            issues.append(Issue(IssueKind.AUTHENTICATION_FAILED, refused.since, refused.told))
        issues += _ending(account, tx.instant)
        issues += [
            Issue(IssueKind.PERMISSION_MISSING, each.since, each.told, each.permission)
            for each in lacks
            if each.taken_away
        ]
    return Standing(state, was_read, tuple(issues), tuple(each.permission for each in lacks))
