"""time_in_stage: how long candidates stay in each stage.

Counted is a visit that has ended, in the month in which it did: each one, where a stage was entered again. It
lasts from `entered_at` to `left_at`: until the next stage was entered, or the candidate was archived. Visits
that end before they begin (Lever's clocks) are left out.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.marts import TimeInStage


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each visit that has ended."""
    changes = frames["application_stage_changes"]
    ended = changes.dropna(subset=["candidate_id", "to_stage_id", "entered_at", "left_at"])
    ended = ended[ended["left_at"] >= ended["entered_at"]].rename(columns={"to_stage_id": "stage_id"})
    found = ended.assign(
        month=common.month_of(ended["left_at"]),
        days=common.days_between(ended["entered_at"], ended["left_at"]),
    )
    found = found.merge(common.job_of_candidates(frames["applications"]), on="candidate_id", how="left")
    found = common.with_department(found, frames["jobs"])
    found = common.with_stage(found, frames["application_stages"])
    return found.assign(**{UNIT: found["candidate_id"]}, department=common.named(found["department"]))[
        [UNIT, "month", "department", "stage_id", "stage_name", "stage_index", "days"]
    ]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    by = ["month", "department", "stage_id"]
    rows = common.counted(
        found,
        by,
        stage_name=("stage_name", "first"),
        stage_index=("stage_index", "first"),
        visits=(UNIT, "size"),
    )
    return common.typed(rows.merge(common.quantiles(found, by, "days"), on=by), types_of(TimeInStage))
