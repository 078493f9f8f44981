"""What a person is shown of a mart in Dagster: some of its rows, and its picture."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from lever_assets.insight.keeping import as_rows
from lever_assets.insight.loading import mart_rows
from lever_assets.insight.report.pictures import FONTS, as_image, keep_fonts_in
from lever_assets.insight.report.reading import read
from lever_assets.insight.report.sections import SECTIONS, has_numbers
from lever_assets.settings import Settings
from lever_assets.store.reads import Preview
from lever_assets.store.transaction import Transaction
from lever_assets.unified.marts import BY_NAME, MONTH

_ROWS = 5


def shown_of(tx: Transaction, settings: Settings, marts: Collection[str]) -> dict[str, tuple[Preview, str]]:
    """Return what is shown of these marts, by name: some rows, and the picture as of now, "" for none."""
    keep_fonts_in(settings.data_dir / FONTS)
    drawn = plots(tx, settings, tx.instant)
    return {name: (preview(tx, name), drawn.get(name, "")) for name in marts}


def preview(tx: Transaction, mart: str) -> Preview:
    """Return some rows of the account's mart, those of the newest months."""
    rows = mart_rows(tx, mart).sort_values(MONTH, ascending=False, kind="stable").head(_ROWS)
    return Preview(BY_NAME[mart].columns, tuple(tuple(row.values()) for row in as_rows(rows)))


def plots(tx: Transaction, settings: Settings, at: datetime) -> dict[str, str]:
    """Return the pictures of the account's marts as of an instant, in Markdown, by mart.

    They are those of the report, but for the names of interviewers: Dagster keeps what it is told. There is
    none of a mart that has nothing to show.
    """
    known = replace(read(tx, at, settings), users={})
    drawn = {}
    for section in SECTIONS:
        rows = section.numbers(known)
        if has_numbers(rows):
            says = section.says_with(known.shortcomings.get(section.mart))
            drawn[section.mart] = f"{says}\n\n![{section.title}]({as_image(section.draw, rows)})"
    return drawn
