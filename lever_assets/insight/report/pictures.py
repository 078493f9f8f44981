"""The pictures of the report and of Dagster's UI, drawn by matplotlib: from a table of numbers to SVG or PNG.

In a page colours are variables of the page, so that one picture is right by day, by night and on paper. No
meaning lies in a colour alone: each bar has its number or its name.
"""

import base64
import io
import logging
import os
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lever_assets import private
from lever_assets.insight.marts.eeo import QUESTIONS
from lever_assets.insight.report.numbers import OTHERS, WAITING
from lever_assets.unified.marts import MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 4.2
"""Inches, of 100 dots: small enough that its letters can be read on a telephone."""
_LETTERS = 9.5
_COLOURS = 24
FONTS = "matplotlib"
"""The folder, below that of the data, for what matplotlib keeps."""


@dataclass(frozen=True)
class Colours:
    """What is drawn in which colour."""

    ink: str = "#1f2328"
    quiet: str = "#59636e"
    line: str = "#d1d9e0"
    first: str = "#0b6bcb"
    second: str = "#b35900"
    third: str = "#0f766e"
    fourth: str = "#7a3fb0"
    pale: str = "#b6d4f2"
    card: str = "#f6f8fa"
    age_1: str = "#a9cdf0"
    age_2: str = "#4a90d9"
    age_3: str = "#e8b04a"
    age_4: str = "#cf6f1e"
    age_5: str = "#9c2f12"


BY_DAY = Colours()
BY_NIGHT = Colours(
    ink="#e6edf3",
    quiet="#9aa5b1",
    line="#3d444d",
    first="#6cb6ff",
    second="#f0a35e",
    third="#5ec8ba",
    fourth="#c49bf0",
    pale="#2d5578",
    card="#161b22",
    age_1="#2d5578",
    age_2="#5aa2e6",
    age_3="#caa04a",
    age_4="#f0904e",
    age_5="#ff7a5c",
)
_STAND_INS = Colours(*(f"#0102{number:02x}" for number in range(16, 16 + len(fields(Colours)))))
"""Colours that nobody else uses: in SVG they become the variables of the page."""

Draw = Callable[["Axes", pd.DataFrame, Colours], None]


