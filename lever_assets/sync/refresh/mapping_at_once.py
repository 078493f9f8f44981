"""Mapping single records as soon as they have landed, whatever the marks up to which a sync has mapped."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from lever_assets.lever.resources import OPPORTUNITIES, children_of
from lever_assets.mapping import tags
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.stated import DERIVATIONS, WHOLE
from lever_assets.store import Merged, merge, raw
from lever_assets.store.dialects import among
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.sync.map.deriving import derive_records
from lever_assets.sync.map.floor import Floor
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import ALL_MODELS

LISTS_BELOW: tuple[str, ...] = tuple(each.name for each in children_of(OPPORTUNITIES.name))
"""The lists below an opportunity that are read singly with it."""


def map_opportunities(tx: Transaction, session: Session, opportunities: Sequence[str]) -> Merged:
    """Map these opportunities (Lever's ids), what lies below them, and tags that are new."""
    keys: dict[str, Sequence[str]] = {OPPORTUNITIES.name: opportunities}
    for child in filter(session.exclusion.needs, LISTS_BELOW):
        keys[child] = raw.ids_below(tx, child, opportunities)
    return _new_tags(tx, session, opportunities) + map_records(tx, session, keys)


def map_records(tx: Transaction, session: Session, keys: Mapping[str, Sequence[str]]) -> Merged:
    """Map these records, by resource, model by model in the catalogue's order."""
    merged, floors = Merged(), {driver: Floor(tx, session.mapping) for driver in keys}
    for model in ALL_MODELS:
        derivation = DERIVATIONS[model.name]
        if not isinstance(derivation, ByRecord) or not session.exclusion.keeps(model.name):
            continue
        if keys.get(derivation.driver):
            floor = floors[derivation.driver]
            merged += derive_records(floor, session, derivation, keys[derivation.driver])
    return merged


def _new_tags(tx: Transaction, session: Session, opportunities: Sequence[str]) -> Merged:
    """Add the tags that are not in their table yet; the sync, which sees all opportunities, removes them."""
    if not session.exclusion.keeps("tags"):
        return Merged()
    ctx = session.mapping
    rows = raw.read(tx, OPPORTUNITIES.name, opportunities)
    texts = {text for row in rows if not row.deleted for text in _texts(row.data.get("tags"))}
    table = UNIFIED["tags"].c
    ids = {text: ctx.id("tags", text) for text in sorted(texts)}
    known = set(
        tx.sql.execute(
            select(table.id).where(among(tx.sql, table.id, ids.values()), table.remote_deleted_at.is_(None))
        ).scalars()
    )
    fresh = [
        (WHOLE, session.exclusion.row("tags", row))
        for text, own in ids.items()
        if own not in known
        for row in tags.rows(text, None, ctx)
    ]
    return merge(tx, "tags", fresh, sources=(), history=session.history, incomplete=[WHOLE])


def _texts(listed: object) -> list[str]:
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
