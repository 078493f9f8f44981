"""time_to_hire: how long it takes from the application to the hire.

Counted is an application that was hired, in the month of `hired_at`. It takes from when the application was
made (`remote_created_at`) until then; one of which that is not known is a hire without days.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.marts import TimeToHire


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each hire."""
    applications = frames["applications"]
    hired = applications[common.is_hired(applications)].dropna(subset=["hired_at", "candidate_id"])
    found = common.with_department(hired, frames["jobs"])
    return found.assign(
        **{UNIT: found["candidate_id"]},
        month=common.month_of(found["hired_at"]),
        department=common.named(found["department"]),
        days=common.days_between(found["remote_created_at"], found["hired_at"]),
    )[[UNIT, "month", "department", "days"]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    by = ["month", "department"]
    rows = common.counted(found, by, hires=("month", "size"))
    return common.typed(rows.merge(common.quantiles(found, by, "days"), on=by), types_of(TimeToHire))
