"""interviewer_load: how much each user interviews.

Counted is a user in an interview, in the month in which it begins, coming ones included. One of which no end
is known takes no hours.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.marts import InterviewerLoad


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each user in each interview."""
    interviews = frames["interviews"].dropna(subset=["starting_at"])
    members = frames["interviewing_team_members"].dropna(subset=["user_id"])
    members = members[["interview_id", "user_id"]].rename(columns={"interview_id": UNIT})
    found = members.merge(interviews.rename(columns={"id": UNIT}), on=UNIT)
    canceled = found["canceled"].fillna(False)
    hours = common.days_between(found["starting_at"], found["ending_at"]) * 24
    return found.assign(
        month=common.month_of(found["starting_at"]),
        held=(~canceled).astype("Int64"),
        called_off=canceled.astype("Int64"),
        hours=hours.fillna(0.0).where(~canceled, 0.0),
    )[[UNIT, "month", "user_id", "held", "called_off", "hours"]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    rows = common.counted(
        found,
        ["month", "user_id"],
        interviews=("held", "sum"),
        canceled=("called_off", "sum"),
        hours=("hours", "sum"),
    )
    return common.typed(rows, types_of(InterviewerLoad))
