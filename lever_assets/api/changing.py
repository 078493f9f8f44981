"""Switching an integration on or off, and removing it: what `connections` does, for who can't wait."""

import logging
from dataclasses import replace

from lever_assets.api.afterwards import in_background, patiently, tell
from lever_assets.api.connection import Connection
from lever_assets.api.errors import ApiError, invalid
from lever_assets.connect import connections
from lever_assets.connect.dagster_ui import found_ui
from lever_assets.connect.reloading import reload_dagster
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import integration_of, take_leave
from lever_assets.orchestration.asked_runs import end as end_runs
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store
from lever_assets.sync.session import Session
from lever_assets.webhooks.setup import has_subscriptions, take_down

_TAKING_DOWN_SECONDS = 2.5
_REMOVING_SECONDS = 1.0
"""So long an answer waits for it; official clients give up after five seconds."""

_log = logging.getLogger("lever_assets.api")


def switch(store: Store, settings: Settings, connection: Connection, *, on: bool) -> None:
    """Switch an integration on or off, which ends its syncs; raises ApiError for one that is not stored.

    Raises StoreError, too.
    """
    _see_that_it_is_stored(connection)
    connections.enable(store, connection.name, enabled=on)
    ui = None if on else found_ui(settings)
    if ui is not None:  # what runs elsewhere ends by itself, when it sees that it is off
        end_runs(ui, connection.name)
    tell(store, settings.of(connection.name))


def remove(store: Store, settings: Settings, connection: Connection) -> None:
    """Remove an integration: its key or tokens at once, its rows when it is time for that.

    Its webhooks are taken down first, as far as Lever answers soon. Where a sync is under way it ends when
    that has. Raises ApiError for one that is not stored, StoreError.
    """
    _see_that_it_is_stored(connection)
    name = connection.name
    own = settings.of(name)
    taking_down = in_background("taking webhooks down", lambda: _take_down(store, own))
    taking_down.join(_TAKING_DOWN_SECONDS)
    try:
        connections.cut_off(store, name)
    except BusyError:
        raise ApiError(None, "Its token is being renewed; ask again in a minute.", title="Busy") from None
    with store.reading(name) as tx:
        integration = integration_of(tx)

    def job() -> None:
        connections.remove(
            store, name, erase=False, farewell=lambda tx: take_leave(tx, settings, integration)
        )

    def to_the_end() -> None:
        patiently(job)
        deliver(store, own)
        reload_dagster(settings)

    in_background("removing a connection", to_the_end).join(_REMOVING_SECONDS)


def _take_down(store: Store, settings: Settings) -> None:
    session = Session.over(store, settings)
    if not has_subscriptions(session):
        return
    report = take_down(replace(session, account=replace(session.account, is_enabled=True)))
    for event, why in report.failed.items():
        _log.warning("webhook %s stays in Lever, remove it there: %s", event, why)


def _see_that_it_is_stored(connection: Connection) -> None:
    if not connection.account.is_stored:
        raise invalid(
            "This integration comes from LEVER_API_KEY of the server and is not stored, so that there is "
            "nothing to change of it here: `lever-assets connect` stores it, or a reconnection link does.",
        )
