"""How the marts of an account stand, for `status`: without pandas."""

from dataclasses import dataclass
from datetime import datetime

from lever_assets.insight.answers import COUNTING, Counting, why_not_counted
from lever_assets.insight.standing import MADE_OF, changed_below, keeps_marts, shortcomings
from lever_assets.settings import Settings
from lever_assets.store.marts import counted_rows
from lever_assets.store.transaction import Transaction
from lever_assets.unified.marts import BY_NAME, EEO


@dataclass(frozen=True)
class MartStatus:
    """One mart: its rows, and when it was made last (UTC). `doubt`: why it may not tell all that there is."""

    mart: str
    rows: int
    made_at: datetime | None
    doubt: str | None


def marts_status(tx: Transaction, settings: Settings) -> tuple[MartStatus, ...]:
    """Return how the marts stand that the settings want."""
    made, rows, doubts = MADE_OF.read(tx), counted_rows(tx), shortcomings(tx, settings)
    found = []
    for name in keeps_marts(settings):
        at = made.at if made and name in made.marts else None
        behind = changed_below(tx, name) if at else []
        doubt = f"Since then changed: {', '.join(behind)}." if behind else doubts.get(name)
        found.append(MartStatus(BY_NAME[name].table, rows[name], at, doubt))
    if settings.counts_eeo:
        counted = COUNTING.read(tx) or Counting()
        found.append(MartStatus(EEO.table, rows[EEO.name], counted.at, why_not_counted(tx)))
    return tuple(found)
