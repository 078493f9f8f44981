"""What is seen to once a run, before it reads or maps anything."""

from lever_assets.store.refilling import gaps
from lever_assets.store.views import are_current
from lever_assets.sync.restoring import restore
from lever_assets.sync.retention.excluded import applied_exclusion, apply_exclusion
from lever_assets.sync.session import Session
from lever_assets.sync.views import keep_views, wanted_views


def prepare(session: Session) -> tuple[str, ...]:
    """Bring the database to the settings, and have what was taken out of it read and mapped again.

    Call it with the connection's lock held, before a run is taken up. It costs one look when all is as it
    should be. Returns sentences for people.
    """
    with session.reading() as tx:
        before = applied_exclusion(tx)
        whole = not gaps(tx)
        views = wanted_views(tx, session)
        current = are_current(tx, views)
    return (
        *apply_exclusion(session, before),
        *(() if whole else restore(session)),
        *(() if current else keep_views(session, views)),
    )
