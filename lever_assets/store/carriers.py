"""Rows that rows of another model refer to: those that some refer to, and whether others do, too."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, not_, select

from lever_assets.store.dialects import among, by_another_index
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction


@dataclass(frozen=True)
class Carrying:
    """That rows of the model `by` refer to those of `model` in `column`."""

    model: str
    by: str
    column: str

    def of(self, tx: Transaction, sources: Collection[str]) -> set[str]:
        """Return to which rows (ids) those refer that were mapped from these records, live or not."""
        c = UNIFIED[self.by].c
        mine = and_(c.connection == tx.account, among(tx.sql, c.source_key, sources))
        query = select(c[self.column]).where(mine, c[self.column].is_not(None)).distinct()
        return set(tx.sql.execute(query).scalars())

    def carriers(self, tx: Transaction, ids: Collection[str], *, but: Collection[str]) -> dict[str, str]:
        """Return from which records, `but` these, live rows were mapped that refer to these; and to which."""
        if not ids:
            return {}
        c = UNIFIED[self.by].c
        refers = and_(
            among(tx.sql, c[self.column], ids), by_another_index(tx.sql, c.connection) == tx.account
        )
        query = select(c.source_key, c[self.column]).where(refers, c.remote_deleted_at.is_(None))
        found = {row[0]: row[1] for row in tx.sql.execute(query)}
        return {source: row_id for source, row_id in found.items() if source not in but}

    def by_others(self, tx: Transaction, ids: Collection[str], *, but: Collection[str]) -> set[str]:
        """Return to which of these rows a live one refers that was mapped from any record `but` these."""
        if not ids:
            return set()
        t, c = UNIFIED[self.model].c, UNIFIED[self.by].c
        refers = and_(c[self.column] == t.id, c.connection == tx.account, c.remote_deleted_at.is_(None))
        other = select(c.id).where(refers, not_(among(tx.sql, c.source_key, but))).exists()
        return set(tx.sql.execute(select(t.id).where(among(tx.sql, t.id, ids), other)).scalars())


def sources_of(tx: Transaction, model: str, sources: Collection[str]) -> dict[str, str]:
    """Return the rows of a model, gone ones included, that were mapped from these records, and from which."""
    c = UNIFIED[model].c
    mine = and_(c.connection == tx.account, among(tx.sql, c.source_key, sources))
    return {row[0]: row[1] for row in tx.sql.execute(select(c.id, c.source_key).where(mine))}
