"""What each figure means, in small cases that can be counted by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from lever_assets.frames.frame import TYPES
from lever_assets.insight.catalogue import MADE
from lever_assets.insight.keeping import as_rows
from lever_assets.insight.marts import aging
from lever_assets.insight.marts.common import READS
from lever_assets.store.selecting import Asked, fields
from lever_assets.unified.marts import MARTS, MONTH

Rows = Mapping[str, list[dict[str, Any]]]
STAGES = [{"id": f"s{place}", "name": f"Stage {place}", "global_index": place} for place in range(4)]


def day(month: int, number: int, hour: int = 0) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def mart(name: str, **rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a mart of these rows of tables; a column that a row lacks is null."""
    known: Rows = {"application_stages": STAGES, **rows}
    frames = {
        model: pd.DataFrame(
            {
                field.name: pd.Series(
                    [row.get(field.name) for row in known.get(model, ())], dtype=TYPES[field.kind]
                )
                for field in fields(Asked(table=model, columns=columns))
            }
        )
        for model, columns in READS.items()
    }
    return as_rows(MADE[name].of(frames))


def visits(candidate: str, *visited: tuple[str, datetime, datetime | None]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{candidate}{at}",
            "candidate_id": candidate,
            "to_stage_id": stage,
            "entered_at": at,
            "left_at": left,
        }
        for stage, at, left in visited
    ]


def test_who_was_in_a_later_stage_or_hired_has_passed() -> None:
    rows = mart(
        "funnel",
        candidates=[{"id": each, "source": "LinkedIn"} for each in ("on", "hired", "stuck")],
        applications=[
            {"id": "a", "candidate_id": "on", "job_id": "j", "outcome": "DECLINED"},
            {"id": "b", "candidate_id": "hired", "job_id": "j", "outcome": "HIRED"},
            {"id": "c", "candidate_id": "stuck", "job_id": "j", "outcome": "PENDING"},
        ],
        jobs=[{"id": "j", "department": "Sales"}],
        application_stage_changes=[
            *visits("on", ("s0", day(1, 1), day(1, 5)), ("s2", day(1, 5), None)),
            *visits("hired", ("s0", day(1, 2), day(1, 3))),
            *visits("stuck", ("s0", day(1, 3), None)),
        ],
    )
    assert [(row["stage_id"], row["entered"], row["passed"]) for row in rows] == [("s0", 3, 2), ("s2", 1, 0)]
    assert rows[0] == {
        "month": "2026-01",
        "job_id": "j",
        "source": "LinkedIn",
        "stage_id": "s0",
        "department": "Sales",
        "stage_name": "Stage 0",
        "stage_index": 0,
        "entered": 3,
        "passed": 2,
        "rate": pytest.approx(2 / 3),
    }


def test_who_enters_a_stage_again_is_counted_once_in_the_month_of_the_first_time() -> None:
    rows = mart(
        "funnel",
        application_stage_changes=visits(
            "c", ("s1", day(1, 31, 23), day(2, 1)), ("s2", day(2, 1), day(2, 2)), ("s1", day(2, 2), None)
        ),
    )
    assert [(row["month"], row["stage_id"], row["entered"], row["passed"]) for row in rows] == [
        ("2026-01", "s1", 1, 1),
        ("2026-02", "s2", 1, 0),
    ]


def test_a_lead_without_an_application_is_counted_without_a_job() -> None:
    (row,) = mart("funnel", application_stage_changes=visits("lead", ("s0", day(3, 1), None)))
    assert (row["job_id"], row["source"], row["department"], row["entered"]) == ("", "", None, 1)


def test_a_stage_that_lever_has_no_more_passes_nobody_by() -> None:
    rows = mart(
        "funnel",
        application_stage_changes=visits("c", ("s1", day(1, 1), day(1, 2)), ("old", day(1, 2), None)),
    )
    assert [(row["stage_id"], row["stage_name"], row["passed"]) for row in rows] == [
        ("old", None, 0),
        ("s1", "Stage 1", 0),
    ]


def test_of_several_applications_the_newest_says_which_job() -> None:
    (row,) = mart(
        "funnel",
        application_stage_changes=visits("c", ("s0", day(1, 1), None)),
        applications=[
            {"id": "a", "candidate_id": "c", "job_id": "new", "remote_created_at": day(1, 3)},
            {"id": "b", "candidate_id": "c", "job_id": "old", "remote_created_at": day(1, 2)},
            {"id": "z", "candidate_id": "c", "job_id": "nobody knows when"},
        ],
    )
    assert row["job_id"] == "new"


