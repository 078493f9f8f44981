"""Applications with their candidate, stage, job, interviews and offers."""

from lever_assets.store.pages.parts import LOCATION, NAMED_JOB, STAGE, place, tags_of
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Odd, Part

APPLICATION = Part(
    "applications",
    (
        "id",
        "remote_id",
        "outcome",
        "rejection_reason_name",
        "rejected_at",
        "current_stage_id",
        "job_id",
        "candidate_id",
        "screening_question_answers",
        "custom_fields",
        "integration_fields",
        "remote_url",
        "changed_at",
        "remote_deleted_at",
        "remote_created_at",
        "remote_updated_at",
        "remote_data",
    ),
    read=frozenset({"screening_question_answers"}),
)
_CANDIDATE = Part(
    "candidates",
    (
        "id",
        "remote_id",
        "first_name",
        "last_name",
        "email_addresses",
        "phone_numbers",
        "social_media",
        "source",
        "remote_url",
    ),
    required=True,
)
_INTERVIEW = Part(
    "interviews",
    ("id", "remote_id", "title", "starting_at", "ending_at", "location", "canceled"),
    extra=("application_id",),
    read=LOCATION,
)
_OFFER = Part("offers", ("id", "remote_id", "status"), extra=("application_id",))
_ANSWERED = frozenset({"TEXT", "NUMBER", "SINGLE_SELECT", "MULTI_SELECT", "BOOLEAN", "DATE", "UNKNOWN"})


def complete(related: Related, rows: list[Row]) -> None:
    """Add to applications what belongs to them."""
    ids = [row["id"] for row in rows]
    candidates = related.by_id(_CANDIDATE, (row["candidate_id"] for row in rows))
    tags = tags_of(related, candidates)
    for candidate in candidates.values():
        candidate["tags"] = tags.get(candidate["id"], [])
    stages = related.stages(STAGE, (row["current_stage_id"] for row in rows))
    jobs = related.by_id(NAMED_JOB, (row["job_id"] for row in rows))
    interviews = related.below(_INTERVIEW, "application_id", ids)
    offers = related.below(_OFFER, "application_id", ids)
    for row in rows:
        row["screening_question_answers"] = _answers(row["screening_question_answers"], related.odd)
        row["integration_fields"] = []
        row["candidate"] = candidates.get(row["candidate_id"])
        row["current_stage"] = stages.get(row["current_stage_id"])
        row["job"] = jobs.get(row["job_id"])
        row["interviews"] = [
            {**interview, "location": place(interview["location"])}
            for _, interview in interviews.get(row["id"], ())
        ]
        row["offers"] = [offer for _, offer in offers.get(row["id"], ())]


def _answers(given: object, odd: Odd) -> list[object] | None:
    """Return the answers to questions of the kinds that the unified API has an answer for."""
    if not isinstance(given, list):
        return None
    known = [each for each in given if _is_answer(each)]
    lost = sum(not _is_of_file(each) for each in given) - len(known)
    if lost:
        odd["an answer in applications.screening_question_answers is of no kind of the unified API's"] += lost
    return known


def _is_answer(given: object) -> bool:
    question = given.get("question") if isinstance(given, dict) else None
    return (
        isinstance(given, dict)
        and isinstance(question, dict)
        and question.get("type") in _ANSWERED
        and isinstance(question.get("title"), str)
        and isinstance(given.get("answer"), dict)
    )


def _is_of_file(given: object) -> bool:
    question = given.get("question") if isinstance(given, dict) else None
    return isinstance(question, dict) and question.get("type") == "FILE"
