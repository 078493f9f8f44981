"""The report: its numbers are those of the marts, and the page holds all it needs."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lever_assets.insight.keeping import keep_up
from lever_assets.insight.report import numbers
from lever_assets.insight.report.numbers import Known
from lever_assets.insight.report.page import page
from lever_assets.insight.report.pictures import BY_DAY, BY_NIGHT, Colours, as_image, as_svg
from lever_assets.insight.report.reading import read
from lever_assets.insight.report.sections import SECTIONS, has_numbers
from lever_assets.settings import Settings
from lever_assets.sync.session import Session
from lever_assets.unified.marts import MARTS
from lever_assets_tests.insight.worlds import put, world

AT = datetime(2026, 9, 1, tzinfo=UTC)


def known_of(folder: Path, candidates: int) -> Known:
    settings = Settings(data_dir=folder)
    with Session.open(settings) as session:
        made = world(3, candidates)
        made.rows["users"] = [{"id": "u1", "first_name": "Ada", "last_name": "<Lovelace>"}]
        put(session.store, made.rows)
        keep_up(session)
        with session.reading() as tx:
            return read(tx, AT, settings)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return known_of(tmp_path_factory.mktemp("report"), 200)


class Reader(HTMLParser):
    """Keeps the cells of each section's table, and complains of tags that are left open."""

    void = frozenset({"meta", "br", "path", "use", "circle", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.section = ""
        self.cells: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs)["id"] or ""
            self.cells[self.section] = []

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells[self.section].append(data)


def test_there_is_a_section_for_each_mart() -> None:
    assert sorted(each.mart for each in SECTIONS) == sorted(each.name for each in MARTS)


def test_every_picture_has_its_numbers_beside_it(known: Known) -> None:
    reader = Reader()
    reader.feed(page(known, "acme"))
    assert reader.open == []
    for section in SECTIONS:
        rows = section.numbers(known)
        assert has_numbers(rows), section.mart
        assert len(reader.cells[section.mart]) == (len(rows) + 1) * len(section.columns)


def test_counts_are_those_of_the_marts(known: Known) -> None:
    months = set(known.months)
    assert (min(months), max(months), len(months)) == ("2025-10", "2026-09", 12)
    funnel = known.marts["funnel"]
    lately = funnel[funnel["month"].isin(months)]
    assert numbers.funnel(known)["entered"].sum() == lately["entered"].sum()
    assert numbers.time_to_hire(known)["hires"].sum() == known.marts["time_to_hire"]["hires"].sum()
    assert numbers.waiting(known)["all"].sum() == len(known.marts["aging"])
    sources = known.marts["source_effectiveness"]
    assert numbers.sources(known)["candidates"].sum() == sources["candidates"].sum()


def test_few_are_shown_and_the_others_together(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numbers.interviewers(known)
    monkeypatch.setattr(numbers, "MOST", 3)
    few = numbers.interviewers(known)
    assert list(few["interviewer"][:2]) == list(whole["interviewer"][:2])
    assert few["interviewer"][2] == f"all others ({len(whole) - 2})"
    assert few["interviews"].sum() == whole["interviews"].sum()


def test_requisitions_of_one_name_are_told_apart_by_their_codes(known: Known) -> None:
    [one, other, third, *_] = known.marts["pipeline_coverage"].dropna(subset=["coverage"])["requisition_id"]
    alike = replace(
        known,
        requisitions={one: "Engineer", other: "Engineer", third: "Designer"},
        codes={one: "REQ-1", other: "REQ-2", third: "REQ-3"},
    )
    shown = set(numbers.coverage(alike)["requisition"])
    assert {"REQ-1 Engineer", "REQ-2 Engineer", "Designer"} <= shown


def test_what_people_have_written_is_no_html(known: Known) -> None:
    text = page(known, "<b>acme</b>")
    assert "Ada &lt;Lovelace&gt;" in text
    assert "<Lovelace>" not in text
    assert "<b>" not in text


@pytest.mark.parametrize("name", [r"$\frac{$ of $500", "\x01\x0b\u202e", "A" * 10_000, ""])
def test_a_picture_takes_any_name(known: Known, name: str) -> None:
    rows = known.marts["source_effectiveness"].assign(source=name)
    odd = replace(known, marts={**known.marts, "source_effectiveness": rows})
    (sources,) = (each for each in SECTIONS if each.mart == "source_effectiveness")
    drawn = as_svg(sources.draw, sources.numbers(odd), sources.mart, sources.title)
    shown = "".join(ElementTree.fromstring(drawn).itertext())  # it is well-formed
    assert (name[:9] or "not said") in shown or not name.isprintable()


def test_the_page_asks_for_nothing_from_elsewhere(known: Known) -> None:
    text = page(known, "acme")
    addresses = set(re.findall(r"https?://[^\"'\s)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert len(text) < 200_000
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_colours_are_those_of_the_page_by_day_and_by_night(known: Known) -> None:
    text = page(known, "acme")
    pictures = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert "var(--first)" in pictures
    used = set(re.findall(r"#[0-9a-f]{6}\b", pictures))
    assert not used, used


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lights = sorted((_light(one), _light(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("colours", [BY_DAY, BY_NIGHT])
def test_letters_and_bars_stand_out_as_wcag_wants(colours: Colours) -> None:
    for letters in (colours.ink, colours.quiet, colours.first):
        assert _contrast(letters, colours.card) >= 4.5
    for bar in (colours.first, colours.second, colours.third, colours.fourth, colours.age_4, colours.age_5):
        assert _contrast(bar, colours.card) >= 3


def test_an_empty_account_has_a_page_that_says_so(tmp_path: Path) -> None:
    known = known_of(tmp_path, 0)
    text = page(known, "acme")
    for section in SECTIONS:
        assert section.empty in text
    assert "<svg" not in text


def test_equal_numbers_give_equal_pictures(known: Known) -> None:
    section = SECTIONS[0]
    rows = section.numbers(known)
    assert as_image(section.draw, rows) == as_image(section.draw, rows.copy())
    assert page(known, "acme") == page(known, "acme")


@pytest.mark.parametrize("name", ["Sales $100k-$200k", "a $\\frac{ $ b"])
def test_dollars_in_a_name_are_no_formula(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=tmp_path)
    with Session.open(settings) as session:
        made = world(5, 30)
        for row in made.rows["candidates"]:
            row["source"] = name
        put(session.store, made.rows)
        keep_up(session)
        with session.reading() as tx:
            known = read(tx, AT, settings)
    assert html.escape(name, quote=False) in page(known, "lever").split("<svg", 1)[1]
