"""pandas' types of a mart's columns, as its row declares them."""

from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

_TYPES: dict[type, str] = {
    str: "string",
    int: "Int64",
    float: "Float64",
    datetime: "datetime64[us, UTC]",
}


@cache
def types_of(row: type[BaseModel]) -> dict[str, str]:
    """Return the type of each column, in their order."""
    return {name: _TYPES[_kind(field.annotation)] for name, field in row.model_fields.items()}


def _kind(annotation: Any) -> type:
    kinds = [each for each in get_args(annotation) if each is not NoneType] or [annotation]
    (kind,) = kinds
    return kind  # type: ignore[no-any-return]  # a row declares simple types alone
