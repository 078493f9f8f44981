import re

from hypothesis import given, settings
from hypothesis import strategies as st

from lever_assets.unified.ids import joined, unified_id

BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")


@given(st.text(), st.text(), st.text())
@settings(max_examples=50, deadline=None)
def test_an_id_is_24_characters_of_base58_and_always_the_same(
    connection: str, model: str, remote_id: str
) -> None:
    found = unified_id(connection, model, remote_id)

    assert BASE58.fullmatch(found)
    assert found == unified_id(connection, model, remote_id)


def test_an_id_stays_what_earlier_versions_stored() -> None:
    assert unified_id("lever", "jobs", "f00fc049-3ddb-4144-b23b-78688949ce2f") == "38Uq8DaTLFdZ6vdLpqi9T4fq"


def test_connection_model_and_remote_id_each_make_another_id() -> None:
    triples = [(a, b, c) for a in ("x", "y") for b in ("jobs", "users") for c in ("1", "2", "12")]

    assert len({unified_id(*triple) for triple in triples}) == len(triples)


def test_joined_ids_keep_their_borders() -> None:
    assert joined("ab", "c") != joined("a", "bc")
    assert joined("a") == "a"


def test_a_lone_surrogate_in_a_remote_id_is_no_error() -> None:
    assert BASE58.fullmatch(unified_id("lever", "tags", "\ud800"))
