"""Getting ready: what is seen to once a run, before it reads or maps anything."""

from lever_assets.sync.checkpoints import READY_FOR
from lever_assets.sync.forgetting import forget_whom_it_was
from lever_assets.sync.leaving_out import settle
from lever_assets.sync.restoring import restore
from lever_assets.sync.session import Session


def make_ready(session: Session) -> tuple[str, ...]:
    """Bring the database to the settings, and have what was taken out of it read and mapped again.

    Call it with the connection's lock held, before a run is taken up. Of the steps of one run (by the
    session's `run_id`) the first one does it, for the others, too. Returns sentences for people.
    """
    if session.run_id is not None:
        with session.store.reading() as conn:
            if READY_FOR.read(conn, session.name) == session.run_id:
                return ()
    told = (*settle(session), *restore(session))
    forget_whom_it_was(session)
    if session.run_id is not None:
        with session.store.writing() as conn:
            READY_FOR.keep(conn, session.name, session.run_id)
    return told
