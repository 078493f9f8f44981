import pytest
from pydantic import ValidationError

from lever_assets.unified.catalogue import ALL_MODELS, BY_NAME, MODELS, Model
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

each_model = pytest.mark.parametrize("model", ALL_MODELS, ids=lambda model: model.name)


def test_the_19_models_and_the_extra_ones_are_there_each_once() -> None:
    assert sorted(model.name for model in MODELS) == sorted(TABLES)
    assert set(BY_NAME) == {*TABLES, *EXTRA}


@each_model
def test_a_row_begins_with_its_identity_and_every_column_is_described(model: Model) -> None:
    fields = model.row.model_fields

    assert list(fields)[:3] == ["id", "connection", "remote_id"]
    assert all(field.description for name, field in fields.items() if not name.endswith("_id"))
    assert model.description.endswith(".")


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
