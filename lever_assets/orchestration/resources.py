"""Lever accounts and their database as Dagster's resources: what is secret is asked for when something runs.

`dg.EnvVar` names a variable that is read then, and no earlier. A secret that is given as it is stays out of
what Dagster shows of a resource.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import ConfigurableResource  # by its own name: mypy reads its fields
from pydantic import Field, ValidationError

from lever_assets.settings import GivenSettings, Settings, SettingsError

_SECRET = ("api_key", "oauth_client_secret", "secret_key", "notice_secret", "notice_urls", "url")
_DATABASE = "The database"
_CALLED = {"name": "connection", "url": "database_url"}
"""Fields that have another name among the settings."""
_SHAPE = ("name", "exclude", "extra_models", "insight", "eeo", "sync_window", "sync_start")
"""What the assets are made from, so that it has to be known before anything runs."""
_SHOWN = (
    "connection",
    "exclude",
    "extra_models",
    "insight",
    "eeo",
    "sync_window",
    "sync_start",
    "delta_seconds",
    "reconcile_schedule",
    "run_retention_days",
    "passthrough_job",
    "ui_url",
)
"""Settings that are in force as the definitions have them, whichever resources are there then."""


def _absent(description: str, *, repr: bool = True) -> Any:
    return Field(default=None, description=description, repr=repr)


class LeverDatabase(ConfigurableResource):  # type: ignore[type-arg]
    """The database that the tables are in, and who is told when they change.

    `url` is SQLAlchemy's; without it the tables are in the SQLite file `lever.db` of `data_dir`, by default
    the folder `data` of the working directory.
    """

    url: str | None = _absent("SQLAlchemy URL of the tables", repr=False)
    data_dir: str | None = _absent("Folder of what is kept beside the database")
    view_prefix: str | None = _absent("How views without what is gone begin")
    view_schema: str | None = _absent("Schema of these views, in PostgreSQL")
    raw_schema: str | None = _absent("Schema of the raw and bookkeeping tables, in PostgreSQL")
    secret_key: str | None = _absent("Key that encrypts stored secrets", repr=False)
    notice_urls: str | None = Field(
        default=None,
        description="URLs that are told when data changed, with spaces or commas between",
        repr=False,
    )
    notice_secret: str | None = _absent("Secret that signs these notices", repr=False)
    notice_types: list[str] | None = _absent("What these notices tell, or all")

    @property
    def is_known(self) -> bool:
        """Whether it is known before anything runs which database this is."""
        return not _is_variable(self.url)

    @property
    def tables_url(self) -> str:
        """The SQLAlchemy URL of the tables, as it is now; raises SettingsError."""
        return _settings(_DATABASE, _values(self)).tables_url

    def to_read(self, connection: str) -> Settings:
        """Return the settings by which the tables of a connection are read now; raises SettingsError."""
        return _settings(_DATABASE, _values(self)).of(connection)


class LeverAccount(ConfigurableResource):  # type: ignore[type-arg]
    """A Lever account: its name here, how it is reached, and what of it is read.

    Without an `api_key` it is the connection of that name in the database, made by `lever-assets connect`.
    What is None is as by default (docs/configuration.md, by the same names). `name`, `exclude`,
    `extra_models`, `insight`, `eeo`, `sync_window` and `sync_start` make the assets: they are plain values,
    no variables.
    """

    name: str = Field(default="lever", description="Name of the connection: keys of assets begin with it")
    api_key: str | None = _absent("API key", repr=False)
    base_url: str | None = _absent("Base URL of the Lever Data API")
    perform_as: str | None = _absent("Id of the Lever user that write actions act as")
    source_name: str | None = _absent("Source that created candidates get")
    rate_limit: float | None = _absent("Requests a second; 0: unlimited")
    rate_burst: int | None = _absent("Requests that may go out at once")
    concurrency: int | None = _absent("Requests under way at once")
    timeout_seconds: float | None = _absent("How long one request may take")
    exclude: list[str] | None = _absent("Models and fields to leave out")
    extra_models: list[str] | None = _absent("Models to read besides the 19: notes, scorecards, attachments")
    insight: bool | None = _absent("Keep the insight models, as by default")
    eeo: bool | None = _absent("Count the answers to EEO questions, in groups of at least five")
    sync_window: str | None = _absent("Length of a sync window")
    sync_start: str | None = _absent("First day of the first window")
    candidate_cutoff: str | None = _absent(
        "Candidates last updated before are left out: a date, or days as 90d"
    )
    only_created: bool | None = _absent("Keep only candidates created through this connector")
    offers: str | None = _absent("Whom to ask for offers: likely, or all")
    retention_days: str | None = _absent("Days until personal data of gone records is erased, or off")
    change_history: bool | None = _absent("Keep each change of a row in the table changes")
    remote_data: bool | None = _absent("Keep the raw Lever object in the column remote_data")
    deletion_share: int | None = _absent("Percent of a list that may go at once")
    snapshot_minutes: int | None = _absent("How old the lists without a time filter may get")
    watch_budget: int | None = _absent("Watched opportunities that a delta reads again")
    watch_minutes: int | None = _absent("How old what is watched may get")
    reconcile_budget: int | None = _absent("Parents that a reconcile reads again below")
    auth_url: str | None = _absent("Base URL of Lever's OAuth server")
    oauth_client_id: str | None = _absent("Client id of your OAuth app at Lever")
    oauth_client_secret: str | None = _absent("Client secret of your OAuth app at Lever", repr=False)

    def see_that_its_shape_is_known(self) -> None:
        """Raise SettingsError if something that the assets are made from is a variable."""
        variables = [name for name in _SHAPE if _is_variable(getattr(self, name))]
        if variables:
            raise SettingsError(
                f"An account's {' and '.join(variables)} can't be a variable: the assets are made from it. "
                "Give a plain value."
            )

    def settings(self, database: LeverDatabase, *, known: bool = False, **others: Any) -> Settings:
        """Return the settings of this account in a database; raises SettingsError for what can't be used.

        Nor can a variable that is not set or blank: the default is another database, or Lever itself.
        `known`: only what is known before anything runs, no secret and no variable. `others` are further
        settings.
        """
        self.see_that_its_shape_is_known()
        given = {**_values(database, known=known), **_values(self, known=known), **others}
        return _settings(_whose(self), given)


@dataclass(frozen=True)
class Resources:
    """The settings of an account by the resources that have these keys when something runs."""

    account: str
    database: str

    @property
    def resource_keys(self) -> frozenset[str]:
        """Their keys."""
        return frozenset({self.account, self.database})

    def in_force(self, resources: Any, shown: Settings) -> Settings:
        """Return the settings that are in force; what the assets are made from stays as it is `shown`."""
        account: LeverAccount = getattr(resources, self.account)
        database: LeverDatabase = getattr(resources, self.database)
        found = account.settings(database)
        return found.model_copy(update={name: getattr(shown, name) for name in _SHOWN})


def as_resource(given: LeverAccount | LeverDatabase) -> Any:
    """Return what Dagster is given: for one with a secret in it, a resource whose values are not shown."""
    plain = (getattr(given, name, None) for name in _SECRET)
    if all(each is None or _is_variable(each) for each in plain):
        return given
    told = f"{type(given).__name__}, with values that are not shown as there are secrets among them."
    return dg.ResourceDefinition.hardcoded_resource(given, description=told)


def _is_variable(value: object) -> bool:
    return isinstance(value, dg.EnvVar) or (isinstance(value, int) and hasattr(value, "get_value"))


def _whose(of: LeverAccount | LeverDatabase) -> str:
    return f"The account {of.name!r}" if isinstance(of, LeverAccount) else _DATABASE


def _values(of: LeverAccount | LeverDatabase, *, known: bool = False) -> dict[str, Any]:
    """Return what a resource says, by the names of settings; variables as they are now, or not at all.

    Blanks around a text are none of it, as in the environment: a secret that is a file may end its line.

    Dagster resolves them, and says so of one that is not set; but not where a secret is given as it is
    (`as_resource`). One that is blank it takes as it is: then the field is known, and no longer the variable.
    """
    found: dict[str, Any] = {}
    for name in type(of).model_fields:
        value = getattr(of, name)
        if _is_variable(value):
            value = None if known else _read(value, f"{_whose(of)} is to have its {name}")
        elif isinstance(value, str) and not value.strip():
            raise SettingsError(
                f"{_whose(of)} has a blank {name}: give it a value, or leave it out. If a variable gives it, "
                "that is what is blank."
            )
        if value is not None:
            found[_CALLED.get(name, name)] = _taken(value)
    return found


def _taken(value: object) -> object:
    match value:
        case str():
            return value.strip()
        case list():
            return tuple(value)
    return value


def _read(variable: Any, told: str) -> str:
    """Return the text of a variable, not yet checked; raises SettingsError if there is none."""
    name: str = variable.env_var_name
    text = os.environ.get(name)
    if text is None or not text.strip():
        state = "not set" if text is None else "blank"
        raise SettingsError(f"{told} from the variable {name}, which is {state}.")
    return text


def _settings(whose: str, given: Mapping[str, Any]) -> Settings:
    try:
        return GivenSettings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{whose} has a setting that can't be used: {first['loc'][0]}: {told}.") from None
