"""Getting ready: what is seen to once, before a sync reads or maps anything."""

from lever_assets.sync.leaving_out import settle
from lever_assets.sync.restoring import restore
from lever_assets.sync.session import Session


def make_ready(session: Session) -> tuple[str, ...]:
    """Bring the database to the settings, and have what was taken out of it read and mapped again.

    Call it with the connection's lock held, before a run is taken up. Returns sentences for people.
    """
    return (*settle(session), *restore(session))
