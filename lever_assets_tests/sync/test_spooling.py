"""Ids on their way to the mapping: none is lost, and however many they are, few are held."""

import tracemalloc
from collections.abc import Iterator

from lever_assets.sync.map.spooling import each_once


def test_each_comes_once_in_its_order() -> None:
    assert list(each_once(["b", "a", "b", "c", "a"])) == ["b", "a", "c"]
    assert list(each_once([])) == []


def test_whatever_an_id_is_made_of_it_comes_as_it_was() -> None:
    odd = ['"', "a\nb", "\\", "é\u2028😀", " ", ""]
    assert list(each_once(odd)) == odd


def test_all_are_taken_before_the_first_is_handed_on() -> None:
    ended: list[bool] = []

    def ids() -> Iterator[str]:
        yield from "abc"
        ended.append(True)

    first = next(each_once(ids()))
    assert (first, ended) == ("a", [True])


def test_of_more_than_are_remembered_none_is_lost() -> None:
    ids = [f"{n % 70}" for n in range(200)]
    found = list(each_once(ids, remembered=20))
    assert set(found) == set(ids)
    assert list(each_once(ids, remembered=70)) == ids[:70]


def test_a_great_many_take_no_memory() -> None:
    tracemalloc.start()
    try:
        assert sum(1 for _ in each_once(f"{n:036}" for n in range(300_000))) == 300_000
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
