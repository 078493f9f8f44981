"""The user's database: raw and unified tables, landing, merging, reads. Knows only the unified models.

`Store.open(url)` gives the transactions; nearly every other function takes one of them.
"""

from lever_assets.store.checkpoints import get_state, instant, put_state
from lever_assets.store.children import land_children, note_reads
from lever_assets.store.errors import (
    BusyError,
    DamagedError,
    DiskFullError,
    LockLostError,
    NewerSchemaError,
    QuestionError,
    ReadOnlyError,
    StoreError,
    UnfitError,
    UnreachableError,
)
from lever_assets.store.holders import Holder
from lever_assets.store.landing import Arrival, Landed, land, mark_deleted, overtaken, see, sweep
from lever_assets.store.merge import Merged, merge
from lever_assets.store.raw import RawKey, RawRow
from lever_assets.store.store import Store

__all__ = [
    "Arrival",
    "BusyError",
    "DamagedError",
    "DiskFullError",
    "Holder",
    "Landed",
    "LockLostError",
    "Merged",
    "NewerSchemaError",
    "QuestionError",
    "RawKey",
    "RawRow",
    "ReadOnlyError",
    "Store",
    "StoreError",
    "UnfitError",
    "UnreachableError",
    "get_state",
    "instant",
    "land",
    "land_children",
    "mark_deleted",
    "merge",
    "note_reads",
    "overtaken",
    "put_state",
    "see",
    "sweep",
]
