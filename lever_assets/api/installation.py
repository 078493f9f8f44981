"""The id of an installation: made once, kept in the database."""

from secrets import token_hex

from lever_assets.store import Store
from lever_assets.store.checkpoints import Checkpoint
from lever_assets.store.transaction import NOBODY
from lever_assets.unified.ids import unified_id

_ID = Checkpoint[str]("installation_id", str)


def installation_id(store: Store) -> str:
    """Return the id of the installation that a database belongs to, 24 characters; raises StoreError."""
    with store.reading(NOBODY) as tx:
        found = _ID.read(tx)
    if found is None:
        with store.writing(NOBODY) as tx:
            tx.hold_landings()  # of two that make one, the second finds the first one's
            found = _ID.read(tx) or unified_id("", "installations", token_hex(16))
            _ID.keep(tx, found)
    return found
