"""What several marts share: which columns they read, months, days, medians, and the job of a candidate."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lever_assets.unified.enums import ApplicationOutcome

Frames = Mapping[str, pd.DataFrame]
"""By model, its live rows: those columns of it that are in `READS`."""

READS: dict[str, tuple[str, ...]] = {
    "candidates": ("id", "source", "remote_created_at"),
    "applications": (
        "id",
        "candidate_id",
        "job_id",
        "outcome",
        "current_stage_id",
        "hired_at",
        "remote_created_at",
    ),
    "application_stage_changes": ("id", "candidate_id", "to_stage_id", "entered_at", "left_at"),
    "application_stages": ("id", "name", "global_index"),
    "jobs": ("id", "department"),
    "interviews": ("id", "candidate_id", "starting_at", "ending_at", "canceled"),
    "interviewing_team_members": ("id", "interview_id", "user_id"),
    "offers": ("id", "application_id", "status", "remote_created_at"),
    "requisitions": (
        "id",
        "status",
        "department",
        "headcount_total",
        "headcount_infinite",
        "headcount_hired",
        "opened_at",
        "closed_at",
        "time_to_fill_start_at",
        "time_to_fill_end_at",
    ),
    "job_requisitions": ("id", "job_id", "requisition_id"),
}
"""What the marts read, by model."""

LONGEST = 200
"""Of a source or department in a key: PostgreSQL refuses to index a long text, and so the row.

The SQL of the marts cuts at the same place.
"""

UNIT = "unit"
"""Of a fact: the id of what is counted."""


def month_of(instants: pd.Series) -> pd.Series:
    """Return the month of each instant, in UTC, as 2026-10; missing where the instant is."""
    numbers: pd.Series[Any] = instants.dt.year * 100 + instants.dt.month
    names = {each: f"{int(each) // 100:04d}-{int(each) % 100:02d}" for each in numbers.dropna().unique()}
    return numbers.map(names).astype("string")


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Return the days between instants, of 86,400 seconds each, with fractions."""
    seconds: pd.Series[Any] = (end - start).dt.total_seconds()
    return (seconds / 86_400).astype("Float64")


def known(texts: pd.Series) -> pd.Series:
    """Return texts with an empty one where there is none, as a key has them."""
    return texts.astype("string").fillna("")


def named(texts: pd.Series) -> pd.Series:
    """Return names that people gave as a key has them: known, and no longer than `LONGEST` characters."""
    return known(texts).str.slice(0, LONGEST)


def with_stage(facts: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    """Return facts with name and place of the stage that they name in `stage_id`."""
    named = stages.rename(columns={"id": "stage_id", "name": "stage_name", "global_index": "stage_index"})
    return facts.merge(named, on="stage_id", how="left")


def with_department(facts: pd.DataFrame, jobs: pd.DataFrame) -> pd.DataFrame:
    """Return facts with the department of the job that they name in `job_id`."""
    return facts.merge(jobs.rename(columns={"id": "job_id"}), on="job_id", how="left")


def job_of_candidates(applications: pd.DataFrame) -> pd.DataFrame:
    """Return `candidate_id` and `job_id`: of several applications the one that came last counts.

    One of which nobody knows when it came is before all others; of equal ones the greater id counts.
    """
    newest = applications.dropna(subset=["candidate_id"]).sort_values(
        ["remote_created_at", "id"], na_position="first"
    )
    return newest.drop_duplicates("candidate_id", keep="last")[["candidate_id", "job_id"]]


def is_hired(applications: pd.DataFrame) -> pd.Series:
    """Tell of each application whether it ended in a hire."""
    return (applications["outcome"] == ApplicationOutcome.HIRED).fillna(False)


def counted(facts: pd.DataFrame, by: Sequence[str], **measures: tuple[str, str]) -> pd.DataFrame:
    """Return a row for each value of `by`, with what is counted of it; null is a value as any other."""
    return facts.groupby(list(by), dropna=False, sort=True, observed=True).agg(**measures).reset_index()


def quantiles(facts: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Return the median and the 90 % quantile of `value` for each value of `by`.

    Between two values they lie on the straight line, as with PERCENTILE_CONT in SQL.
    """
    grouped = facts.groupby(list(by), dropna=False, sort=True, observed=True)[value]
    both = {"median_days": grouped.quantile(0.5), "p90_days": grouped.quantile(0.9)}
    return pd.DataFrame(both).astype("Float64").reset_index()


def rate(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part / whole; missing where the whole is nothing."""
    return part.astype("Float64") / whole.astype("Float64").where(whole > 0)


def typed(found: pd.DataFrame, types: Mapping[str, Any]) -> pd.DataFrame:
    """Return the columns that `types` names, in its order, as these types."""
    return found[list(types)].astype(dict(types)).reset_index(drop=True)
