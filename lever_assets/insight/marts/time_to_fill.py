"""time_to_fill: how long it takes to fill a requisition.

Counted is a requisition that has ended and for which somebody was hired, in the month of its end: that is
Lever's `timeToFillEndAt`, else when it was closed. It takes from `opened_at` until then: Lever's
`timeToFillStartAt`, else when it was created.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.marts import TimeToFill


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each requisition that was filled."""
    requisitions = frames["requisitions"]
    ended = requisitions["time_to_fill_end_at"].fillna(requisitions["closed_at"])
    found = requisitions.assign(ended_at=ended).dropna(subset=["ended_at"])
    found = found[(found["headcount_hired"] > 0).fillna(False)]
    return found.assign(
        **{UNIT: found["id"]},
        month=common.month_of(found["ended_at"]),
        department=common.named(found["department"]),
        days=common.days_between(found["opened_at"], found["ended_at"]),
    )[[UNIT, "month", "department", "days"]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    by = ["month", "department"]
    rows = common.counted(found, by, filled=("month", "size"))
    return common.typed(rows.merge(common.quantiles(found, by, "days"), on=by), types_of(TimeToFill))
