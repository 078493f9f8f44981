import pytest
from pydantic import ValidationError

from lever_assets.unified.catalogue import ALL_MODELS, BY_NAME, INSIGHT_MODELS, MODELS, Model
from lever_assets.unified.models import CandidateTag

TABLES = [
    "users",
    "jobs",
    "job_postings",
    "candidates",
    "application_stages",
    "applications",
    "screening_questions",
    "tags",
    "interviews",
    "offers",
    "rejection_reasons",
    "roles",
    "candidate_tags",
    "job_application_stages",
    "job_screening_questions",
    "job_user_role_assignments",
    "job_hiring_team_members",
    "user_roles",
    "interviewing_team_members",
]

EXTRA = ["notes", "scorecards", "attachments"]
INSIGHT = [
    "application_stage_changes",
    "application_origins",
    "candidate_owners",
    "people",
    "requisitions",
    "job_requisitions",
]

each_model = pytest.mark.parametrize("model", ALL_MODELS, ids=lambda model: model.name)


def test_the_19_models_the_extra_ones_and_those_of_insight_are_there_each_once() -> None:
    assert sorted(model.name for model in MODELS) == sorted(TABLES)
    assert set(BY_NAME) == {*TABLES, *EXTRA, *INSIGHT}


@each_model
def test_a_row_begins_with_its_identity_and_every_column_is_described(model: Model) -> None:
    fields = model.row.model_fields

    assert list(fields)[:3] == ["id", "connection", "remote_id"]
    assert all(field.description for name, field in fields.items() if not name.endswith("_id"))
    assert model.description.endswith(".")


def test_the_contract_of_stage_changes_is_kept() -> None:
    assert list(BY_NAME["application_stage_changes"].row.model_fields)[3:] == [
        "candidate_id",
        "application_id",
        "from_stage_id",
        "to_stage_id",
        "entered_at",
        "left_at",
        "user_id",
        "position",
    ]


def test_columns_of_ours_come_after_those_of_the_unified_api() -> None:
    assert {model.name: model.ours for model in ALL_MODELS if model.ours} == {
        "candidates": ("current_stage_id", "person_id"),
        "applications": ("hired_at",),
        "interviews": ("candidate_id",),
    }
    for model in ALL_MODELS:
        assert tuple(model.row.model_fields)[-len(model.ours) or len(model.row.model_fields) :] == model.ours


def test_a_model_of_insight_is_beside_one_of_the_19() -> None:
    assert {model.beside for model in INSIGHT_MODELS} <= {model.name for model in MODELS}
    assert not any(model.beside for model in ALL_MODELS if model not in INSIGHT_MODELS)


@each_model
def test_references_point_to_models_and_every_id_column_is_one(model: Model) -> None:
    references = dict(model.references())

    assert set(references.values()) <= set(BY_NAME)
    assert set(references) == {name for name in model.row.model_fields if name.endswith("_id")} - {
        "remote_id"
    }


@each_model
def test_models_come_after_those_that_they_are_listed_after(model: Model) -> None:
    order = [each.name for each in ALL_MODELS]

    assert all(order.index(before) < order.index(model.name) for before in model.after)


def test_a_row_refuses_unknown_columns_and_changes() -> None:
    row = CandidateTag(id="1", connection="lever", remote_id=None, candidate_id="2", tag_id="3")

    with pytest.raises(ValidationError):
        CandidateTag.model_validate({**row.model_dump(), "colour": "red"})
    with pytest.raises(ValidationError):
        row.tag_id = "4"  # type: ignore[misc]  # that it can't be set is what is tested
