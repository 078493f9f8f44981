"""What is to be seen to at the end of a sync: orders first, then the notices of them, then Lever."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lever_assets.assessment.ordering import take_orders
from lever_assets.assessment.telling import tell_lever
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.sync.session import Session


@contextmanager
def seeing_to_orders(store: Store, settings: Settings) -> Iterator[None]:
    """Order before the block, in which notices are sent, and tell Lever after it; raises StoreError."""
    session = None
    with suppress(SettingsError, ConnectionTroubleError):  # whoever syncs it is told
        session = Session.over(store, settings)
        take_orders(session)
    yield
    if session is not None:
        tell_lever(session)
