"""What the report shows, in its order: each question with its numbers, its picture and its columns."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from lever_assets.insight.report import numbers, pictures
from lever_assets.insight.report.numbers import Known
from lever_assets.insight.report.pictures import Draw
from lever_assets.unified.marts import EEO


@dataclass(frozen=True)
class Section:
    """A question: the mart that answers it, a title, what is to be known to read it, numbers, a picture.

    `columns` are those of the table, by what stands above them; `empty` is said where there are no numbers.
    """

    mart: str
    title: str
    says: str
    numbers: Callable[[Known], pd.DataFrame]
    draw: Draw
    columns: dict[str, str]
    empty: str

    def says_with(self, shortcoming: str | None) -> str:
        """Return what is to be known to read it, with why it does not count all."""
        return " ".join(filter(None, (self.says, shortcoming)))


_LATELY = f"In the last {numbers.MONTHS} months"

SECTIONS: tuple[Section, ...] = (
    Section(
        "funnel",
        "How far candidates come",
        f"{_LATELY}: who entered each stage (the whole bar), and who went on to a later one or was hired "
        "(its strong part).",
        numbers.funnel,
        pictures.funnel,
        {"stage": "Stage", "entered": "Entered", "passed": "Went on", "rate": "Rate"},
        "Nobody entered a stage in these months.",
    ),
    Section(
        "time_in_stage",
        "How long they stay in each stage",
        f"{_LATELY}: days of the visits that have ended. The bar is the median, its line ends where nine of "
        "ten have left.",
        numbers.time_in_stage,
        pictures.days_by_stage,
        {"stage": "Stage", "visits": "Visits", "median_days": "Median", "p90_days": "Nine of ten"},
        "Nobody left a stage in these months.",
    ),
    Section(
        "aging",
        "Who waits, and for how long",
        "Open applications by the stage that they are in, and by the days since they entered it.",
        numbers.waiting,
        pictures.waiting,
        {"stage": "Stage", **{each: each for each in numbers.WAITING}, "all": "All"},
        "No application is open.",
    ),
    Section(
        "time_to_hire",
        "How long it takes to hire",
        "Days from the application to the hire, by the month of the hire.",
        numbers.time_to_hire,
        pictures.days_by_month,
        {"month": "Month", "hires": "Hires", "median_days": "Median", "p90_days": "Nine of ten"},
        "Nobody was hired in these months.",
    ),
    Section(
        "source_effectiveness",
        "Where the candidates come from",
        f"{_LATELY}: candidates of each source, those who were interviewed (the strong part), and how many "
        "were hired so far.",
        numbers.sources,
        pictures.sources,
        {
            "source": "Source",
            "candidates": "Came",
            "interviewed": "Interviewed",
            "offered": "Offered",
            "hired": "Hired",
            "rate": "Rate",
        },
        "No candidate came in these months.",
    ),
    Section(
        "offer_acceptance",
        "What becomes of offers",
        "Offers by the month in which they were made. The rate is how many of those that the candidate has "
        "decided on were accepted.",
        numbers.offers,
        pictures.offers,
        {
            "month": "Month",
            "accepted": "Accepted",
            "declined": "Declined",
            "withdrawn": "Withdrawn",
            "undecided": "Open",
            "rate": "Rate",
        },
        "No offer was made in these months.",
    ),
    Section(
        "interviewer_load",
        "Who interviews",
        f"{_LATELY}, those that are arranged for this month included, canceled ones apart.",
        numbers.interviewers,
        pictures.interviewers,
        {"interviewer": "Interviewer", "interviews": "Interviews", "canceled": "Canceled", "hours": "Hours"},
        "There was no interview in these months.",
    ),
    Section(
        "time_to_fill",
        "How long it takes to fill a requisition",
        "Days from its opening to its end, by the month of the end.",
        numbers.time_to_fill,
        pictures.days_by_month,
        {"month": "Month", "filled": "Filled", "median_days": "Median", "p90_days": "Nine of ten"},
        "No requisition was filled in these months.",
    ),
    Section(
        "pipeline_coverage",
        "Which requisitions need candidates",
        "Open applications for each person who is still to be hired: the open requisitions that have the "
        "fewest.",
        numbers.coverage,
        pictures.coverage,
        {
            "requisition": "Requisition",
            "department": "Department",
            "headcount_open": "To hire",
            "applications": "Open applications",
            "coverage": "For each",
        },
        "No requisition with a certain number is open.",
    ),
)


EEO_SECTION = Section(
    EEO.name,
    "How EEO questions were answered",
    "Counts of the newest year, in groups of at least five; smaller ones are together.",
    numbers.answers,
    pictures.answers,
    {"answer": "Answer", "question": "Question", "year": "Year", "answers": "Answers"},
    "No group of answers is large enough yet.",
)
"""Shown where the settings want it."""


def sections_of(known: Known) -> tuple[Section, ...]:
    """Return the sections of an account's report."""
    return (*SECTIONS, EEO_SECTION) if EEO.name in known.marts else SECTIONS


def has_numbers(rows: pd.DataFrame) -> bool:
    """Tell whether a table has any number but nothing."""
    figures = rows.select_dtypes("number")
    return bool(figures.fillna(0).to_numpy(dtype=float).any())
