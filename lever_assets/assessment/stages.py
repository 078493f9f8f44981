"""Stages of the pipeline, as settings name them."""

from lever_assets.store import raw
from lever_assets.store.transaction import Transaction


def stage_ids(tx: Transaction, named: str) -> frozenset[str]:
    """Return Lever's ids of the stages that have an id or, if none has it, a name; case does not count."""
    every = list(raw.all_live(tx, "stages"))
    if any(each.remote_id == named for each in every):
        return frozenset({named})
    wanted = named.strip().casefold()
    names = ((each.remote_id, each.data.get("text")) for each in every)
    return frozenset(
        ident for ident, name in names if isinstance(name, str) and name.strip().casefold() == wanted
    )