def test_each_visit_that_has_ended_counts_in_the_month_of_its_end() -> None:
    rows = mart(
        "time_in_stage",
        application_stage_changes=[
            *visits("a", ("s0", day(1, 30), day(2, 1)), ("s1", day(2, 1), None)),
            *visits("b", ("s0", day(2, 1), day(2, 11)), ("s0", day(2, 11), day(2, 12))),
            *visits("c", ("s0", day(2, 10), day(2, 9))),  # a clock that went wrong
        ],
    )
    (row,) = rows
    assert (row["month"], row["stage_id"], row["visits"]) == ("2026-02", "s0", 3)
    assert row["median_days"] == pytest.approx(2)
    assert row["p90_days"] == pytest.approx(2 + 0.8 * 8)  # at 1.8 of [1, 2, 10], counted from 0


def test_time_to_hire_is_from_the_application_to_the_hire() -> None:
    rows = mart(
        "time_to_hire",
        jobs=[{"id": "j", "department": "Sales"}],
        applications=[
            {
                "id": "a",
                "candidate_id": "a",
                "job_id": "j",
                "outcome": "HIRED",
                "remote_created_at": day(1, 1),
                "hired_at": day(2, 1),
            },
            {"id": "b", "candidate_id": "b", "job_id": "j", "outcome": "HIRED", "hired_at": day(2, 2)},
            {"id": "c", "candidate_id": "c", "job_id": "j", "outcome": "HIRED"},
            {"id": "d", "candidate_id": "d", "job_id": "j", "outcome": "PENDING", "hired_at": day(2, 2)},
        ],
    )
    told = {"month": "2026-02", "department": "Sales", "hires": 2, "median_days": 31.0, "p90_days": 31.0}
    assert rows == [told]


def test_a_requisition_is_filled_when_it_has_ended_and_somebody_was_hired() -> None:
    rows = mart(
        "time_to_fill",
        requisitions=[
            {"id": "a", "headcount_hired": 1, "opened_at": day(1, 1), "closed_at": day(1, 11)},
            {
                "id": "b",
                "headcount_hired": 2,
                "opened_at": day(1, 1),
                "closed_at": day(3, 1),
                "time_to_fill_end_at": day(1, 21),
            },
            {"id": "nobody", "headcount_hired": 0, "opened_at": day(1, 1), "closed_at": day(1, 2)},
            {"id": "open", "headcount_hired": 1, "opened_at": day(1, 1)},
        ],
    )
    (row,) = rows
    assert (row["month"], row["department"], row["filled"], row["median_days"]) == ("2026-01", "", 2, 15.0)


def test_a_candidate_counts_once_however_many_interviews_and_offers_they_had() -> None:
    rows = mart(
        "source_effectiveness",
        candidates=[{"id": each, "remote_created_at": day(1, 1)} for each in ("a", "b", "lead")],
        applications=[
            {"id": "1", "candidate_id": "a", "outcome": "HIRED"},
            {"id": "2", "candidate_id": "a", "outcome": "DECLINED"},
            {"id": "3", "candidate_id": "b", "outcome": "PENDING"},
        ],
        interviews=[
            {"id": "i", "candidate_id": "a", "canceled": False},
            {"id": "j", "candidate_id": "a", "canceled": None},
            {"id": "k", "candidate_id": "b", "canceled": True},
        ],
        offers=[
            {"id": "x", "application_id": "1", "status": "ACCEPTED"},
            {"id": "y", "application_id": "1", "status": "SENT"},
            {"id": "z", "application_id": "3", "status": "DRAFT"},
        ],
    )
    (row,) = rows
    assert {name: row[name] for name in ("candidates", "applied", "interviewed", "offered", "hired")} == {
        "candidates": 3,
        "applied": 2,
        "interviewed": 1,
        "offered": 1,
        "hired": 1,
    }
    assert row["rate"] == pytest.approx(1 / 3)


