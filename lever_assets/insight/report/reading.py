"""What the report is made of, read from an account's tables."""

from datetime import datetime

import pandas as pd

from lever_assets.frames.frame import as_frame
from lever_assets.insight.catalogue import MADE
from lever_assets.insight.loading import mart_rows, of_units
from lever_assets.insight.report.numbers import Known, months_before
from lever_assets.insight.standing import keeps_every_mart, shortcomings
from lever_assets.settings import Settings
from lever_assets.store.marts import units_in
from lever_assets.store.selecting import Asked, fields, in_batches
from lever_assets.store.transaction import Transaction
from lever_assets.unified.marts import EEO

_WITH_DAYS = ("time_in_stage", "time_to_hire", "time_to_fill")
_ROWS_AT_ONCE = 10_000


def read(tx: Transaction, at: datetime, settings: Settings) -> Known:
    """Return what the report of an account with these settings tells by an instant.

    Only of the months that it looks back at more is read than the marts themselves.
    """
    marts = keeps_every_mart(settings)
    facts = {}
    for name in _WITH_DAYS:
        made = MADE[name]
        units = units_in(tx, made.mart.counts, months_before(at)) if name in marts else ()
        facts[name] = made.facts(of_units(tx, made.mart.counts, units))
    users = _read(tx, "users", ["id", "first_name", "last_name"])
    names = (users["first_name"].fillna("") + " " + users["last_name"].fillna("")).str.strip()
    requisitions = _read(tx, "requisitions", ["id", "requisition_code", "name"])
    return Known(
        at,
        marts={name: mart_rows(tx, name) for name in (*MADE, *(each for each in marts if each == EEO.name))},
        facts=facts,
        users={one: name for one, name in zip(users["id"], names, strict=True) if name},
        requisitions=_by_id(requisitions, "name"),
        codes=_by_id(requisitions, "requisition_code"),
        shortcomings=shortcomings(tx, settings),
    )


def _by_id(rows: pd.DataFrame, column: str) -> dict[str, str]:
    """Return a column by the id of its row, where it has anything."""
    known = rows.dropna(subset=[column])
    return dict(zip(known["id"], known[column], strict=True))


def _read(tx: Transaction, table: str, columns: list[str]) -> pd.DataFrame:
    asked = Asked(table=table, columns=columns)
    return as_frame(fields(asked), in_batches(tx, asked, _ROWS_AT_ONCE))
