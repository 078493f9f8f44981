"""The page: HTML that holds all it needs, for a screen of any width, by day, by night and on paper."""

from dataclasses import fields
from html import escape
from string import Template
from typing import Any

import pandas as pd

from lever_assets.insight.report.numbers import Headline, Known, headlines
from lever_assets.insight.report.pictures import BY_DAY, BY_NIGHT, Colours, as_svg
from lever_assets.insight.report.sections import SECTIONS, Section, has_numbers

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --paper: #ffffff; $day --letters: system-ui, "Segoe UI", Roboto, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; $night } }
@media print {
  :root { --paper: #ffffff; $day }
  section { break-inside: avoid; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 var(--letters); -webkit-text-size-adjust: 100%; }
h1 { font-size: 1.6rem; margin: 0.5rem 0 0; line-height: 1.2; }
h2 { font-size: 1.15rem; margin: 0; }
p { margin: 0.25rem 0 0.75rem; color: var(--quiet); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem;
  margin: 1rem 0; }
dl div { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; background: var(--card);
  display: flex; flex-direction: column-reverse; justify-content: flex-end; }
dt { color: var(--quiet); font-size: 0.875rem; }
dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; }
section { border: 1px solid var(--line); border-radius: 0.5rem; padding: 1rem; margin: 1rem 0;
  background: var(--card); }
.both { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem;
  align-items: start; }
figure { margin: 0; }
figure svg { width: 100%; max-width: 34rem; height: auto; display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
td.text, th.text { text-align: left; }
tbody th { min-width: 5.5rem; }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
footer { color: var(--quiet); font-size: 0.875rem; margin: 1.5rem 0; }
@media (max-width: 46rem) { .both { grid-template-columns: minmax(0, 1fr); } body { padding: 0.75rem; } }
</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$about</p>
</header>
<main>
<dl>
$headlines
</dl>
$sections
</main>
<footer>What each figure means is written in docs/marts.md of lever-assets; the tables behind it are called
mart_<em>name</em>. Months and days are those of UTC.</footer>
</body>
</html>
"""
)


def page(known: Known, account: str) -> str:
    """Return the page of an account's numbers; it asks for nothing from elsewhere."""
    return _PAGE.substitute(
        title=escape(f"Recruiting at {account}"),
        about=escape(f"As of {known.at:%d %B %Y, %H:%M} UTC, from the tables that lever-assets keeps."),
        day=_variables(BY_DAY),
        night=_variables(BY_NIGHT),
        headlines="\n".join(map(_headline, headlines(known))),
        sections="\n".join(_section(each, each.numbers(known)) for each in SECTIONS),
    )


def _variables(colours: Colours) -> str:
    return " ".join(f"--{each.name}: {getattr(colours, each.name)};" for each in fields(colours))


def _headline(told: Headline) -> str:
    return f"<div><dt>{escape(told.of)}</dt><dd>{escape(told.figure)}</dd></div>"


def _section(section: Section, rows: pd.DataFrame) -> str:
    head = f'<section id="{section.mart}">\n<h2>{escape(section.title)}</h2>\n'
    if not has_numbers(rows):
        return f"{head}<p>{escape(section.empty)}</p>\n</section>"
    return (
        f"{head}<p>{escape(section.says)}</p>\n"
        f'<div class="both">\n<figure>{as_svg(section.draw, rows, section.mart)}</figure>\n'
        f"{_table(section, rows)}\n</div>\n</section>"
    )


def _table(section: Section, rows: pd.DataFrame) -> str:
    first, *_ = section.columns
    is_text = {name: not pd.api.types.is_numeric_dtype(rows[name]) for name in section.columns}
    head = "".join(
        f'<th scope="col"{_mark(is_text[name])}>{escape(told)}</th>' for name, told in section.columns.items()
    )
    body = []
    for row in rows[list(section.columns)].to_dict("records"):
        cells = [
            f'<th scope="row">{_cell(name, value)}</th>'
            if name == first
            else f"<td{_mark(is_text[str(name)])}>{_cell(name, value)}</td>"
            for name, value in row.items()
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(body)
        + "\n</tbody>\n</table></div>"
    )


def _mark(is_text: bool) -> str:
    return ' class="text"' if is_text else ""


def _cell(name: Any, value: Any) -> str:
    if pd.isna(value):
        return "–"
    if name == "rate":
        return f"{value:.0%}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return escape(f"{value:,}" if isinstance(value, int) else str(value))
