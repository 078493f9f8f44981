"""Jobs with their stages, questions, postings and hiring team."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from orjson import Fragment, dumps

from lever_assets.store.pages.parts import LOCATION, MEMBER, STAGE, place
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.users import ROLE
from lever_assets.store.pages.wire import Odd, Part
from lever_assets.unified.enums import RoleType

JOB = Part(
    "jobs",
    (
        "id",
        "remote_id",
        "name",
        "job_code",
        "description",
        "confidential",
        "weekly_hours",
        "employment_type",
        "status",
        "visibility",
        "category",
        "department",
        "post_url",
        "experience_level",
        "remote_work_status",
        "salary_amount",
        "salary_amount_from",
        "salary_amount_to",
        "salary_currency",
        "salary_period",
        "location",
        "custom_fields",
        "integration_fields",
        "remote_url",
        "opened_at",
        "closed_at",
        "remote_created_at",
        "remote_updated_at",
        "contact_id",
        "remote_data",
        "changed_at",
        "remote_deleted_at",
    ),
    read=LOCATION,
    required=True,
)
_STAGE_OF = Part("job_application_stages", (), extra=("job_id", "stage_id", "index"))
_QUESTION_OF = Part(
    "job_screening_questions",
    ("index", "required", "precondition_question_id", "precondition_options"),
    extra=("job_id", "question_id"),
    read=frozenset({"precondition_options"}),
)
_QUESTION = Part(
    "screening_questions",
    ("id", "remote_id", "title", "description", "format", "category"),
    read=frozenset({"format"}),
)
_POSTING = Part(
    "job_postings",
    ("id", "remote_id", "title", "description_html", "status", "visibility", "url"),
    extra=("job_id",),
)
_MEMBER_OF = Part(
    "job_hiring_team_members", ("id", "roles"), extra=("job_id", "user_id"), read=frozenset({"roles"})
)
_HELD = Part("job_user_role_assignments", (), extra=("job_user_id", "role_id"))
_TEAM_ROLES = frozenset(each.value for each in RoleType if each is not RoleType.ADMIN)
_DISPLAYS = {
    "TEXT": {"SINGLE_LINE", "MULTI_LINE", "EMAIL", "URL"},
    "NUMBER": {"SLIDER", "FIELD"},
    "SINGLE_SELECT": {"DROPDOWN", "RADIO"},
}
_SELECTS = {"SINGLE_SELECT", "MULTI_SELECT"}
_FORMATS = {*_DISPLAYS, *_SELECTS, "FILE", "BOOLEAN", "DATE", "INFORMATION", "UNKNOWN"}
_LAST = 1 << 31


def complete(related: Related, rows: list[Row]) -> None:
    """Add to jobs what belongs to them."""
    ids = [row["id"] for row in rows]
    stages, questions = _stages(related, ids), _questions(related, ids)
    postings, team = related.below(_POSTING, "job_id", ids), _team(related, ids)
    for row in rows:
        row["location"] = place(row["location"])
        row["integration_fields"] = row["integration_fields"] or []
        row["stages"] = stages.get(row["id"], [])
        row["screening_questions"] = questions.get(row["id"], [])
        row["job_postings"] = [posting for _, posting in postings.get(row["id"], ())]
        row["hiring_team"] = team.get(row["id"], [])


def _stages(related: Related, ids: Sequence[str]) -> dict[str, list[Fragment]]:
    """Return the stages of jobs, in their order; most jobs have the same, so each is written once."""
    joined = related.below(_STAGE_OF, "job_id", ids)
    found = (keys[1] for each in joined.values() for keys, _ in each)
    stages = {key: {**stage} for key, stage in related.by_id(STAGE, found, live=True).items()}

    @cache
    def written(stage: str, index: int | None) -> Fragment:
        return Fragment(dumps({**stages[stage], "index": index}))

    return {
        job: [
            written(stage, index)
            for _, stage, index in sorted((keys for keys, _ in each), key=lambda keys: _place_of(keys[2]))
            if stage in stages
        ]
        for job, each in joined.items()
    }


def _questions(related: Related, ids: Sequence[str]) -> dict[str, list[Row]]:
    joined = related.below(_QUESTION_OF, "job_id", ids)
    questions = related.by_id(_QUESTION, (keys[1] for each in joined.values() for keys, _ in each), live=True)
    for question in questions.values():
        question["format"] = _format(question["format"], related.odd)
    return {
        job: [
            {**questions[keys[1]], **asked, "precondition_options": _options(asked["precondition_options"])}
            for keys, asked in sorted(each, key=lambda found: _place_of(found[1]["index"]))
            if keys[1] in questions
        ]
        for job, each in joined.items()
    }


def _place_of(index: int | None) -> int:
    return _LAST if index is None else index


def _format(given: Any, odd: Odd) -> Any:
    """Return the format of a question; of a kind that clients can't read, as what they know not to know."""
    if given is None or (isinstance(given, dict) and _is_format(given)):
        return given
    odd["a value of screening_questions.format is none of the unified API's and is told as UNKNOWN"] += 1
    return {"type": "UNKNOWN", "raw_question": given}


def _is_format(given: dict[str, Any]) -> bool:
    kind = given.get("type")
    if kind not in _FORMATS:
        return False
    if given.get("display_type") is not None and given["display_type"] not in _DISPLAYS.get(kind, ()):
        return False
    return kind not in _SELECTS or (
        isinstance(given.get("options"), list) and all(map(_is_option, given["options"]))
    )


def _is_option(given: object) -> bool:
    return isinstance(given, dict) and isinstance(given.get("id"), str) and isinstance(given.get("name"), str)


def _options(given: Any) -> list[str] | list[bool] | None:
    """Return options that are all texts or all booleans, as clients want them."""
    alike = isinstance(given, list) and (
        all(isinstance(each, str) for each in given) or all(isinstance(each, bool) for each in given)
    )
    return given if alike else None


def _team(related: Related, ids: Sequence[str]) -> dict[str, list[Row]]:
    """Return the hiring teams of jobs: users, with the roles that they hold there."""
    members = related.below(_MEMBER_OF, "job_id", ids)
    users = related.by_id(MEMBER, (keys[1] for each in members.values() for keys, _ in each), live=True)
    held = related.below(
        _HELD, "job_user_id", (member["id"] for each in members.values() for _, member in each)
    )
    roles = related.roles(ROLE, "JOB", (keys[1] for each in held.values() for keys, _ in each))
    return {
        job: [
            {
                **users[keys[1]],
                "hiring_team_roles": _team_roles(member["roles"], related.odd),
                "job_roles": [roles[role[1]] for role, _ in held.get(member["id"], ()) if role[1] in roles],
            }
            for keys, member in each
            if keys[1] in users
        ]
        for job, each in members.items()
    }


def _team_roles(given: Any, odd: Odd) -> list[str]:
    if not isinstance(given, list):
        return []
    known = [each for each in given if each in _TEAM_ROLES]
    if any(each not in _TEAM_ROLES and each != RoleType.ADMIN for each in given):
        odd["a value in job_hiring_team_members.roles is none of the unified API's and was left out"] += 1
    return list(dict.fromkeys(known))
