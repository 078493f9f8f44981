"""Word to the user's URLs after a command: what changed, and how the connection stands."""

import typer

from lever_assets.assessment.seeing_to import seeing_to_orders
from lever_assets.cli import output
from lever_assets.connect.known import names
from lever_assets.connect.reloading import Reloading
from lever_assets.notices.delivering import deliver, with_due
from lever_assets.notices.enqueueing import enqueue
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.sync.targets import targets
from lever_assets.sync.undelivered import troubles


def tell(store: Store, settings: Settings) -> None:
    """Tell the URLs of a connection's news; what does not arrive is sent again with the next command.

    Assessments are ordered before, for whoever arrived, and Lever is told of them.

    So is what waits of connections that were removed, of which nobody else thinks.
    """
    with seeing_to_orders(store, settings):
        enqueue(store, settings)
        deliver(store, settings)
    tell_of_removed(store, settings)
    for each in troubles(store, settings):
        output.warn(str(each))


def tell_reloading(reloading: Reloading, so_now: str) -> None:
    """Say what is so from now on, if that is to be said, and whether a Dagster that runs shows it."""
    if so_now:
        typer.echo(f"{so_now} {reloading.told}")
    if reloading.doubt:
        output.warn(reloading.doubt)


def tell_of_removed(store: Store, settings: Settings) -> None:
    """Send what waits of connections that are there no more."""
    with store.reading("") as tx:
        some = targets(tx, settings)
    waiting = with_due(store) if some else []
    there = {*names(settings), settings.connection} if waiting else set()
    for name in waiting:
        if name not in there:
            deliver(store, settings.of(name))
