"""PostgreSQL knows of a table that was filled just now: a page of it is found by its index at once."""

from sqlalchemy import Connection, text

from lever_assets.store import Store
from lever_assets.store.dialects import upsert
from lever_assets.store.statistics import tell_of_growth
from lever_assets.store.tables import UNIFIED
from lever_assets_tests.store.builders import LEVER

PAGE = text("EXPLAIN SELECT * FROM tags WHERE connection = 'lever' AND id > 'row-00500' ORDER BY id LIMIT 10")


def plan(sql: Connection) -> str:
    return "\n".join(row[0] for row in sql.execute(PAGE))


def test_a_table_that_was_filled_is_counted_at_once(store: Store) -> None:
    table = UNIFIED["tags"]
    empty = dict.fromkeys(table.c.keys()) | {"connection": LEVER, "content_hash": "made up"}
    rows = [empty | {"id": f"row-{n:05}", "source_key": str(n)} for n in range(4_000)]
    with store.writing(LEVER) as tx:
        rows = [row | {"changed_at": tx.instant} for row in rows]
        upsert(tx.sql, table, rows)
        tell_of_growth(tx, "tags", len(rows))
        if tx.sql.dialect.name == "postgresql":
            assert "Sort" not in plan(tx.sql)
            known = tx.sql.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'tags'")).scalar_one()
            assert known == len(rows)
