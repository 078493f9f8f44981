"""Stages of the pipeline, as settings name them."""

from collections.abc import Mapping

from lever_assets.store import raw
from lever_assets.store.transaction import Transaction


def stage_ids(tx: Transaction, named: str) -> frozenset[str]:
    """Return Lever's ids of the stages that have an id or, if none has it, a name; case does not count."""
    return named_among({each.remote_id: each.data.get("text") for each in raw.all_live(tx, "stages")}, named)


def named_among(stages: Mapping[str, object], named: str) -> frozenset[str]:
    """Return which of these stages, names by Lever's ids, are meant; as `stage_ids`."""
    if named in stages:
        return frozenset({named})
    wanted = named.strip().casefold()
    return frozenset(
        ident for ident, name in stages.items() if isinstance(name, str) and name.strip().casefold() == wanted
    )
