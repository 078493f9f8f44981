"""The rows of the marts: counts and medians that are made of the unified tables, a class each.

A mart has one row for each key (its grain); what would be null in a key is an empty text. No column tells of
a person, but for ids. What each figure means exactly is in docs/marts.md.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

Texts = tuple[str, ...]

_MONTH = "Month, as 2026-10 (UTC)"
_JOB = "The job of the candidate's application; empty for leads without one"
_DEPARTMENT = "Department of the job"
_SOURCE = "Where the candidate came from; empty where nobody says"
_STAGE = "The stage"
_STAGE_NAME = "Name of the stage; null when Lever has it no more"
_MEDIAN = "Median of the days, with fractions; null where none are known"
_P90 = "In so many days nine of ten are done; null where none are known"


class Funnel(BaseModel):
    """How many candidates entered each stage, and how many of them went on."""

    month: str = Field(description=f"{_MONTH}, in which the candidates entered the stage first")
    job_id: str = Field(description=_JOB)
    source: str = Field(description=_SOURCE)
    stage_id: str = Field(description=_STAGE)
    department: str | None = Field(description=_DEPARTMENT)
    stage_name: str | None = Field(description=_STAGE_NAME)
    stage_index: int | None = Field(description="Its place in the pipeline, from 0")
    entered: int = Field(description="Candidates who entered the stage")
    passed: int = Field(description="Those of them who were in a later stage, or were hired")
    rate: float = Field(description="passed / entered")


class TimeInStage(BaseModel):
    """How long candidates stay in each stage."""

    month: str = Field(description=f"{_MONTH}, in which the stage was left")
    department: str = Field(description="Department of the job; empty where there is none")
    stage_id: str = Field(description=_STAGE)
    stage_name: str | None = Field(description=_STAGE_NAME)
    stage_index: int | None = Field(description="Its place in the pipeline, from 0")
    visits: int = Field(description="Visits to the stage that ended in the month")
    median_days: float = Field(description=_MEDIAN)
    p90_days: float = Field(description=_P90)


class TimeToHire(BaseModel):
    """How long it takes from the application to the hire."""

    month: str = Field(description=f"{_MONTH}, of the hire")
    department: str = Field(description="Department of the job; empty where there is none")
    hires: int = Field(description="Applications that ended in a hire")
    median_days: float | None = Field(description=_MEDIAN)
    p90_days: float | None = Field(description=_P90)


class TimeToFill(BaseModel):
    """How long it takes to fill a requisition."""

    month: str = Field(description=f"{_MONTH}, in which the requisition was filled")
    department: str = Field(description="Department of the requisition; empty where there is none")
    filled: int = Field(description="Requisitions that were filled")
    median_days: float | None = Field(description=_MEDIAN)
    p90_days: float | None = Field(description=_P90)


class SourceEffectiveness(BaseModel):
    """What becomes of the candidates of each source."""

    month: str = Field(description=f"{_MONTH}, in which the candidates came")
    source: str = Field(description=_SOURCE)
    candidates: int = Field(description="Candidates who came, leads included")
    applied: int = Field(description="Those of them with an application")
    interviewed: int = Field(description="Those with an interview that was not canceled")
    offered: int = Field(description="Those to whom an offer was sent")
    hired: int = Field(description="Those of whom an application ended in a hire")
    rate: float = Field(description="hired / candidates")


class InterviewerLoad(BaseModel):
    """How much each user interviews."""

    month: str = Field(description=f"{_MONTH}, in which the interviews begin")
    user_id: str = Field(description="The interviewer")
    interviews: int = Field(description="Interviews that were not canceled")
    canceled: int = Field(description="Interviews that were canceled")
    hours: float = Field(description="Hours of those that were not canceled")


class OfferAcceptance(BaseModel):
    """What becomes of offers."""

    month: str = Field(description=f"{_MONTH}, in which the offers were made")
    job_id: str = Field(description="The job of the offer's application; empty where there is none")
    department: str | None = Field(description=_DEPARTMENT)
    offers: int = Field(description="Offers, drafts included")
    accepted: int = Field(description="Offers that were signed")
    declined: int = Field(description="Offers that the candidate declined")
    withdrawn: int = Field(description="Offers that were rescinded or expired")
    undecided: int = Field(description="All others")
    rate: float | None = Field(description="accepted / (accepted + declined); null before the first of these")


class Aging(BaseModel):
    """Open applications that wait, and since when: one row each."""

    application_id: str = Field(description="The application")
    month: str = Field(description=f"{_MONTH}, since which it waits; empty where that is not known")
    candidate_id: str | None = Field(description="The candidate")
    job_id: str = Field(description="The job; empty where Lever names none")
    department: str | None = Field(description=_DEPARTMENT)
    stage_id: str | None = Field(description="The stage in which it waits")
    stage_name: str | None = Field(description=_STAGE_NAME)
    stage_index: int | None = Field(description="Its place in the pipeline, from 0")
    since: datetime | None = Field(description="When it entered the stage last, else when it came (UTC)")


class PipelineCoverage(BaseModel):
    """How many open applications there are for each open requisition: one row each."""

    requisition_id: str = Field(description="The requisition, which is open")
    month: str = Field(description=f"{_MONTH}, in which it was opened; empty where that is not known")
    department: str | None = Field(description="Department of the requisition")
    headcount_total: int | None = Field(description="How many are to be hired; null when unlimited")
    headcount_hired: int = Field(description="How many were hired")
    headcount_open: int | None = Field(description="How many are still to be hired; null when unlimited")
    jobs: int = Field(description="Jobs that are linked to it")
    applications: int = Field(description="Open applications to these jobs")
    coverage: float | None = Field(
        description="applications / headcount_open; null where nobody, or no certain number, is to be hired"
    )


class Eeo(BaseModel):
    """How applicants answered the EEO questions: counts of groups of at least five."""

    year: str = Field(description="Year of the applications, as 2026 (UTC)")
    question: str = Field(description="gender, race, veteran or disability")
    answer: str = Field(description="The answer, as in Lever; empty: all smaller groups together")
    answers: int = Field(description="How many gave it; five at least")


@dataclass(frozen=True)
class Mart:
    """A mart: its name (the table is `mart_<name>`), its row and its key, besides the connection.

    `reads` are the models that it is made of. `counts` are the things that it counts, by the model whose ids
    they have: when one of them changes the months that it is in are made anew. One that has neither is
    none of `MARTS`.
    """

    name: str
    row: type[BaseModel]
    key: Texts
    reads: Texts = ()
    counts: str = ""

    @property
    def table(self) -> str:
        """The name of its table."""
        return f"mart_{self.name}"

    @property
    def description(self) -> str:
        """One sentence for people."""
        return (self.row.__doc__ or "").strip()

    @property
    def columns(self) -> Texts:
        """The names of its columns, without the connection."""
        return tuple(self.row.model_fields)


MONTH = "month"
"""The column that says to which month a row belongs: of every one of `MARTS`."""

_PIPELINE = ("application_stage_changes", "application_stages", "candidates", "applications", "jobs")

MARTS: tuple[Mart, ...] = (
    Mart("funnel", Funnel, (MONTH, "job_id", "source", "stage_id"), _PIPELINE, "candidates"),
    Mart("time_in_stage", TimeInStage, (MONTH, "department", "stage_id"), _PIPELINE, "candidates"),
    Mart("time_to_hire", TimeToHire, (MONTH, "department"), ("applications", "jobs"), "candidates"),
    Mart("time_to_fill", TimeToFill, (MONTH, "department"), ("requisitions",), "requisitions"),
    Mart(
        "source_effectiveness",
        SourceEffectiveness,
        (MONTH, "source"),
        ("candidates", "applications", "interviews", "offers"),
        "candidates",
    ),
    Mart(
        "interviewer_load",
        InterviewerLoad,
        (MONTH, "user_id"),
        ("interviews", "interviewing_team_members"),
        "interviews",
    ),
    Mart(
        "offer_acceptance", OfferAcceptance, (MONTH, "job_id"), ("offers", "applications", "jobs"), "offers"
    ),
    Mart(
        "aging",
        Aging,
        ("application_id",),
        ("applications", "jobs", "application_stages", "application_stage_changes"),
        "candidates",
    ),
    Mart(
        "pipeline_coverage",
        PipelineCoverage,
        ("requisition_id",),
        ("requisitions", "job_requisitions", "jobs", "applications"),
        "requisitions",
    ),
)
"""Those that are made of the tables, and kept up by months."""

EEO = Mart("eeo", Eeo, ("year", "question", "answer"))
"""Made of what is read from Lever for it alone and never kept; off unless LEVER_EEO switches it on."""

EVERY_MART: tuple[Mart, ...] = (*MARTS, EEO)
BY_NAME: dict[str, Mart] = {each.name: each for each in EVERY_MART}
BY_TABLE: dict[str, Mart] = {each.table: each for each in EVERY_MART}
