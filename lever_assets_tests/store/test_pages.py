"""How the pages of the lists find their rows, and texts that are the same in any case."""

from typing import Any

import pytest
from sqlalchemy import event, literal, select, text

from lever_assets.store import Store
from lever_assets.store.folding import same_in_any_case
from lever_assets.store.pages import FILTERS, LISTS, Asked, page_of
from lever_assets.store.transaction import now

_LOOKED_UP = ("ids", "remote_ids", "job_ids", "job_remote_ids", "current_stage_ids")


def _plans(store: Store, model: str, asked: Asked) -> str:
    """Return the plans of the statements of a page."""
    asked_for: list[tuple[str, Any]] = []
    event.listen(
        store.engine,
        "before_cursor_execute",
        lambda _conn, _cursor, sql, given, *_: asked_for.append((sql, given)),
    )
    with store.reading("lever") as tx:
        page_of(tx, model, asked)
        explain = "EXPLAIN QUERY PLAN"
        if store.engine.dialect.name == "postgresql":
            explain = "EXPLAIN"
            tx.sql.execute(text("SET LOCAL enable_seqscan = off"))
        selects = [(sql, given) for sql, given in asked_for if sql.lstrip().startswith("SELECT")]
        plans = [tx.sql.exec_driver_sql(f"{explain} {sql}", given).all() for sql, given in selects]
    return "\n".join(str(row[-1]) for plan in plans for row in plan)


@pytest.mark.parametrize("model", LISTS)
def test_no_page_goes_through_a_table(store: Store, model: str) -> None:
    cases = [Asked(size=2), Asked(size=2, updated_after=now())]
    cases += [Asked(size=2, filters={each: ("x",)}) for each in FILTERS[model] if each in _LOOKED_UP]
    for asked in cases:
        told = _plans(store, model, asked)
        assert "Seq Scan" not in told, told
        scans = [line for line in told.splitlines() if line.startswith("SCAN ") and "USING" not in line]
        assert all(
            "json_each" in line or "subquery" in line.lower() or "CONSTANT" in line for line in scans
        ), told


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
