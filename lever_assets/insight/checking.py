"""Whether the figures of a mart can be right: keys come once, rates are between 0 and 1, counts add up."""

from collections.abc import Callable, Iterator

import pandas as pd

from lever_assets.insight.loading import mart_rows
from lever_assets.insight.marts.eeo import LEAST
from lever_assets.store.marts import live_rows
from lever_assets.store.transaction import Transaction
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.marts import BY_NAME, EEO

_PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "funnel": (("passed", "entered"),),
    "source_effectiveness": tuple(
        (part, "candidates") for part in ("applied", "interviewed", "offered", "hired")
    ),
    "offer_acceptance": (("accepted", "offers"),),
}
"""By mart, columns that count a part of what another counts."""
_SUMS = {"offer_acceptance": ("offers", ("accepted", "declined", "withdrawn", "undecided"))}
"""By mart, a column that is the sum of others."""
_TOTALS: dict[str, Callable[[Transaction, pd.DataFrame], tuple[int, int]]] = {
    "source_effectiveness": lambda tx, rows: (
        int(rows["candidates"].sum()),
        live_rows(tx, "candidates", known="remote_created_at"),
    ),
    "offer_acceptance": lambda tx, rows: (
        int(rows["offers"].sum()),
        live_rows(tx, "offers", known="remote_created_at"),
    ),
    "aging": lambda tx, rows: (
        len(rows),
        live_rows(tx, "applications", known="candidate_id", outcome=ApplicationOutcome.PENDING),
    ),
}
"""By mart: how many it counts, and how many rows of the tables there are to count."""


def faults(tx: Transaction, mart: str) -> list[str]:
    """Return a sentence for each thing that is wrong with the figures of a mart of the account."""
    return list(_faults(tx, mart))


def _faults(tx: Transaction, mart: str) -> Iterator[str]:
    rows = mart_rows(tx, mart)
    key = list(BY_NAME[mart].key)
    twice = int(rows.duplicated(key).sum())
    if twice:
        yield f"{twice:,} rows have a key that another has, too ({', '.join(key)})"
    if mart == EEO.name:
        small = int((rows["answers"] < LEAST).sum())
        if small:
            yield f"{small:,} groups are of fewer than {LEAST}"
    if "rate" in rows:
        outside = int((~rows["rate"].dropna().between(0, 1)).sum())
        if outside:
            yield f"{outside:,} rates are not between 0 and 1"
    for part, whole in _PARTS.get(mart, ()):
        more = int((rows[part] > rows[whole]).sum())
        if more:
            yield f"{more:,} rows have more {part} than {whole}"
    if mart in _SUMS:
        whole, parts = _SUMS[mart]
        others = int((rows[list(parts)].sum(axis=1) != rows[whole]).sum())
        if others:
            yield f"{others:,} rows have other {whole} than {', '.join(parts)} together"
    if mart in _TOTALS:
        counted, there = _TOTALS[mart](tx, rows)
        if counted != there:
            yield f"{counted:,} are counted, and {there:,} there"
