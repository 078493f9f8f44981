"""The SQL of each mart gives what the mart has, on either database."""

import re
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from lever_assets.insight.catalogue import MADE
from lever_assets.insight.marts.types import types_of
from lever_assets.insight.twins import DIALECTS, sql_of
from lever_assets.store.values import UtcDateTime
from lever_assets.sync.session import Session
from lever_assets_tests.insight.worlds import Row, plain, put, whole_marts, world


def asked(session: Session, mart: str) -> list[Row]:
    """Return what the database answers to the SQL of a mart."""
    row = MADE[mart].mart.row
    with session.reading() as tx:
        query = text(sql_of(mart, tx.sql.dialect.name))
        instants = [name for name, kind in types_of(row).items() if kind.startswith("datetime")]
        typed = query.columns(**dict.fromkeys(instants, UtcDateTime())) if instants else query
        found = tx.sql.execute(typed)
        assert list(found.keys()) == ["connection", *types_of(row)]
        rows = [dict(each) for each in found.mappings()]
    assert all(each.pop("connection") == "lever" for each in rows)
    wanted = {
        name: float if kind == "Float64" else int for name, kind in types_of(row).items() if "64" in kind
    }
    numbers = {name: kind for name, kind in wanted.items() if name not in instants}
    return sorted(({**each, **_numbers(each, numbers)} for each in rows), key=repr)


def _numbers(row: Row, kinds: dict[str, type[Any]]) -> Row:
    found: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = row[name]
        assert value is None or isinstance(value, int | float | Decimal)
        found[name] = None if value is None else round(kind(value), 6)
    return found


@pytest.mark.parametrize(("seed", "candidates"), [(1, 0), (2, 3), (3, 60), (4, 250)])
def test_sql_gives_what_pandas_gives(session: Session, seed: int, candidates: int) -> None:
    put(session.store, world(seed, candidates).rows)
    for name, rows in whole_marts(session.store).items():
        assert asked(session, name) == plain(rows), name
        assert len(rows) > 0 or candidates < 60


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mart", MADE)
def test_nothing_of_its_own_words_is_left_in_the_sql(mart: str, dialect: str) -> None:
    assert not re.search(r"\b(MONTH|DAYS|QUANTILES)\(", sql_of(mart, dialect))
