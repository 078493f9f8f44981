"""Seeing to what was kept of connections that were removed: no sync does it for them any more.

Lever is not asked: there is neither key nor token. So nobody hears who was deleted or anonymised there since;
what the settings of the connection leave out, or let grow old, goes all the same.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.policy.people import limit_of
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, StoreError, inbox, outbox
from lever_assets.store.accounts import any_account, forget_departures, old_departures, removed_names
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.left_out import mark_left_out
from lever_assets.store.transaction import now
from lever_assets.sync.fetch.brake import mark_below
from lever_assets.sync.map.deriving import derive_all
from lever_assets.sync.prepare import prepare
from lever_assets.sync.retention.expired import ErasureReport, erase_due
from lever_assets.sync.session import Session
from lever_assets.sync.targets import targets

_SEEN_TO = Checkpoint[datetime]("kept_rows_seen_to", Instant)
_EVERY = timedelta(hours=20)
"""A sync by the command line, every few minutes perhaps, sees to it once a day."""
_LOCK_SECONDS = 30.0


def erase_of_removed(session: Session) -> ErasureReport | None:
    """Bring the rows of a removed connection to its settings, as its syncs did, and erase what is due.

    What LEVER_EXCLUDE names is taken out; who has come to lie beyond the cutoff is left out. Old events, and
    notices that wait no more, are forgotten. None, and nothing is written, if it was erased or connected
    again since the session was opened. Raises BusyError while it is being erased.
    """
    with session.store.exclusive(session.name, _LOCK_SECONDS):
        with session.reading() as tx:
            row = any_account(tx)
        if row is None or row.removed_at is None or row.named_at_first != session.account.named_at_first:
            return None
        prepare(session)
        limit = limit_of(session.settings, OPPORTUNITIES, now())
        with session.writing() as tx:
            if mark_left_out(tx, OPPORTUNITIES.name, limit):
                mark_below(tx, OPPORTUNITIES)
        for _ in derive_all(session, [each.name for each in session.exclusion.kept]):
            pass
        report = erase_due(session)
        with session.writing() as tx:
            inbox.forget_old(tx, and_waiting=True)
            outbox.give_up_others(tx, [each.target for each in targets(tx, session.settings)])
            outbox.forget_settled(tx)
            _SEEN_TO.keep(tx, now())
    return report


def see_to_removed(store: Store, settings: Settings) -> Iterator[str]:
    """Do so for each of them, at most once a day; yields a sentence on each for which it can't be done.

    `settings` are the environment's own. What Dagster was to follow is forgotten where there is none.
    """
    with store.reading("") as tx:
        names, old = removed_names(tx), old_departures(tx)
    for name in names:
        try:
            session = Session.over(store, settings.of(name))
            with session.reading() as tx:
                before = _SEEN_TO.read(tx)
            if before is None or now() - before >= _EVERY:
                erase_of_removed(session)
        except (ConnectionTroubleError, SettingsError, StoreError) as error:
            yield f"what is due of the removed connection {name} could not be erased: {error}"
    if old:
        with store.writing("") as tx:
            forget_departures(tx, *old)
