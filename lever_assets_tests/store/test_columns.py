"""What goes into a column comes out of it, the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.types import TypeEngine

from lever_assets.store import Store, get_state, put_state
from lever_assets.store.values import Key, Money, PlainText, UtcDateTime, Word
from lever_assets_tests.store.builders import LEVER

AMOUNTS = [
    "85000.50",
    "0",
    "-0.0",
    "-12.30",
    "1E+5",
    "0.1",
    "0.000001",
    "123456789012.34",
    "12345678901234567890.123456789",
    "99999999999999999999",
    "1E+30",
    "9007199254740993",
]


def round_trip(store: Store, kind: TypeEngine[Any], values: list[object]) -> list[object]:
    table = Table("round_trip", MetaData(), Column("n", Integer, primary_key=True), Column("value", kind))
    with store.writing(LEVER) as tx:
        table.create(tx.sql)
        tx.sql.execute(insert(table), [{"n": n, "value": value} for n, value in enumerate(values)])
    with store.reading(LEVER) as tx:
        return list(tx.sql.execute(select(table.c.value).order_by(table.c.n)).scalars())


def test_amounts_come_back_exactly_and_look_the_same_everywhere(store: Store) -> None:
    found = round_trip(store, Money(), [Decimal(text) for text in AMOUNTS])
    assert found == [Decimal(text) for text in AMOUNTS]
    assert str(found[0]) == "85000.5"
    assert [str(amount) for amount in found[1:5]] == ["0", "0", "-12.3", "100000"]


def test_amounts_compare_as_numbers_in_sql(store: Store) -> None:
    table = Table("round_trip", MetaData(), Column("n", Integer, primary_key=True), Column("value", Money()))
    round_trip(store, Money(), [Decimal("9.5"), Decimal("10"), Decimal("85000.50"), None])
    with store.reading(LEVER) as tx:
        above = tx.sql.execute(select(table.c.n).where(table.c.value > Decimal("9.75")).order_by(table.c.n))
        assert list(above.scalars()) == [1, 2]


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_an_amount_that_is_no_number_is_refused(store: Store, amount: str) -> None:
    with pytest.raises(StatementError, match="must be a number"):
        round_trip(store, Money(), [Decimal(amount)])


def test_instants_come_back_in_utc_to_the_microsecond(store: Store) -> None:
    instants = [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ]
    found = round_trip(store, UtcDateTime(), [*instants, None])
    assert found == [*instants, None]
    assert [instant.tzinfo for instant in found if isinstance(instant, datetime)] == [UTC] * 3


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="needs a time zone"):
        round_trip(store, UtcDateTime(), [datetime(2026, 1, 1)])  # noqa: DTZ001 (that is the point)


TEXTS = {
    "Zoë 🦊 漢字 \u200f\ufeff": "Zoë 🦊 漢字 \u200f\ufeff",
    "a\x00b": "a\ufffdb",
    "\ud83e\udd8a whole": "🦊 whole",
    "\ud83e alone": "\ufffd alone",
    "quote ' \" \\ \\u0000 \n\t\r%s :x": "quote ' \" \\ \\u0000 \n\t\r%s :x",
    "": "",
}


@pytest.mark.parametrize("kind", [PlainText(), Key()])
def test_text_comes_back_without_what_postgresql_refuses(store: Store, kind: TypeEngine[Any]) -> None:
    assert round_trip(store, kind, list(TEXTS)) == list(TEXTS.values())


def kept(store: Store, value: JsonValue) -> JsonValue:
    with store.writing(LEVER) as tx:
        put_state(tx, "key", value)
    with store.reading(LEVER) as tx:
        return get_state(tx, "key")


@pytest.mark.sampled(12)
@pytest.mark.parametrize(
    "value", [None, True, 7, 2.5, 0.1, "7", "null", "", [], {}, [None, {"a": [False]}], {"n": 2**53 + 1}]
)
def test_json_comes_back_as_it_was(store: Store, value: JsonValue) -> None:
    found = kept(store, value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", TEXTS)
def test_text_in_json_comes_back_without_what_postgresql_refuses(store: Store, text: str) -> None:
    assert kept(store, {"deep": [text], text: 1}) == {"deep": [TEXTS[text]], TEXTS[text]: 1}


@pytest.mark.parametrize("kind", [Word(), Key()])
def test_keys_sort_by_code_point(store: Store, kind: TypeEngine[Any]) -> None:
    table = Table("round_trip", MetaData(), Column("n", Integer, primary_key=True), Column("value", kind))
    round_trip(store, kind, ["b", "B", "ä", "a", "_", "-"])
    with store.reading(LEVER) as tx:
        assert "".join(tx.sql.execute(select(table.c.value).order_by(table.c.value)).scalars()) == "-B_abä"
