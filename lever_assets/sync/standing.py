"""How a connection stands: found from what is kept, and kept itself, so that a change of it is told once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import exists, select

from lever_assets.connect.account import Account
from lever_assets.connect.states import Issue, Standing, State, standing_in
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.tables import accounts, sync_state
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import READ_WHOLE
from lever_assets.sync.session import Session
from lever_assets.sync.silence import silence
from lever_assets.sync.undelivered import given_up


@dataclass(frozen=True)
class Kept:
    """How a connection stood when that was told last, in that state since an instant (UTC)."""

    state: State
    since: Instant
    was_read: bool
    issues: tuple[Issue, ...] = ()

    def is_as(self, standing: Standing) -> bool:
        """Tell whether there is nothing to tell."""
        same = self.state is standing.state and self.was_read == standing.was_read
        return same and [each.key for each in self.issues] == [each.key for each in standing.issues]


KEPT = Checkpoint[Kept]("standing", Kept)


@dataclass(frozen=True)
class Change:
    """A change of how a connection stands; `before` is None when it is looked at for the first time."""

    before: Kept | None
    now: Kept

    @property
    def raised(self) -> list[Issue]:
        """The issues that are new."""
        known = () if self.before is None else self.before.issues
        return _but(self.now.issues, known)

    @property
    def resolved(self) -> list[Issue]:
        """The issues that are gone."""
        return [] if self.before is None else _but(self.before.issues, self.now.issues)


def _but(issues: Iterable[Issue], others: Iterable[Issue]) -> list[Issue]:
    known = {each.key for each in others}
    return [each for each in issues if each.key not in known]


def was_read_whole(tx: Transaction) -> bool:
    """Tell whether a sync has read an account whole, and mapped it, at least once.

    So it stays when more is wanted later, or another sync is under way.
    """
    if READ_WHOLE.read(tx) is not None:
        return True
    before = KEPT.read(tx)  # a database of before that was kept
    return before is not None and before.was_read


def never_read_whole(tx: Transaction) -> list[str]:
    """Return the stored connections that are switched on and were never read whole, by one query.

    One of a database of before that was kept may be among them (`was_read_whole`).
    """
    a, s = accounts.c, sync_state.c
    read = exists().where(s.connection == a.connection, s.key == READ_WHOLE.kind)
    query = select(a.connection).where(a.enabled, a.removed_at.is_(None), ~read)
    return list(tx.sql.execute(query.order_by(a.connection)).scalars())


def standing(session: Session) -> Standing:
    """Return how a session's account stands, with a sentence as its text; some small queries, no request."""
    return standing_of(session.store, session.account, session.settings)


def standing_of(store: Store, account: Account, settings: Settings) -> Standing:
    """As `standing`, of an account by its own settings."""
    with store.reading(account.name) as tx:
        return standing_now(tx, account, settings)


def standing_now(tx: Transaction, account: Account, settings: Settings) -> Standing:
    """As `standing_of`, in a transaction."""
    found = standing_in(tx, account, was_read=was_read_whole(tx))
    silent = silence(tx, account) if found.state.is_connected else None
    issues = (*found.issues, *filter(None, [silent]), *given_up(tx, settings))
    return replace(found, issues=issues)


def is_news(tx: Transaction, standing: Standing) -> bool:
    """Tell whether a connection stands otherwise than when that was kept; one without a key is none yet.

    Of one that was removed that was told when it was.
    """
    if standing.state is State.REMOVED:
        return False
    before = KEPT.read(tx)
    if before is None:
        return standing.state is not State.SET_UP_INCOMPLETE
    return not before.is_as(standing)


def keep_standing(tx: Transaction, standing: Standing) -> Change | None:
    """Keep how a connection stands; return what of it is to be told, None: nothing.

    What is told has to be kept in the same transaction, so that it is told, and once.
    """
    if not is_news(tx, standing):
        return None
    before = KEPT.read(tx)
    same = before is not None and before.state is standing.state
    since = before.since if before is not None and same else tx.instant
    known = {} if before is None else {each.key: each for each in before.issues}
    issues = tuple(known.get(each.key, each) for each in standing.issues)  # it is one issue until it is gone
    now = Kept(standing.state, since, standing.was_read, issues)
    KEPT.keep(tx, now)
    return Change(before, now)