def test_a_canceled_interview_takes_no_hours() -> None:
    rows = mart(
        "interviewer_load",
        interviews=[
            {"id": "i", "starting_at": day(1, 1, 9), "ending_at": day(1, 1, 11), "canceled": False},
            {"id": "j", "starting_at": day(1, 2, 9), "ending_at": day(1, 2, 10), "canceled": True},
            {"id": "k", "starting_at": day(1, 3, 9)},
        ],
        interviewing_team_members=[
            {"id": each, "interview_id": each, "user_id": "u"} for each in ("i", "j", "k")
        ],
    )
    assert rows == [{"month": "2026-01", "user_id": "u", "interviews": 2, "canceled": 1, "hours": 2.0}]


def test_only_decided_offers_are_in_the_rate() -> None:
    statuses = ["ACCEPTED", "ACCEPTED", "DECLINED", "ABANDONED", "SENT", None]
    (row,) = mart(
        "offer_acceptance",
        offers=[
            {"id": str(number), "status": status, "remote_created_at": day(1, 1)}
            for number, status in enumerate(statuses)
        ],
    )
    assert (row["offers"], row["accepted"], row["declined"], row["withdrawn"], row["undecided"]) == (
        6,
        2,
        1,
        1,
        2,
    )
    assert row["rate"] == pytest.approx(2 / 3)
    (undecided,) = mart(
        "offer_acceptance", offers=[{"id": "1", "status": "SENT", "remote_created_at": day(1, 1)}]
    )
    assert undecided["rate"] is None


def test_an_open_application_waits_since_it_entered_its_stage_last() -> None:
    rows = mart(
        "aging",
        applications=[
            {"id": "a", "candidate_id": "a", "outcome": "PENDING", "current_stage_id": "s1"},
            {
                "id": "b",
                "candidate_id": "b",
                "outcome": "PENDING",
                "current_stage_id": "s2",
                "remote_created_at": day(2, 2),
            },
            {"id": "c", "candidate_id": "c", "outcome": "PENDING"},
            {"id": "d", "candidate_id": "d", "outcome": "DECLINED", "current_stage_id": "s1"},
        ],
        application_stage_changes=visits(
            "a", ("s1", day(1, 1), day(1, 2)), ("s2", day(1, 2), day(1, 3)), ("s1", day(1, 3), None)
        ),
    )
    told = [(row["application_id"], row["month"], row["since"]) for row in rows]
    assert told == [("a", "2026-01", day(1, 3)), ("b", "2026-02", day(2, 2)), ("c", "", None)]
    days = aging.days(pd.DataFrame(rows).astype({"since": "datetime64[us, UTC]"}), day(1, 13))
    assert days.tolist()[0] == 10


def test_coverage_counts_open_applications_to_the_jobs_of_open_requisitions() -> None:
    rows = mart(
        "pipeline_coverage",
        requisitions=[
            {"id": "a", "status": "open", "headcount_total": 3, "headcount_hired": 1, "opened_at": day(1, 1)},
            {"id": "b", "status": "open"},
            {"id": "full", "status": "open", "headcount_total": 1, "headcount_hired": 2},
            {"id": "closed", "status": "closed", "headcount_total": 1},
        ],
        job_requisitions=[
            {"id": "1", "job_id": "j", "requisition_id": "a"},
            {"id": "2", "job_id": "k", "requisition_id": "a"},
            {"id": "3", "job_id": "j", "requisition_id": "b"},
            {"id": "4", "job_id": "gone", "requisition_id": "b"},
        ],
        jobs=[{"id": "j"}, {"id": "k"}],
        applications=[
            *({"id": f"{number}", "job_id": "j", "outcome": "PENDING"} for number in range(5)),
            {"id": "x", "job_id": "j", "outcome": "DECLINED"},
            {"id": "y", "job_id": "gone", "outcome": "PENDING"},
        ],
    )
    columns = ("requisition_id", "month", "headcount_open", "jobs", "applications", "coverage")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("a", "2026-01", 2, 2, 5, 2.5),
        ("b", "", None, 1, 5, None),
        ("full", "", 0, 0, 0, None),
    ]


@pytest.mark.parametrize("name", MADE)
def test_a_mart_of_nothing_has_its_columns_and_no_rows(name: str) -> None:
    assert mart(name, application_stages=[]) == []


def test_each_mart_declares_what_is_made() -> None:
    assert list(MADE) == [each.name for each in MARTS]
    for each in MARTS:
        assert set(each.key) <= set(each.columns)
        assert MONTH in each.columns
        assert each.description.endswith((".", "each."))
        assert set(each.reads) <= READS.keys()
        assert all(field.description for field in each.row.model_fields.values())
