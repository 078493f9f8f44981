"""What is seen to once a run, before it reads or maps anything."""

from lever_assets.store.refilling import gaps
from lever_assets.sync.checkpoints import EXCLUDED, READY_FOR
from lever_assets.sync.restoring import restore
from lever_assets.sync.retention.excluded import apply_exclusion
from lever_assets.sync.session import Session


def prepare(session: Session) -> tuple[str, ...]:
    """Bring the database to the settings, and have what was taken out of it read and mapped again.

    Call it with the connection's lock held, before a run is taken up. Of the steps of one run (by the
    session's `run_id`) the first one does it, for the others, too. Returns sentences for people.
    """
    with session.reading() as tx:
        if session.run_id is not None and READY_FOR.read(tx) == session.run_id:
            return ()
        as_wanted = (EXCLUDED.read(tx) or ()) == tuple(session.exclusion.names)
        whole = not gaps(tx)
    told = (*(() if as_wanted else apply_exclusion(session)), *(() if whole else restore(session)))
    if session.run_id is not None:
        with session.writing() as tx:
            READY_FOR.keep(tx, session.run_id)
    return told
