"""The README's picture of the lineage shows every model and every arrow, and is read at the README's width.

That it is current, like all that is generated, is seen to in test_docs.
"""

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lever_assets.unified.catalogue import MODELS

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


@pytest.fixture(params=["light", "dark"])
def picture(request: pytest.FixtureRequest) -> ElementTree.Element:
    return ElementTree.parse(IMAGES / f"lineage-{request.param}.svg").getroot()


def boxes(picture: ElementTree.Element) -> dict[str, Box]:
    """The left, top, right and bottom of each model's box: the one before its name, which is within it."""
    named = [(box, text) for box, text in pairwise(picture) if text.text in {each.name for each in MODELS}]
    found = {}
    for box, text in named:
        left, top, width, height = numbers(box, "x", "y", "width", "height")
        x, y, length = numbers(text, "x", "y", "textLength")
        assert left < x - length / 2 < x + length / 2 < left + width
        assert top < y < top + height
        found[str(text.text)] = (left, top, left + width, top + height)
    assert len(found) == len(named)
    return found


def numbers(element: ElementTree.Element, *names: str) -> tuple[float, ...]:
    return tuple(float(element.get(name, "nan")) for name in names)


def test_every_model_has_a_box_of_its_own_within_the_picture(picture: ElementTree.Element) -> None:
    found = boxes(picture)

    assert set(found) == {model.name for model in MODELS}
    width, height = numbers(picture, "width", "height")
    assert all(left >= 0 and right <= width and bottom <= height for left, _, right, bottom in found.values())
    for one, other in combinations(found.values(), 2):
        apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
        assert apart, (one, other)


def test_a_model_stands_below_those_that_it_comes_after_and_an_arrow_leads_from_each(
    picture: ElementTree.Element,
) -> None:
    found = boxes(picture)
    tips = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    ends = [tuple(map(float, re.findall(r"[\d.]+", path.get("d", ""))[-2:])) for path in tips]

    for model in MODELS:
        left, top, right, _ = found[model.name]
        assert all(found[before][3] < top for before in model.after)
        assert sum(left < x < right and abs(y - top) < 3 for x, y in ends) == len(model.after)


def test_it_is_read_at_the_width_of_a_readme(picture: ElementTree.Element) -> None:
    assert numbers(picture, "width") <= (830,)
    assert picture.get("viewBox", "").startswith(f"0 0 {picture.get('width')} ")
    assert min(float(each.get("font-size", "nan")) for each in picture.iter(f"{SVG}text")) >= 12
