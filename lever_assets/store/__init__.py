"""The user's database: raw and unified tables, landing, merging, reads. Knows only the unified models.

`Store.open(url)` gives the transactions; every other function takes a connection of one of them.
"""

from lever_assets.store.checkpoints import get_state, instant, put_state
from lever_assets.store.children import land_children, note_reads
from lever_assets.store.errors import (
    BusyError,
    DamagedError,
    DiskFullError,
    LockLostError,
    NewerSchemaError,
    ReadOnlyError,
    StoreError,
    UnfitError,
    UnreachableError,
)
from lever_assets.store.landing import (
    Arrival,
    Landed,
    current_version,
    hold_landings,
    land,
    mark_deleted,
    next_version,
    overtaken,
    see,
    sweep,
)
from lever_assets.store.merge import Merged, merge
from lever_assets.store.raw import RawKey, RawRow
from lever_assets.store.store import Store

__all__ = [
    "Arrival",
    "BusyError",
    "DamagedError",
    "DiskFullError",
    "Landed",
    "LockLostError",
    "Merged",
    "NewerSchemaError",
    "RawKey",
    "RawRow",
    "ReadOnlyError",
    "Store",
    "StoreError",
    "UnfitError",
    "UnreachableError",
    "current_version",
    "get_state",
    "hold_landings",
    "instant",
    "land",
    "land_children",
    "mark_deleted",
    "merge",
    "next_version",
    "note_reads",
    "overtaken",
    "put_state",
    "see",
    "sweep",
]
