"""aging: open applications that wait, and since when.

Each application that is PENDING, with the stage that it is in. It waits since its candidate entered that
stage last; where that is not known, since the application was made. How many days that is depends on when one
asks, so no column has them: `julianday('now') - julianday(since)`, in PostgreSQL
`extract(epoch FROM now() - since) / 86400`.
"""

from datetime import datetime

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.marts import Aging


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each open application."""
    applications = frames["applications"]
    waiting = applications[(applications["outcome"] == ApplicationOutcome.PENDING).fillna(False)]
    waiting = waiting.dropna(subset=["candidate_id"]).rename(
        columns={"id": "application_id", "current_stage_id": "stage_id"}
    )
    entered = frames["application_stage_changes"].dropna(subset=["candidate_id", "to_stage_id"])
    last = entered.groupby(["candidate_id", "to_stage_id"])["entered_at"].max().reset_index()
    found = waiting.merge(last.rename(columns={"to_stage_id": "stage_id"}), how="left")
    found = common.with_department(found, frames["jobs"])
    found = common.with_stage(found, frames["application_stages"])
    since = found["entered_at"].fillna(found["remote_created_at"])
    return found.assign(
        **{UNIT: found["candidate_id"]},
        job_id=common.known(found["job_id"]),
        since=since,
        month=common.known(common.month_of(since)),
    )[[UNIT, *types_of(Aging)]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts, which are its rows."""
    return common.typed(found.sort_values("application_id"), types_of(Aging))


def days(rows: pd.DataFrame, at: datetime) -> pd.Series:
    """Return how many days each row of the mart waits by an instant; missing where its beginning is."""
    return common.days_between(rows["since"], pd.Series(at, index=rows.index, dtype="datetime64[us, UTC]"))