def funnel(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many entered each stage, and inside how many of them passed it."""
    places = _down(axes, rows["stage"])
    axes.barh(places, _floats(rows["entered"]), color=colours.pale, height=0.72)
    axes.barh(places, _floats(rows["passed"]), color=colours.first, height=0.72)
    labels = [
        f"{entered:,} · {rate:.0%}" for entered, rate in zip(rows["entered"], rows["rate"], strict=True)
    ]
    _beside(axes, places, _floats(rows["entered"]), labels, colours)


def days_by_stage(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw the median of each stage, and a line up to what nine of ten take."""
    places = _down(axes, rows["stage"])
    median, most = _floats(rows["median_days"]), _floats(rows["p90_days"])
    axes.barh(places, median, color=colours.first, height=0.5)
    axes.hlines(places, median, most, color=colours.second, linewidth=2)
    axes.plot(most, places, "|", color=colours.second, markersize=9, markeredgewidth=2)
    labels = [f"{one:,.1f} / {other:,.1f}" for one, other in zip(median, most, strict=True)]
    _beside(axes, places, most, labels, colours)


def days_by_month(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw the median of each month as a line with points, and what nine of ten take as a dashed one."""
    places = _along(axes, rows[MONTH])
    median, most = _floats(rows["median_days"]), _floats(rows["p90_days"])
    axes.plot(places, most, "--s", color=colours.second, markersize=4, linewidth=1.4, label="nine of ten")
    axes.plot(places, median, "-o", color=colours.first, markersize=5, linewidth=2, label="median")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("days")
    axes.grid(axis="y", color=colours.line, linewidth=0.8)
    _legend(axes, colours)


def sources(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many candidates came from each source; beside it how many were hired."""
    rows = _without_others(rows, "source")
    places = _down(axes, rows["source"])
    axes.barh(places, _floats(rows["candidates"]), color=colours.pale, height=0.72)
    axes.barh(places, _floats(rows["interviewed"]), color=colours.first, height=0.72)
    labels = [f"{hired:,} hired, {rate:.1%}" for hired, rate in zip(rows["hired"], rows["rate"], strict=True)]
    _beside(axes, places, _floats(rows["candidates"]), labels, colours)


def interviewers(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many interviews each had; beside it how many hours."""
    rows = _without_others(rows, "interviewer")
    places = _down(axes, rows["interviewer"])
    held = _floats(rows["interviews"])
    axes.barh(places, held, color=colours.first, height=0.72)
    labels = [
        f"{count:,}, {hours:,.0f} h" for count, hours in zip(rows["interviews"], rows["hours"], strict=True)
    ]
    _beside(axes, places, held, labels, colours)


def offers(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw what became of each month's offers, one on the other; called as beside it."""
    places = _along(axes, rows[MONTH])
    looks = {
        "accepted": ("accepted", colours.third),
        "declined": ("declined", colours.second),
        "withdrawn": ("withdrawn", colours.fourth),
        "undecided": ("open", colours.pale),
    }
    below = [0.0] * len(rows)
    for name, (label, colour) in looks.items():
        values = _floats(rows[name])
        axes.bar(places, values, bottom=below, color=colour, edgecolor=colours.card, label=label)
        below = [one + other for one, other in zip(below, values, strict=True)]
    axes.grid(axis="y", color=colours.line, linewidth=0.8)
    _legend(axes, colours)


def waiting(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many wait in each stage, by how long: the longer, the further to the right and the warmer."""
    places = _down(axes, rows["stage"])
    looks = (colours.age_1, colours.age_2, colours.age_3, colours.age_4, colours.age_5)
    left = [0.0] * len(rows)
    for name, colour in zip(WAITING, looks, strict=True):
        values = _floats(rows[name])
        axes.barh(places, values, left=left, color=colour, edgecolor=colours.card, height=0.72, label=name)
        left = [one + other for one, other in zip(left, values, strict=True)]
    _beside(axes, places, left, [f"{count:,}" for count in rows["all"]], colours)
    _legend(axes, colours)


def coverage(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many open applications there are for each that is to be hired."""
    places = _down(axes, rows["requisition"])
    values = _floats(rows["coverage"])
    axes.barh(places, values, color=colours.first, height=0.72)
    labels = [
        f"{value:,.1f} · {open_:,} to hire"
        for value, open_ in zip(values, rows["headcount_open"], strict=True)
    ]
    _beside(axes, places, values, labels, colours)


def answers(axes: "Axes", rows: pd.DataFrame, colours: Colours) -> None:
    """Draw how many gave each answer, each question in a colour of its own; the table names it."""
    places = _down(axes, rows["answer"])
    looks = dict(zip(QUESTIONS, (colours.first, colours.second, colours.third, colours.fourth), strict=True))
    values = _floats(rows["answers"])
    axes.barh(places, values, color=[looks[each] for each in rows["question"]], height=0.72)
    labels = [
        f"{count:,}, {question}" for count, question in zip(rows["answers"], rows["question"], strict=True)
    ]
    _beside(axes, places, values, labels, colours)


def keep_fonts_in(folder: Path) -> None:
    """Let matplotlib keep in a folder, and not in the user's home, which fonts it has found.

    To be called before anything is drawn. Where the folder can't be made it looks for another place.
    """
    with suppress(OSError):
        private.make_folder(folder)
        os.environ.setdefault("MPLCONFIGDIR", str(folder))


def as_svg(draw: Draw, rows: pd.DataFrame, name: str, says: str) -> str:
    """Return the picture as SVG for a page, with the page's variables (`--ink`) as colours.

    `name` tells its ids from those of other pictures on the page, `says` is read to who can't see it.
    """
    text = _drawn(draw, rows, _STAND_INS, "svg", name).decode()
    text = text[text.index("<svg") :]
    for each in fields(Colours):
        text = re.sub(getattr(_STAND_INS, each.name), f"var(--{each.name})", text, flags=re.IGNORECASE)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # each picture of a page would have the same
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = text.replace("<svg", f'<svg role="img" aria-label="{escape(says)}"', 1)
    return re.sub(r"'?DejaVu Sans'?[^;\"]*", "var(--letters)", text).strip()


def as_image(draw: Draw, rows: pd.DataFrame) -> str:
    """Return the picture as the address of an image that holds itself, for Markdown.

    It has few colours: so it takes a quarter of the room, and Dagster keeps every one.
    """
    from PIL import Image  # noqa: PLC0415 - as below

    drawn, small = io.BytesIO(_drawn(draw, rows, BY_DAY, "png", "image")), io.BytesIO()
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(_COLOURS).save(small, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"


def _drawn(draw: Draw, rows: pd.DataFrame, colours: Colours, form: str, name: str) -> bytes:
    # The first time it says that it looks for fonts, and where it keeps what it found.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib as mpl  # noqa: PLC0415 - it takes half a second, and nothing else needs it
    from matplotlib.figure import Figure  # noqa: PLC0415

    looks: Any = {
        "svg.fonttype": "none",
        "text.parse_math": False,  # a name with two $ is no formula, and one that is wrong would be an error
        "svg.hashsalt": name,
        "font.size": _LETTERS,
        "text.color": colours.ink,
        "axes.labelcolor": colours.quiet,
        "xtick.color": colours.quiet,
        "ytick.color": colours.ink,
    }
    with mpl.rc_context(looks), warnings.catch_warnings():
        # A name in letters that its own font lacks: a browser has them.
        warnings.filterwarnings("ignore", r"Glyph \d+")
        high = 0.9 + 0.3 * len(rows) if draw in _DOWN else 2.7
        figure = Figure(figsize=(_WIDTH, max(1.4, high)), layout="constrained")
        axes = figure.subplots()
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side in {"left", "bottom"})
            spine.set_color(colours.line)
        axes.tick_params(length=0)
        draw(axes, rows, colours)
        out = io.BytesIO()
        figure.savefig(out, format=form, transparent=form == "svg", dpi=100, metadata=_METADATA[form])
    return out.getvalue()


_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
"""Nothing that tells when and by what it was drawn: equal numbers give equal bytes."""
_DOWN = (funnel, days_by_stage, sources, interviewers, waiting, coverage, answers)
_LONGEST = 24


def _without_others(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows but for that of all others together, beside which each would look small."""
    return rows[~rows[name].str.startswith(OTHERS)]


def _down(axes: "Axes", names: "pd.Series[Any]") -> list[int]:
    """Name the rows of a picture from the top down, and return their places."""
    places = list(range(len(names)))
    axes.set_yticks(places, [_shown(str(each)) for each in names])
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return places


def _along(axes: "Axes", months: "pd.Series[Any]") -> list[int]:
    """Name some months along the bottom, and return the places of all."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - as below

    places = list(range(len(months)))
    names = [str(each) for each in months]
    shown = [place for place in places if (len(places) - 1 - place) % 3 == 0]
    axes.set_xticks(shown, [names[place] for place in shown])
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    return places


def _shown(text: str) -> str:
    """Return a name as a picture has it: not too wide, and of letters that XML allows."""
    told, left = "", _LONGEST
    for each in text:
        left -= 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if left < 0:
            return f"{told}…"
        told += each if each.isprintable() else " "
    return told


def _beside(
    axes: "Axes", places: Sequence[int], ends: Sequence[float], labels: Sequence[str], colours: Colours
) -> None:
    """Write a label at the end of each bar, and leave room for the longest."""
    most = max((each for each in ends if each == each), default=0.0) or 1.0  # noqa: PLR0124 - NaN
    for place, end, label in zip(places, ends, labels, strict=True):
        axes.text(end + most * 0.03, place, label, va="center", color=colours.quiet, fontsize=_LETTERS - 1)
    room = max((len(each) for each in labels), default=0)
    axes.set_xlim(0, most * (1.05 + 0.035 * room))


def _legend(axes: "Axes", colours: Colours) -> None:
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        frameon=False,
        labelcolor=colours.quiet,
        fontsize=_LETTERS - 1,
        handlelength=1.2,
        columnspacing=1.0,
    )


def _floats(column: "pd.Series[Any]") -> list[float]:
    return [float("nan") if pd.isna(each) else float(each) for each in column]
