"""Lever accounts as a component of a `dg` project: some lines of YAML in its folder of definitions."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

import dagster as dg
from dagster.components.utils.translation import TranslationFnResolver
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from lever_assets.orchestration.building import build_lever_definitions
from lever_assets.orchestration.layout import LeverTable, Translation
from lever_assets.orchestration.resources import LeverAccount, LeverDatabase
from lever_assets.settings import SettingsError

_VARIABLE = re.compile(r"\{\{\s*env(?:\.(\w+)|\(\s*['\"](\w+)['\"]\s*\))\s*\}\}")
"""A value that is nothing but a variable of the environment."""
_FIRST: Mapping[str, Any] = {
    "accounts": [{"name": "lever", "api_key": "{{ env.LEVER_API_KEY }}"}],
    "database": {"url": "{{ env.LEVER_DATABASE_URL }}"},
}

R = TypeVar("R", LeverAccount, LeverDatabase)


def _model(of: type[BaseModel]) -> Any:
    """Return what YAML may say of a resource: each field as it is, or as a template."""
    fields: dict[str, Any] = {
        name: (field.annotation | str if field.annotation else str, field)
        for name, field in of.model_fields.items()
    }
    return create_model(f"{of.__name__}Model", __base__=dg.Model, **fields)


_ACCOUNT, _DATABASE = _model(LeverAccount), _model(LeverDatabase)


def _resolved(context: dg.ResolutionContext, given: BaseModel, resource: type[R]) -> R:
    """Return a resource as YAML has it; a text that is a variable is one that is read when something runs.

    Dagster has variables for texts alone: one that stands for a number is read now.
    """
    return resource(
        **{
            name: _value(context, getattr(given, name), may_wait=_is_text(field))
            for name, field in resource.model_fields.items()
            if name in given.model_fields_set
        }
    )


def _is_text(field: FieldInfo) -> bool:
    return str in {field.annotation, *get_args(field.annotation)}


def _value(context: dg.ResolutionContext, given: Any, *, may_wait: bool) -> Any:
    variable = _VARIABLE.fullmatch(given.strip()) if may_wait and isinstance(given, str) else None
    if variable is not None:
        return dg.EnvVar(variable[1] or variable[2])
    # Else a variable is read now; Dagster writes None for one that is not set.
    for each in _VARIABLE.finditer(given) if isinstance(given, str) else ():
        name = each[1] or each[2]
        if not os.environ.get(name, "").strip():
            raise SettingsError(f"The variable {name}, which a template names, is not set, or blank.")
    return context.resolve_value(given)


def _accounts(context: dg.ResolutionContext, given: list[BaseModel]) -> list[LeverAccount]:
    return [_resolved(context, each, LeverAccount) for each in given]


def _database(context: dg.ResolutionContext, given: BaseModel) -> LeverDatabase:
    return _resolved(context, given, LeverDatabase)


def _told(description: str) -> dg.Resolver:
    """Return what tells of a parameter in the docs of Dagster's UI, which drop what a `Field` says of one."""
    told: dg.Resolver = dg.Resolver.default(description=description)
    return told


class LeverScaffolder(dg.Scaffolder):
    """Writes the `defs.yaml` to begin with: an account, and its database, by variables."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write it into the folder that is asked for."""
        dg.scaffold_component(request, _FIRST)


@dg.scaffold_with(LeverScaffolder)
class LeverComponent(dg.Component, dg.Model, dg.Resolvable):
    """Lever accounts as assets: 19 unified ATS models in your own database, kept fresh by sensors.

    `{{ env.NAME }}` in place of a text of an account or of the database is read when something runs; within
    a longer text, or in place of a number, when this is loaded.
    """

    accounts: Annotated[
        list[LeverAccount],
        dg.Resolver(
            _accounts,
            model_field_type=list[_ACCOUNT],
            description="The Lever accounts: name, api_key, and what else a LeverAccount takes",
        ),
    ]
    database: Annotated[
        LeverDatabase,
        dg.Resolver(
            _database, model_field_type=_DATABASE, description="Where the tables are: url, data_dir, and more"
        ),
    ] = Field(default_factory=LeverDatabase)
    name: Annotated[
        str | None,
        _told("What the names of shared things begin with; by default the account's, or lever"),
    ] = None
    key_prefix: Annotated[str | list[str], _told("What the keys of all assets begin with")] = Field(
        default=[]
    )
    group_name: Annotated[str | None, _told("One group for all assets")] = None
    owners: Annotated[list[str], _told("Owners of all assets")] = Field(default=[])
    tags: Annotated[dict[str, str], _told("Tags of all assets")] = Field(default={})
    kinds: Annotated[list[str], _told("Kinds of all assets, beside those they have")] = Field(default=[])
    translation: Annotated[
        Annotated[
            Translation,
            TranslationFnResolver[LeverTable](
                lambda of: {"connection": of.connection, "table": of.table, "floor": of.floor}
            ),
        ]
        | None,
        _told("What each asset is to be like; a template knows connection, table, floor and spec"),
    ] = None
    include_actions: Annotated[bool, _told("The jobs that write to Lever")] = True
    include_passthrough: Annotated[bool, _told("The job that sends any request to Lever")] = False
    include_sensors: Annotated[
        bool | list[str], _told("All, none, or some of delta, webhooks, notices, retention, purge")
    ] = True
    include_schedules: Annotated[bool | list[str], _told("All, none, or some of reconcile, erasure")] = True
    delta_seconds: Annotated[int, _told("How often Lever is asked for changes")] = 60
    reconcile_schedule: Annotated[
        str, _told("When all of Lever's lists are compared with the tables, as for cron")
    ] = "0 3 * * 0"
    ui_url: Annotated[str | None, _told("Where the UI is, for links in notices")] = None
    run_retention_days: Annotated[
        int | None, _told("After how long runs of ours are purged; by default never")
    ] = None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002
        """Return the definitions; raises SettingsError for what can't be used."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "accounts"}
        return build_lever_definitions(self.accounts, **given)
