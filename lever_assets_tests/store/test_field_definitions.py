"""Fields are counted in the rows as they are stored, on both databases alike."""

from random import Random
from typing import Any

import pytest

from lever_assets.store import Store
from lever_assets.store.field_definitions import (
    FieldCount,
    FieldDefinition,
    count_fields,
    definitions,
    drop_definitions,
    put_definitions,
)
from lever_assets.unified.parts import IntegrationField
from lever_assets_tests.store.builders import LEVER, T0, candidate, merged

EMPTY: tuple[Any, ...] = (None, [], {})
FILLED: dict[str, tuple[Any, ...]] = {
    "text": ("x", "null", "[]", '{"a": 1}', "漢字 'quoted'", "7"),
    "number": (0, 7, 7.5, -3, 10**12),
    "boolean": (True, False),
    "list": ([None], ["a", "b"], [[]]),
    "object": ({"a": None}, {"value": {"key": "k"}}),
}


def field(key: str, value: Any, *, custom: bool = False, label: str | None = None) -> IntegrationField:
    kind = "CUSTOM" if custom else "DEFAULT"
    return {"id": f"{kind} {key}", "key": key, "type": kind, "label": label, "value": value}  # type: ignore[typeddict-item]


def kind_of(value: Any) -> str | None:
    return next((kind for kind, values in FILLED.items() if any(value is each for each in values)), None)


def test_fields_are_counted_by_what_the_live_rows_hold(store: Store) -> None:
    chance = Random(5)
    every = [*EMPTY, *(value for values in FILLED.values() for value in values)]
    rows = {
        f"o{number}": [
            field(
                key,
                chance.choice(every),
                custom=chance.random() < 0.5,
                label=chance.choice([None, "Of", "A"]),
            )
            for key in chance.sample(["a", "b", 'odd "key"', "tags", "$.x"], chance.randrange(5))
        ]
        for number in range(300)
    }
    built = [(each, candidate(each, integration_fields=fields)) for each, fields in rows.items()]
    merged(store, *built, model="candidates")
    gone = [each for each in rows if chance.random() < 0.2]
    merged(store, sources=tuple(gone), model="candidates")

    live = [one for each, fields in rows.items() if each not in gone for one in fields]
    expected = [
        FieldCount(
            id=own,
            key=own.partition(" ")[2],
            is_custom=own.startswith("CUSTOM"),
            label=max((each["label"] for each in live if each["id"] == own and each["label"]), default=None),
            filled=sum(kind_of(each["value"]) is not None for each in live if each["id"] == own),
            kinds=frozenset(kind for each in live if each["id"] == own and (kind := kind_of(each["value"]))),
        )
        for own in {each["id"] for each in live}
    ]
    with store.reading(LEVER) as tx:
        seen, found = count_fields(tx, "candidates")
    assert seen == len(rows) - len(gone)
    assert found == sorted(expected, key=lambda each: (each.key, each.is_custom))
    assert len(found) == 10
    with store.reading("another") as tx:
        assert count_fields(tx, "candidates") == (0, [])


def test_common_values_are_the_most_common_texts_and_numbers_of_lever_s_own_fields(store: Store) -> None:
    values: list[Any] = ["b", "b", "a", "c", 7, 7, 7, 7.5, None, ["b"], {"b": 1}, True]
    rows = [
        (f"o{number}", candidate(f"o{number}", integration_fields=[field("team", value), field("x", "y")]))
        for number, value in enumerate(values)
    ]
    own = [field("team", "mine", custom=True)] * 9
    merged(store, *rows, ("own", candidate("own", integration_fields=own)), model="candidates")

    with store.reading(LEVER) as tx:
        _, found = count_fields(tx, "candidates", common=["team", "none"], most=4)
    assert [(each.key, each.is_custom, each.common) for each in found] == [
        ("team", False, ("7", "b", "7.5", "a")),
        ("team", True, ()),
        ("x", False, ()),
    ]


@pytest.fixture
def two() -> tuple[FieldDefinition, FieldDefinition]:
    def one(key: str, *, custom: bool) -> FieldDefinition:
        required = None if custom else False
        texts = ("a", "ü")
        return FieldDefinition(
            f"id of {key}", "jobs", key, "Label", None, "posting", custom, required, 1, 2, texts, T0
        )

    return one("zebra", custom=True), one("ant", custom=False)


def test_definitions_come_back_as_they_were_the_account_s_own_first(
    store: Store, two: tuple[FieldDefinition, FieldDefinition]
) -> None:
    with store.writing(LEVER) as tx:
        put_definitions(tx, "jobs", reversed(two))
        assert definitions(tx, "jobs") == [*two]
        assert definitions(tx, "offers") == []
    with store.writing("another") as tx:
        drop_definitions(tx, "jobs")
        assert definitions(tx, "jobs") == []
    with store.writing(LEVER) as tx:
        put_definitions(tx, "jobs", two[1:])
        assert definitions(tx, "jobs") == [two[1]]
