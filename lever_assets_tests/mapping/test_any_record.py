"""Whatever an account holds, a record that has its id is mapped: nothing else happens."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from lever_assets.lever import records
from lever_assets.lever.records import JsonObject
from lever_assets.mapping import (
    application_origins,
    application_stage_changes,
    application_stages,
    applications,
    attachments,
    candidate_owners,
    candidate_tags,
    candidates,
    interviewing_team_members,
    interviews,
    job_application_stages,
    job_hiring_team_members,
    job_postings,
    job_requisitions,
    job_screening_questions,
    job_user_role_assignments,
    jobs,
    notes,
    offers,
    people,
    rejection_reasons,
    requisitions,
    roles,
    scorecards,
    screening_questions,
    tags,
    user_roles,
    users,
)
from lever_assets.mapping.context import Context
from lever_assets.unified.models import UnifiedRow
from lever_assets_tests.lever import builders as build

pytestmark = pytest.mark.long

CTX = Context(
    "lever", custom_fields={model: {"ours": "origin"} for model in ("jobs", "candidates", "offers")}
)
BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")
REASON = records.ArchiveReason.parse(build.archive_reason())
STAGES = [records.Stage.parse(build.stage()), records.Stage.parse(build.stage(id="offer"))]
DEFINITIONS = {"target_hire_date": records.RequisitionField.parse(build.requisition_field())}

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def mangled(value: JsonValue) -> st.SearchStrategy[JsonValue]:
    """Make values like `value`: keys missing, nulls, unknown keys, items again, sometimes something else."""
    if isinstance(value, dict):
        return partial_object(value)
    if isinstance(value, list) and value:
        return st.lists(st.one_of([mangled(item) for item in value]), max_size=4) | st.none()
    same = st.just(value)
    return st.one_of(same, same, same, st.none(), json_values if value is None else text_like(value))


def text_like(value: JsonValue) -> st.SearchStrategy[JsonValue]:
    return st.text(max_size=12) if isinstance(value, str) else json_values


def partial_object(value: JsonObject) -> st.SearchStrategy[JsonValue]:
    known = st.fixed_dictionaries({}, optional={key: mangled(inner) for key, inner in value.items()})
    unknown = st.dictionaries(st.text(max_size=5).map(lambda key: f"x{key}"), json_values, max_size=2)
    return st.builds(lambda one, other: {**other, **one}, known, unknown)


def objects(value: JsonObject) -> st.SearchStrategy[JsonObject]:
    """Make such objects, nearly all with their id, for the sake of those that are mapped."""
    identity = {key: value[key] for key in ("id", "text") if key in value}
    return st.builds(
        lambda raw, keep: {**raw, **identity} if keep else raw,
        partial_object(value).filter(lambda raw: isinstance(raw, dict)),
        st.sampled_from([True, True, True, False]),
    )


def of_opportunity(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    opportunity = records.Opportunity.parse(raw)
    its = [records.Application.parse(more)]
    yield list(candidates.rows(opportunity, its, CTX))
    yield list(candidates.rows(opportunity, its, CTX, created_here=True))
    yield list(candidate_tags.rows(opportunity, CTX))
    yield list(applications.rows(opportunity, its * 2, {REASON.id: REASON}, CTX))
    yield list(application_stage_changes.rows(opportunity, its, CTX))
    yield list(application_origins.rows(opportunity, its * 2, CTX))
    yield list(candidate_owners.rows(opportunity, CTX))
    yield list(people.rows(opportunity, CTX))
    yield [row for text in set(opportunity.tags) for row in tags.rows(text, None, CTX)]


def of_posting(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    posting = records.Posting.parse(raw)
    linked = [records.Requisition.parse(more), records.Requisition.parse(build.requisition(id="other"))]
    yield list(jobs.rows(posting, linked, DEFINITIONS, CTX))
    yield list(job_postings.rows(posting, CTX))
    yield list(job_application_stages.rows(posting, STAGES, CTX))
    yield list(job_hiring_team_members.rows(posting, linked, CTX))
    yield list(job_user_role_assignments.rows(posting, linked, CTX))
    yield list(job_requisitions.rows(posting, linked, CTX))
    yield [row for each in linked for row in requisitions.rows(each, CTX)]


def of_form(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    forms = [records.PostingForm.parse(raw), records.PostingForm.parse(more)]
    yield list(screening_questions.rows(forms, CTX))
    yield list(job_screening_questions.rows(forms[0], CTX))


def of_interview(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    interview = records.Interview.parse(raw)
    yield list(interviews.rows(interview, "1", [records.Application.parse(more)], CTX))
    yield list(interviewing_team_members.rows(interview, CTX))


def of_offer(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    yield list(offers.rows(records.Offer.parse(raw), [records.Application.parse(more)], CTX))


def of_note(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    yield list(notes.rows(records.Note.parse(raw), "1", [records.Application.parse(more)], CTX))


def of_feedback(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    yield list(scorecards.rows(records.Feedback.parse(raw), "1", [records.Application.parse(more)], CTX))


def of_papers(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    files, resumes = [records.File.parse(raw)], [records.Resume.parse(more)]
    opportunity = records.Opportunity.parse({"id": "1"})
    yield list(attachments.rows(opportunity, files, resumes, [], CTX))


def of_user(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    user = records.User.parse(raw)
    yield list(users.rows(user, CTX))
    yield list(user_roles.rows(user, CTX))
    yield list(roles.rows([user, records.User.parse(more)], CTX))


def of_small(raw: JsonObject, more: JsonObject) -> Iterator[Sequence[UnifiedRow]]:
    yield list(application_stages.rows(records.Stage.parse(raw), 0, CTX))
    yield list(rejection_reasons.rows(records.ArchiveReason.parse(more), CTX))


VALUES: JsonObject = {
    "text": "x",
    "dropdown": "A",
    "multiple-select": ["A", "B"],
    "yes-no": "Yes",
    "date": build.CREATED_AT,
    "number": "5",
    "currency": {"amount": 5},
    "hologram": None,
}
OPTIONS: JsonValue = [{"text": "A", "optionId": "a"}, "B"]
QUESTIONS: JsonValue = [
    build.question_set(
        *(build.question(id=kind, type=kind, value=value, options=OPTIONS) for kind, value in VALUES.items())
    )
]
OPPORTUNITY = build.opportunity(
    headline="Engineer at Acme, Initech",
    links=["https://github.com/ada"],
    archived={"reason": REASON.id, "archivedAt": build.UPDATED_AT},
    applications=[build.application()],
    followers=["f", {"id": "g"}],
    stageChanges=build.stage_changes("lead-new", "applicant-new"),
)
APPLICATION = build.application(customQuestions=QUESTIONS)
POSTING = build.posting(
    followers=["f"], salaryRange={"min": 1, "max": "2", "currency": "EUR", "interval": "x"}
)
REQUISITION = build.requisition(customFields={"target_hire_date": build.CREATED_AT, "team": {"a": 1}})
FORM = build.posting_form(customQuestions=QUESTIONS, eeoQuestions={"gender": build.eeo_question()})
INTERVIEW = build.interview(note="https://zoom.us/j/1", gcalEvent={"a": ["b"]})
OFFER = build.offer(fields=[{"text": "Start", "identifier": "start_date", "value": build.CREATED_AT}] * 2)

FEEDBACK = build.feedback(
    *(
        build.question(id=kind, type=kind, text=kind, value=value, options=OPTIONS)
        for kind, value in {**VALUES, "score-system": "A", "file-upload": "x"}.items()
    ),
    {**build.question(type="score"), "scores": [{"text": "Craft", "description": "x", "score": 3}]},
)

Mapper = Callable[[JsonObject, JsonObject], Iterator[Sequence[UnifiedRow]]]
CASES: list[tuple[Mapper, JsonObject, JsonObject]] = [
    (of_opportunity, OPPORTUNITY, APPLICATION),
    (of_posting, POSTING, REQUISITION),
    (of_form, FORM, FORM),
    (of_interview, INTERVIEW, APPLICATION),
    (of_offer, OFFER, APPLICATION),
    (of_note, build.note(), APPLICATION),
    (of_feedback, FEEDBACK, APPLICATION),
    (of_papers, build.file(), build.resume()),
    (of_user, build.user(), build.user(accessRole="HR partner")),
    (of_small, build.stage(), build.archive_reason()),
]
each_case = pytest.mark.parametrize(
    ("mapper", "raw", "more"), CASES, ids=[case[0].__name__ for case in CASES]
)


@each_case
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_record_with_an_id_is_mapped_purely_and_gives_sound_ids(
    mapper: Mapper, raw: JsonObject, more: JsonObject, data: st.DataObject
) -> None:
    one, other = data.draw(objects(raw)), data.draw(objects(more))
    before = deepcopy((one, other))
    try:
        mapped = list(mapper(one, other))
    except ValidationError:
        assert not all(each.get("id") for each in (one, other))
        return

    assert (one, other) == before
    assert list(mapper(deepcopy(one), deepcopy(other))) == mapped
    for rows in mapped:
        ids = [row.id for row in rows]
        assert len(set(ids)) == len(ids)
        assert all(BASE58.fullmatch(found) for found in ids)


@each_case
def test_the_unmangled_records_are_mapped(mapper: Mapper, raw: JsonObject, more: JsonObject) -> None:
    mapped = list(mapper(raw, more))

    assert all(mapped)
    assert list(mapper(raw, more)) == mapped


@given(raw=st.dictionaries(st.sampled_from(sorted(OPPORTUNITY)), json_values))
@settings(max_examples=50, deadline=None)
def test_an_opportunity_of_any_json_is_mapped(raw: JsonObject) -> None:
    opportunity = records.Opportunity.parse({**raw, "id": "1"})

    assert len(list(candidates.rows(opportunity, [], CTX))) == 1
