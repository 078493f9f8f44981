"""Of each column of the models about people it is said whether it tells of a person."""

from typing import Any, get_args

import pytest

from lever_assets.unified.catalogue import ALL_MODELS, BY_NAME, ERASABLE
from lever_assets.unified.models import References, UnifiedRow

PERSONAL = {model.name: dict(model.personal()) for model in ALL_MODELS if any(model.personal())}
NOT_PERSONAL = {
    "candidates.source",  # where candidates come from: a job board, an agency
    "applications.rejection_reason_name",  # one of the account's reasons
    *(
        f"requisitions.{name}"  # what is sought, not who
        for name in (
            *("requisition_code", "name", "status", "employment_status", "department", "team", "location"),
            *("approval_status", "offer_ids"),
            *("compensation_currency", "compensation_period"),
        )
    ),
}


def may_tell(annotation: Any) -> bool:
    """Tell whether a column can hold more than a state, a number, a truth or an instant."""
    kinds = get_args(annotation) or (annotation,)
    return any(kind is str or getattr(kind, "__origin__", kind) in {dict, list} for kind in kinds) or any(
        isinstance(kind, type) and hasattr(kind, "__annotations__") and issubclass(kind, dict)
        for kind in kinds
    )


@pytest.mark.parametrize("model", sorted(PERSONAL))
def test_free_columns_are_personal_or_said_not_to_be(model: str) -> None:
    free = set()
    for name, field in BY_NAME[model].row.model_fields.items():
        is_reference = any(isinstance(mark, References) for mark in field.metadata)
        if name not in UnifiedRow.model_fields and not is_reference and may_tell(field.annotation):
            free.add(name)
    told = {column for column in free if f"{model}.{column}" not in NOT_PERSONAL}
    assert told - {"remote_data"} <= set(PERSONAL[model])


def test_every_personal_column_exists_and_has_a_reason() -> None:
    for model, columns in PERSONAL.items():
        assert set(columns) <= set(BY_NAME[model].row.model_fields) - set(UnifiedRow.model_fields)
        assert all(columns.values())


def test_lever_s_own_record_goes_from_every_model() -> None:
    having = [model.name for model in ALL_MODELS if "remote_data" in model.row.model_fields]
    assert all("remote_data" in BY_NAME[name].erased for name in having)
    assert set(ERASABLE) == {*having, *PERSONAL}
