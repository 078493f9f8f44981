"""How much room the tables and Dagster's storage take, and how it grows: kept once a day."""

from collections.abc import Callable
from dataclasses import dataclass

from lever_assets.store import Store
from lever_assets.store.sizes import (
    DAGSTER,
    DATABASE,
    Growth,
    database_size,
    grown,
    is_to_be_noted,
    note_size,
)


@dataclass(frozen=True)
class Room:
    """What the tables of all connections take, and Dagster's storage; None: that is not known."""

    database: Growth
    dagster: Growth | None


def room(store: Store, account: str, dagster: int | None) -> Room:
    """Return what is taken; `dagster` is what Dagster's storage takes (None: not known)."""
    with store.reading(account) as tx:
        database = grown(tx, DATABASE, database_size(tx))
        return Room(database, None if dagster is None else grown(tx, DAGSTER, dagster))


def note_room(store: Store, account: str, dagster: Callable[[], int | None]) -> None:
    """Keep what is taken, if it was not kept today; `dagster` tells what Dagster's storage takes."""
    with store.reading(account) as tx:
        if not is_to_be_noted(tx, DATABASE):
            return
    found = dagster()
    with store.writing(account) as tx:
        note_size(tx, DATABASE, database_size(tx))
        if found is not None:
            note_size(tx, DAGSTER, found)
