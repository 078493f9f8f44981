"""A large account written straight into the tables: what the lists are asked for, without a sync before."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lever_assets.store import Store
from lever_assets.store.dialects import upsert
from lever_assets.store.statistics import tell_of_growth
from lever_assets.store.tables import UNIFIED
from lever_assets.unified.ids import joined, unified_id

_BATCH = 2_000
_JOBS = 500
_STAGES = 20
_TAGS = 300
_USERS = 400
_QUESTIONS = 40
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_RECORD = {"/opportunities": {"headline": "Acme, Umbrella", "filler": "x" * 2_000}}
Row = dict[str, Any]


def populate(store: Store, account: str, opportunities: int) -> None:
    """Write an account of so many opportunities: one application each, two tags, some interviews."""
    made = _Made(account, opportunities)
    for model, rows in made.everything():
        count = 0
        for batch in _batches(rows):
            with store.writing(account) as tx:
                upsert(tx.sql, UNIFIED[model], batch)
                count += len(batch)
        with store.writing(account) as tx:
            tell_of_growth(tx, model, count)  # as a sync does


def _batches(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


class _Made:
    """The rows of an account, the same ones for a size."""

    def __init__(self, account: str, opportunities: int) -> None:
        self._account = account
        self._opportunities = opportunities
        self._chance = random.Random(opportunities)

    def everything(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield the rows of each model."""
        yield (
            "application_stages",
            (
                self._row("application_stages", f"stage-{n}", name=f"Stage {n}", global_index=n)
                for n in range(_STAGES)
            ),
        )
        yield "tags", (self._row("tags", f"tag {n}", name=f"tag {n}") for n in range(_TAGS))
        yield (
            "users",
            (
                self._row("users", f"user-{n}", first_name="Ada", last_name=f"L{n}", status="ACTIVE")
                for n in range(_USERS)
            ),
        )
        yield (
            "screening_questions",
            (
                self._row(
                    "screening_questions",
                    f"question-{n}",
                    title=f"Question {n}",
                    description="Why we ask. " * 20,
                    format={"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
                )
                for n in range(_QUESTIONS)
            ),
        )
        yield "jobs", (self._job(n) for n in range(_JOBS))
        yield (
            "job_postings",
            (
                self._row("job_postings", f"job-{n}", title=f"Job {n}", job_id=self._id("jobs", f"job-{n}"))
                for n in range(_JOBS)
            ),
        )
        yield (
            "job_application_stages",
            (
                self._joined(
                    "job_application_stages",
                    job_id=("jobs", f"job-{n}"),
                    stage_id=("application_stages", f"stage-{k}"),
                )
                | {"index": k}
                for n in range(_JOBS)
                for k in range(_STAGES)
            ),
        )
        yield (
            "job_screening_questions",
            (
                self._joined(
                    "job_screening_questions",
                    job_id=("jobs", f"job-{n}"),
                    question_id=("screening_questions", f"question-{(n + k) % _QUESTIONS}"),
                )
                | {"index": k, "required": True}
                for n in range(_JOBS)
                for k in range(8)
            ),
        )
        yield (
            "job_hiring_team_members",
            (
                self._joined(
                    "job_hiring_team_members",
                    job_id=("jobs", f"job-{n}"),
                    user_id=("users", f"user-{(n + k) % _USERS}"),
                )
                | {"roles": ["HIRING_MANAGER"]}
                for n in range(_JOBS)
                for k in range(3)
            ),
        )
        yield "candidates", (self._candidate(n) for n in range(self._opportunities))
        yield "applications", (self._application(n) for n in range(self._opportunities))
        yield (
            "candidate_tags",
            (
                self._joined(
                    "candidate_tags",
                    candidate_id=("candidates", f"opportunity-{n}"),
                    tag_id=("tags", f"tag {(n * 7 + k) % _TAGS}"),
                )
                for n in range(self._opportunities)
                for k in range(2)
            ),
        )
        yield (
            "interviews",
            (
                self._row(
                    "interviews",
                    f"interview-{n}",
                    title="On-site",
                    starting_at=_BEGIN,
                    application_id=self._id("applications", f"application-{n * 3}"),
                    canceled=False,
                )
                for n in range(self._opportunities // 3)
            ),
        )

    def _job(self, number: int) -> Row:
        return self._row(
            "jobs",
            f"job-{number}",
            name=f"Job {number}",
            description="<p>What you do</p>" * 200,
            status="OPEN" if number % 3 else "CLOSED",
            location={"raw": "Berlin"},
            integration_fields=[],
            remote_created_at=_BEGIN + timedelta(hours=number),
        )

    def _candidate(self, number: int) -> Row:
        return self._row(
            "candidates",
            f"opportunity-{number}",
            first_name=self._chance.choice(("Ada", "Jürgen", "Zoë", "李")),
            last_name=f"Example{number}",
            company="Acme",
            phone_numbers=[{"phone_number": f"+49 30 {number}", "type": "mobile"}],
            email_addresses=[{"email_address": f"person{number}@example.com", "type": None}],
            social_media=[{"link": "https://github.com/ada", "type": "GITHUB", "username": "ada"}],
            location={"raw": "Berlin"},
            integration_fields=[
                {"id": "origin", "key": "origin", "type": "DEFAULT", "label": "Origin", "value": "sourced"}
            ],
            remote_url=f"https://hire.lever.co/candidates/{number}",
            remote_created_at=_BEGIN + timedelta(minutes=number),
            remote_updated_at=_BEGIN + timedelta(minutes=number),
            remote_data=_RECORD,
        )

    def _application(self, number: int) -> Row:
        return self._row(
            "applications",
            f"application-{number}",
            outcome="PENDING" if number % 5 else "DECLINED",
            current_stage_id=self._id("application_stages", f"stage-{number % _STAGES}"),
            job_id=self._id("jobs", f"job-{number % _JOBS}"),
            candidate_id=self._id("candidates", f"opportunity-{number}"),
            screening_question_answers=[
                {
                    "question": {"remote_id": "q", "title": "Why?", "type": "TEXT"},
                    "answer": {"content": "Because. " * 20},
                }
            ],
            remote_created_at=_BEGIN + timedelta(minutes=number),
            remote_data=_RECORD,
        )

    def _id(self, model: str, remote_id: str) -> str:
        return unified_id(self._account, model, remote_id)

    def _joined(self, model: str, **to: tuple[str, str]) -> Row:
        key = joined(*(remote_id for _, remote_id in to.values()))
        references = {column: self._id(*of) for column, of in to.items()}
        return self._row(model, key, **references) | {"remote_id": None}

    def _row(self, model: str, remote_id: str, **values: Any) -> Row:
        row: Row = dict.fromkeys(UNIFIED[model].c.keys())
        row |= {
            "id": self._id(model, remote_id),
            "connection": self._account,
            "remote_id": remote_id,
            "changed_at": _BEGIN + timedelta(seconds=self._chance.randrange(10_000_000)),
            "source_key": remote_id,
            "content_hash": "made up",
        }
        return row | values
