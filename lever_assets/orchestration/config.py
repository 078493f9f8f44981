"""The Launchpad's forms: Dagster's configuration schema of a pydantic model, field by field."""

import builtins
import types
import typing
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin

import dagster as dg
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lever_assets.orchestration.names import CONNECTION_FIELD
from lever_assets.settings import Settings

# A decimal comes as a number or, to be exact, as a text.
_SCALARS: dict[object, Any] = {str: str, int: int, float: float, bool: bool, Decimal: dg.Any, date: str}


def connection_field(settings: Settings) -> dict[str, dg.Field]:
    """Return the field by which an op that all connections share is told which one it is to work on."""
    return {
        CONNECTION_FIELD: dg.Field(
            dg.Noneable(str),
            is_required=False,
            default_value=None,
            description=f"The connection; default: {settings.connection}, or the only one that there is",
        )
    }


def for_connection(op: str, account: str) -> dict[str, Any]:
    """Return the configuration of a run of such an op for a connection."""
    return {"ops": {op: {"config": {CONNECTION_FIELD: account}}}}


def form(model: type[BaseModel]) -> dict[str, dg.Field]:
    """Return the fields of a model with descriptions and defaults; what is optional may be left out.

    Takes what pydantic takes as JSON, of texts any: the model itself says what a text must look like.
    """
    return {name: _field(field) for name, field in model.model_fields.items()}


def _field(field: FieldInfo) -> dg.Field:
    kind = _kind(field.annotation)
    if field.is_required():
        return dg.Field(kind, description=field.description)
    # Null is as absent: forms show it where there is no default.
    kind = kind if kind is dg.Any else dg.Noneable(kind)
    return dg.Field(kind, description=field.description, is_required=False, default_value=_default(field))


def _default(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return None
    return list(value) if isinstance(value, tuple) else value


def _kind(annotation: Any) -> Any:
    """Return Dagster's type of an annotation; what it has none for takes anything."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case typing.Annotated:
            kind = _kind(arguments[0])
        case typing.Union | types.UnionType:
            inner = [each for each in arguments if each is not types.NoneType]
            kind = _kind(inner[0]) if len(inner) == 1 else dg.Any
        case typing.Literal:
            kind = _choice(arguments)
        case builtins.tuple | builtins.list:
            kind = dg.Array(_kind(arguments[0]))
        case builtins.dict:
            kind = dict  # of anything
        case _ if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            kind = _object(annotation)
        case _:
            kind = _SCALARS.get(annotation, dg.Any)
    return kind


def _object(model: type[BaseModel]) -> Any:
    """Return the fields of a model inside another; one that ignores what it does not know takes it."""
    if model.model_config.get("extra") == "ignore":
        return dg.Permissive(form(model))  # type: ignore[no-untyped-call]  # Dagster left its types out
    return form(model)


@cache
def _choice(values: tuple[str, ...]) -> dg.Enum:
    """Return the choice between texts; Dagster wants one object for one name."""
    return dg.Enum("_or_".join(values), [dg.EnumValue(each, python_value=each) for each in values])
