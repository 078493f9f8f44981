"""How the pages of the lists find their rows, and texts that are the same in any case."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, literal, select, text

from lever_assets.store import Store
from lever_assets.store.folding import same_in_any_case
from lever_assets.store.pages import FILTERS, LISTS, Asked, page_of
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import now

_LOOKED_UP = ("ids", "remote_ids", "job_ids", "job_remote_ids", "current_stage_ids")


@contextmanager
def told_statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Keep the SELECTs that are asked as long as the block lasts, with their parameters."""
    told: list[tuple[str, Any]] = []

    def hear(_conn: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            told.append((statement, given))

    event.listen(store.engine, "before_cursor_execute", hear)
    try:
        yield told
    finally:
        event.remove(store.engine, "before_cursor_execute", hear)


def _plans(store: Store, model: str, asked: Asked) -> str:
    """Return the plans of the statements of a page, as if every table were large."""
    explain = "EXPLAIN QUERY PLAN"
    with store.reading("lever") as tx:
        with told_statements(store) as told:
            page_of(tx, model, asked)
        if store.engine.dialect.name == "postgresql":
            explain = "EXPLAIN"
            tx.sql.execute(text("SET LOCAL enable_seqscan = off"))
        plans = [tx.sql.exec_driver_sql(f"{explain} {sql}", given).all() for sql, given in told]
    return "\n".join(str(row[-1]) for plan in plans for row in plan)


@pytest.mark.parametrize("model", LISTS)
def test_no_page_goes_through_a_table(store: Store, model: str) -> None:
    cases = [Asked(size=2), Asked(size=2, updated_after=now())]
    cases += [Asked(size=2, filters={each: ("x",)}) for each in FILTERS[model] if each in _LOOKED_UP]
    for asked in cases:
        told = _plans(store, model, asked)
        assert "Seq Scan" not in told, told
        gone_through = {line.split()[1] for line in told.splitlines() if line.startswith("SCAN ")}
        assert gone_through.isdisjoint(UNIFIED), told
        looked_up = asked.filters or asked.updated_after
        assert not (looked_up and "id>?" in told), told


@pytest.mark.parametrize(
    ("stored", "asked", "is_same"),
    [
        ("Müller", "MÜLLER", True),
        ("STRASSE", "straße", True),
        ("Straße", "STRASSE", True),
        ("ﬁn", "FIN", True),
        ("Ωmega", "ωMEGA", True),
        ("a.c", "abc", False),
        ("a\nb", "A\nB", True),
        ("[x]^$\\", "[X]^$\\", True),
        ("o'neil 100%_", "O'NEIL 100%_", True),
        ("İx", "i̇X", True),
        ("李", "李", True),
        ("ab", "a", False),
        ("😀 é", "😀 É", True),
    ],
)
def test_texts_are_the_same_in_any_case(store: Store, stored: str, asked: str, is_same: bool) -> None:
    dialect = store.engine.dialect.name
    with store.reading("lever") as tx:
        found = tx.sql.execute(select(same_in_any_case(dialect, literal(stored), asked))).scalar_one()
        inside = tx.sql.execute(
            select(same_in_any_case(dialect, literal(f"(({stored}))"), asked, inside=True))
        ).scalar_one()
    assert bool(found) is is_same
    assert bool(inside) is (asked.casefold() in stored.casefold())
