"""funnel: how many candidates entered each stage, and how many of them went on.

Counted is a candidate, once for each stage that they were in, in the month in which they entered it first,
and with the job and source that they have now. They passed it when they were, at any time, in a stage further
on (`global_index`), or were hired with any of their applications. A stage that Lever has no more is no place
that others can be passed by.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.marts import Funnel


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each candidate and each stage that they entered."""
    entered = frames["application_stage_changes"].dropna(subset=["candidate_id", "to_stage_id", "entered_at"])
    entered = entered.rename(columns={"to_stage_id": "stage_id"})
    first = entered.groupby(["candidate_id", "stage_id"])["entered_at"].min().reset_index()
    first = common.with_stage(first, frames["application_stages"])
    furthest = first.groupby("candidate_id")["stage_index"].transform("max")
    applications = frames["applications"]
    hired = applications.loc[common.is_hired(applications), "candidate_id"]
    went_on = (first["stage_index"] < furthest).fillna(False)
    found = first.assign(
        passed=(went_on | first["candidate_id"].isin(hired)).astype("Int64"),
        month=common.month_of(first["entered_at"]),
    )
    candidates = frames["candidates"][["id", "source"]].rename(columns={"id": "candidate_id"})
    found = found.merge(candidates, on="candidate_id", how="left")
    found = found.merge(common.job_of_candidates(applications), on="candidate_id", how="left")
    found = common.with_department(found, frames["jobs"])
    return found.assign(
        **{UNIT: found["candidate_id"]},
        job_id=common.known(found["job_id"]),
        source=common.named(found["source"]),
    )[[UNIT, "month", "job_id", "source", "stage_id", "department", "stage_name", "stage_index", "passed"]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    by = ["month", "job_id", "source", "stage_id"]
    rows = common.counted(
        found,
        by,
        department=("department", "first"),
        stage_name=("stage_name", "first"),
        stage_index=("stage_index", "first"),
        entered=(UNIT, "size"),
        passed=("passed", "sum"),
    )
    return common.typed(rows.assign(rate=common.rate(rows["passed"], rows["entered"])), types_of(Funnel))
