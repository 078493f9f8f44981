"""Notices that an account could not be connected, or not again."""

from lever_assets.notices.enqueueing import put_notice
from lever_assets.notices.wording import Integration
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store
from lever_assets.store.transaction import NOBODY


def tell_flow_failed(
    store: Store, settings: Settings, of: Integration, *, connection: str | None = None, log_url: str = ""
) -> int:
    """Put into the outbox that somebody could not connect an account; returns how many notices.

    `of` says who: its organisation, e-mail address and origin id are told. `connection` is the one that was
    to be connected again; without it the notice is of no connection, and forgotten once it was sent. Raises
    StoreError.
    """
    with store.writing(NOBODY if connection is None else connection) as tx:
        return put_notice(tx, settings, NoticeType.FLOW_FAILED, of.flow_failed(log_url))
