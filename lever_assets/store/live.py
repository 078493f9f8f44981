"""How many live rows each unified table has: kept as rows change, since counting reads them all.

Counted are they when a model is mapped from everything, which takes longer.
"""

from collections.abc import Collection

from lever_assets.store.checkpoints import Checkpoint, Number
from lever_assets.store.reads import counts
from lever_assets.store.transaction import Transaction

LIVE = Checkpoint[int]("live", Number)
"""By model, once its rows were counted."""


def live_rows(tx: Transaction, models: Collection[str]) -> dict[str, int]:
    """Return how many live rows the account has of each of these models; what is not kept is counted."""
    kept = LIVE.every(tx)
    counted = {each.table: each.live for each in counts(tx, [name for name in models if name not in kept])}
    return {model: kept[model] if model in kept else counted[model] for model in models}


def count_live(tx: Transaction, models: Collection[str]) -> None:
    """Count the live rows of these models, and keep it."""
    LIVE.keep_each(tx, {each.table: each.live for each in counts(tx, models)})


def note_live(tx: Transaction, model: str, more: int) -> None:
    """Keep that there are so many more live rows of a model, or fewer. Other landings have to wait."""
    kept = LIVE.read(tx, model) if more else None
    if kept is not None:
        LIVE.keep(tx, max(kept + more, 0), model)
