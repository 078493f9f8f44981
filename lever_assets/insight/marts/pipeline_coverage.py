"""pipeline_coverage: how many open applications there are for each open requisition.

Each requisition whose status in Lever is `open`, with the jobs that are linked to it and the applications to
these that are PENDING. An application to a job of two requisitions counts for both. Nobody is still to be
hired where more were hired than were to be.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.marts import PipelineCoverage

_OPEN = "open"


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each open requisition."""
    requisitions = frames["requisitions"]
    found = requisitions[(requisitions["status"] == _OPEN).fillna(False)]
    linked = frames["job_requisitions"][["job_id", "requisition_id"]].dropna().drop_duplicates()
    linked = linked[linked["job_id"].isin(frames["jobs"]["id"])]
    applications = frames["applications"]
    waiting = applications[(applications["outcome"] == ApplicationOutcome.PENDING).fillna(False)]
    by_job = waiting.groupby("job_id").size().astype("Int64")
    counts = linked.assign(waiting=linked["job_id"].map(by_job).astype("Int64").fillna(0))
    counts = counts.groupby("requisition_id").agg(jobs=("job_id", "size"), applications=("waiting", "sum"))
    hired = found["headcount_hired"].fillna(0)
    return found.assign(
        **{UNIT: found["id"]},
        requisition_id=found["id"],
        month=common.known(common.month_of(found["opened_at"])),
        headcount_hired=hired,
        headcount_open=(found["headcount_total"] - hired).clip(lower=0),
        jobs=found["id"].map(counts["jobs"]).astype("Int64").fillna(0),
        applications=found["id"].map(counts["applications"]).astype("Int64").fillna(0),
    ).pipe(
        lambda rows: rows.assign(coverage=common.rate(rows["applications"], rows["headcount_open"].fillna(0)))
    )[[UNIT, *types_of(PipelineCoverage)]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts, which are its rows."""
    return common.typed(found.sort_values("requisition_id"), types_of(PipelineCoverage))
