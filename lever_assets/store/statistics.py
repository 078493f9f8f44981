"""What PostgreSQL knows of how many rows a table has, by which it chooses how to find some of them."""

from sqlalchemy import text

from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction

_MANY = 1_000
"""Fewer rows are found soon, however they are looked for."""
_KNOWN = text("SELECT reltuples FROM pg_catalog.pg_class WHERE oid = to_regclass(quote_ident(:name))")


def tell_of_growth(tx: Transaction, model: str, inserted: int) -> None:
    """Have the rows of a model counted, when as many were inserted as the database knew of, or more.

    PostgreSQL counts by itself some minutes later (autovacuum). Until then it takes a table that was filled
    just now for an empty one, and goes through all of it, for each page. SQLite needs nothing.
    """
    if tx.sql.dialect.name != "postgresql" or inserted < _MANY:
        return
    known = tx.sql.execute(_KNOWN, {"name": model}).scalar()
    if known is not None and known < inserted:  # -1: it was never counted
        # Whoever counts it just now is not waited for.
        tx.sql.exec_driver_sql(f'ANALYZE (SKIP_LOCKED) "{UNIFIED[model].name}"')
