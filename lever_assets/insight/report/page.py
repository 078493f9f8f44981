"""The page: HTML that holds all it needs, for a screen of any width, by day, by night and on paper."""

from dataclasses import fields
from html import escape
from string import Template
from typing import Any

import pandas as pd

from lever_assets.insight.report.numbers import Headline, Known, headlines
from lever_assets.insight.report.pictures import BY_DAY, BY_NIGHT, Colours, as_svg
from lever_assets.insight.report.sections import Section, has_numbers, sections_of
from lever_assets.unified.marts import MONTH

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
html { scroll-behavior: smooth; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.25rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 var(--letters); -webkit-text-size-adjust: 100%; }
header { border-top: 0.3rem solid var(--first); padding-top: 1rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.1rem); margin: 0; line-height: 1.2; letter-spacing: -0.015em; }
h2 { font-size: 1.2rem; margin: 0; line-height: 1.3; letter-spacing: -0.01em; }
p { margin: 0.25rem 0 0.75rem; color: var(--quiet); max-width: 46rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem;
  margin: 1.25rem 0; }
dl div { border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.9rem 1rem;
  background: var(--card); display: flex; flex-direction: column-reverse; justify-content: flex-end; }
dt { color: var(--quiet); font-size: 0.875rem; line-height: 1.35; }
dd { margin: 0; font-size: 2rem; line-height: 1.25; font-weight: 650; color: var(--first);
  font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.4rem; list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 0.3rem 0.7rem; border: 1px solid var(--line); border-radius: 1rem;
  color: var(--ink); font-size: 0.875rem; text-decoration: none; }
nav a:hover, nav a:focus-visible { border-color: var(--first); color: var(--first); }
:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
section { border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.25rem; margin: 1rem 0;
  background: var(--card); scroll-margin-top: 0.75rem; }
.both { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2rem;
  align-items: start; }
figure { margin: 0; }
figure svg { width: 100%; max-width: 31rem; height: auto; display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; padding-left: 0; overflow-wrap: break-word; }
th:last-child, td:last-child { padding-right: 0; }
td.text, th.text { text-align: left; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover > * { background: var(--paper); }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
th.month { white-space: nowrap; }
footer { color: var(--quiet); font-size: 0.875rem; margin: 1.5rem 0; }
@media (max-width: 52rem) {
  .both { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
  body { padding: 0.75rem; }
  section { padding: 1rem 0.9rem; }
  dl div { padding: 0.7rem 0.8rem; }
  dd { font-size: 1.6rem; }
  nav ul { flex-wrap: nowrap; overflow-x: auto; padding-bottom: 0.4rem; }
  nav a { white-space: nowrap; }
  table { font-size: 0.8125rem; }
  th, td { padding: 0.3rem 0.25rem; }
}
@media (max-width: 27rem) { table { font-size: 0.75rem; } th, td { padding: 0.3rem 0.15rem; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  dl { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .both { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 1rem; }
  .wide { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: 0.15rem; }
  header, dl div, section { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
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
<nav aria-label="Questions"><ul>
$links
</ul></nav>
$sections
</main>
<footer>What each figure means is written in docs/marts.md of lever-assets; the tables behind it are called
mart_<em>name</em>. Months and days are those of UTC.</footer>
</body>
</html>
"""
)


_MONTHLY = ' class="month"'


def page(known: Known, account: str) -> str:
    """Return the page of an account's numbers; it asks for nothing from elsewhere."""
    sections = [(each, each.numbers(known)) for each in sections_of(known)]
    return _PAGE.substitute(
        title=escape(f"Recruiting at {account}"),
        about=escape(f"As of {known.at:%d %B %Y, %H:%M} UTC, from the tables that lever-assets keeps."),
        day=_variables(BY_DAY),
        night=_variables(BY_NIGHT),
        headlines="\n".join(map(_headline, headlines(known))),
        links="\n".join(f'<li><a href="#{each.mart}">{escape(each.title)}</a></li>' for each, _ in sections),
        sections="\n".join(_section(known, each, rows) for each, rows in sections),
    )


def _variables(colours: Colours) -> str:
    return " ".join(f"--{each.name}: {getattr(colours, each.name)};" for each in fields(colours))


def _headline(told: Headline) -> str:
    return f"<div><dt>{escape(told.of)}</dt><dd>{escape(told.figure)}</dd></div>"


def _section(known: Known, section: Section, rows: pd.DataFrame) -> str:
    shortcoming = known.shortcomings.get(section.mart)
    head = (
        f'<section id="{section.mart}" aria-labelledby="{section.mart}-title">\n'
        f'<h2 id="{section.mart}-title">{escape(section.title)}</h2>\n'
    )
    if not has_numbers(rows):
        return f"{head}<p>{escape(shortcoming or section.empty)}</p>\n</section>"
    says = f"Picture: {section.title}. Its numbers are in the table that follows."
    return (
        f"{head}<p>{escape(section.says_with(shortcoming))}</p>\n"
        f'<div class="both">\n<figure>{as_svg(section.draw, rows, section.mart, says)}</figure>\n'
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
            f'<th scope="row"{_MONTHLY * (name == MONTH)}>{_cell(name, value)}</th>'
            if name == first
            else f"<td{_mark(is_text[str(name)])}>{_cell(name, value)}</td>"
            for name, value in row.items()
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(section.title)}: numbers">'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table></div>"
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
