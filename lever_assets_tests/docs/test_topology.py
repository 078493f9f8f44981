"""The drawing of an installation shows what deploy/compose.yaml declares: services, ports, volumes, arrows.

That it is current, like all that is generated, is seen to in test_docs.
"""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.topology import Service, calls, services
from lever_assets_tests.deploy.composed import COMPOSE, SERVICES

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
SVG = "{http://www.w3.org/2000/svg}"
OURS = {name for name, each in SERVICES.items() if "build" in each}
FRAME = "our image"
OUTSIDE = {"Lever’s events", "people’s browsers", "your product", "Lever’s API"}


@pytest.fixture(params=["light", "dark"])
def picture(request: pytest.FixtureRequest) -> ElementTree.Element:
    return ElementTree.parse(IMAGES / f"topology-{request.param}.svg").getroot()


def texts(picture: ElementTree.Element) -> list[str]:
    return [str(each.text) for each in picture.iter(f"{SVG}text")]


def boxes(picture: ElementTree.Element) -> dict[str, tuple[float, float, float, float]]:
    """The left, top, right and bottom of each box, by what stands in it; of the frame too."""
    found = {}
    for rect, text in pairwise(picture):
        if rect.tag == f"{SVG}rect":
            left, top, width, height = (
                float(rect.get(each, "nan")) for each in ("x", "y", "width", "height")
            )
            name = FRAME if width > 800 else str(text.text).partition(" ×")[0]
            found[name] = (left, top, left + width, top + height)
    return found


def arrows(picture: ElementTree.Element) -> set[tuple[str, str]]:
    """From which box to which box arrows lead; each end is at an edge of the smallest box that it touches."""
    places = sorted(boxes(picture).items(), key=lambda each: each[1][2] - each[1][0])

    def touched(x: float, y: float) -> str:
        # Below a box stands what it runs: an arrow begins under that.
        near = (name for name, (a, b, c, d) in places if a - 3 < x < c + 3 and b - 3 < y < d + 25)
        edges = (name for name in near if name != FRAME or y > places[-1][1][3] - 3)
        return next(edges)

    found = set()
    for path in picture.iter(f"{SVG}path"):
        if path.get("marker-end"):
            way = re.fullmatch(r"M([\d.]+) ([\d.]+)([HV])([\d.]+)", path.get("d", ""))
            assert way
            x, y, to = float(way[1]), float(way[2]), float(way[4])
            end = (to, y) if way[3] == "H" else (x, to)
            found.add((touched(x, y), touched(*end)))
    return found


def test_every_service_is_in_it_with_its_image_its_number_and_its_port(picture: ElementTree.Element) -> None:
    told = texts(picture)
    for name, each in SERVICES.items():
        many = each.get("deploy", {}).get("replicas", 1)
        assert (name if many == 1 else f"{name} × {many}") in told
        if name not in OURS:
            assert any(text.startswith(each["image"]) for text in told)
        for port in each.get("ports", []):
            assert port.rpartition(":")[0] in told
    inside = boxes(picture)[FRAME]
    within = {name for name, at in boxes(picture).items() if inside[1] < at[1] and at[3] < inside[3]}
    assert within == OURS


def test_every_arrow_is_one_of_the_file_and_none_is_missing(picture: ElementTree.Element) -> None:
    assert all({"database", "broker"} == set(SERVICES[name]["depends_on"]) for name in OURS)
    assert all(SERVICES[name]["environment"]["DAGSTER_CODE_HOST"] == "code" for name in OURS)
    assert all("shared" in SERVICES[name]["volumes"][0] for name in OURS)
    assert arrows(picture) == {
        *((FRAME, each) for each in ("database", "broker", "volume shared")),
        ("daemon", "code"),
        ("webserver", "code"),
        ("database", "volume database"),
        ("Lever’s events", "webhooks"),
        ("people’s browsers", "webserver"),
        ("your product", "api"),
        ("code", "Lever’s API"),
        ("worker", "Lever’s API"),
    }


def test_every_volume_is_in_it_and_nothing_else(picture: ElementTree.Element) -> None:
    volumes = {f"volume {name}" for name in COMPOSE["volumes"]}
    assert set(boxes(picture)) == {FRAME, *OUTSIDE, *SERVICES, *volumes}


def test_a_variable_that_names_a_service_and_of_which_nothing_is_known_is_told() -> None:
    added = Service("added", {"build": {}, "environment": {"OTHER_URL": "http://webserver:3000"}})
    with pytest.raises(KeyError, match="OTHER_URL"):
        list(calls([*services(), added]))


def test_it_is_read_at_the_width_of_a_page(picture: ElementTree.Element) -> None:
    assert float(picture.get("width", "nan")) <= 830
    assert min(float(each.get("font-size", "nan")) for each in picture.iter(f"{SVG}text")) >= 12
    width, height = 830.0, float(picture.get("height", "nan"))
    assert all(a >= 0 and b >= 0 and c <= width and d <= height for a, b, c, d in boxes(picture).values())
