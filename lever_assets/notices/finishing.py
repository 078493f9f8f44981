"""Notices that a sync is over: each end is told once, with how it ended and how long it took; by no name."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from lever_assets.connect.errors import ConnectionTroubleError, SwitchedOffError
from lever_assets.connect.states import REFUSED
from lever_assets.notices.enqueueing import integration_of, put_notice
from lever_assets.notices.wording import Ending
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import BusyError, Store, StoreError
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.status import lacks_something
from lever_assets.sync.targets import wanting
from lever_assets.unified.ids import unified_id


@dataclass(frozen=True)
class Finished:
    """A sync that is over, by the id of its run; instants are UTC.

    `went_well` is None for one that was cancelled, or ended because the connection was switched off.
    `log_url` leads to its log, "" where there is none.
    """

    run_id: str
    began: datetime
    ended: datetime
    went_well: bool | None
    log_url: str = ""


def sync_id_of(named_at_first: str, run_id: str) -> str:
    """Return what the unified API calls a sync of a connection: 24 characters, derived from its run's id."""
    return unified_id(named_at_first, "syncs", run_id)


def tell_finished(store: Store, settings: Settings, finished: Finished) -> int:
    """Put into the outbox that a sync of the account of `settings` is over; returns how many notices.

    Of one end that was told already none. Raises StoreError.
    """
    with store.reading(settings.connection) as tx:
        if not wanting(tx, settings, NoticeType.SYNC_FINISHED):
            return 0
    with store.writing(settings.connection) as tx:
        integration = integration_of(tx)
        sync_id = sync_id_of(integration.named_at_first, finished.run_id)
        ending = _ending(tx, settings, finished.went_well)
        data = integration.sync_finished(sync_id, ending, finished.began, finished.ended, finished.log_url)
        return put_notice(tx, settings, NoticeType.SYNC_FINISHED, data, once=sync_id)


def _ending(tx: Transaction, settings: Settings, went_well: bool | None) -> Ending:
    if went_well is None:
        return Ending.CANCELLED
    if went_well:
        return Ending.PARTIALLY_FAILED if lacks_something(tx, settings) else Ending.SUCCEEDED
    return Ending.FAILED if REFUSED.read(tx) is None else Ending.AUTHENTICATION_FAILED


@contextmanager
def telling_the_end(store: Store, settings: Settings, run_id: str | None = None) -> Iterator[None]:
    """Tell of the sync in the block that it is over, however it ends; not of one that could not begin.

    `run_id` is its own; None: one is made up.
    """
    run_id, began = run_id or str(uuid4()), now()

    def ended(went_well: bool | None) -> Finished:
        return Finished(run_id, began, now(), went_well)

    try:
        yield
    except SwitchedOffError:
        with suppress(StoreError):
            tell_finished(store, settings, ended(None))
        raise
    except (BusyError, ConnectionTroubleError):
        raise
    except BaseException as error:
        with suppress(StoreError):  # what went wrong is the news
            tell_finished(store, settings, ended(False if isinstance(error, Exception) else None))
        raise
    tell_finished(store, settings, ended(True))
