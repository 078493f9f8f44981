"""Configuration, read once from the environment (and a `.env` file in the working directory), typed."""

import os
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lever_assets.environment import PREFIX, Given, fault
from lever_assets.private import is_shared
from lever_assets.setting_types import (
    HostNames,
    Names,
    Networks,
    Number,
    OptionalAddress,
    OptionalSecret,
    OptionalText,
    Owners,
    Positive,
    ViewName,
    WebAddress,
    Word,
    is_web_address,
    urls,
)

_CHECKOUT = Path(__file__).resolve().parent.parent


_FIRST_DAY = date(2026, 1, 1)
_USER = re.compile(r"^[\w+]+://([^:/]*(:[^@]*)?@)?")
"""What stands before the host in a database's URL, as SQLAlchemy reads it (`sqlalchemy.engine.url`)."""


class SettingsError(Exception):
    """A setting has a value that can't be used; says which, and what it takes."""


class Cadence(StrEnum):
    """The length of a sync window."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class OffersOf(StrEnum):
    """Which opportunities are asked for offers."""

    LIKELY = "likely"
    ALL = "all"


class NoticeType(StrEnum):
    """What a notice to the user's URLs tells, by the unified API's name for it."""

    DATA_CHANGED = "data-changed"
    CREATED = "integration-created"
    DELETED = "integration-deleted"
    STATE_CHANGED = "integration-state-changed"
    ISSUE_CHANGED = "issue-status-changed"
    SYNC_FINISHED = "sync-finished"
    FLOW_FAILED = "connection-flow-failed"
    ASSESSMENT_ORDERED = "assessment:order-received"


def checkout() -> Path | None:
    """Return the checkout that this package runs from; None: it was installed without one."""
    return _CHECKOUT if (_CHECKOUT / "workspace.yaml").exists() else None


def _data_folder() -> Path:
    """Return `data/` of the checkout that this package runs from, else of the working directory."""
    return (checkout() or Path.cwd()) / "data"


def notice_types(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return which types of notices these names mean: each its own, `all` all; raises ValueError."""
    known = tuple(each.value for each in NoticeType)
    if names == ("all",):
        return known
    if not set(names) <= set(known):
        raise ValueError(f"write some of {', '.join(known)}, or all")
    return names


class Settings(BaseSettings):
    """The settings; the environment variable of each is `LEVER_` and its name in capitals.

    Instants are UTC. A blank variable counts as absent. `Settings.load` turns every fault into a
    `SettingsError`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, allow_inf_nan=False
    )

    api_key: OptionalSecret = Field(None, description="API key of the default connection")
    base_url: WebAddress = Field("https://api.lever.co/v1", description="Base URL of the Lever Data API")
    connection: str = Field(
        "lever",
        pattern=r"^[A-Za-z0-9_]+$",
        max_length=63,  # as Dagster has it for a tag
        description="Name of the default connection",
    )
    data_dir: Path = Field(
        default_factory=_data_folder, description="Folder of the database and of Dagster's storage"
    )
    database_url: OptionalSecret = Field(None, description="SQLAlchemy URL of the tables")
    view_prefix: ViewName = Field(
        None, description="How views without what is gone begin; `current_` if nothing else is set"
    )
    view_schema: ViewName = Field(
        None,
        description="Schema of these views, in PostgreSQL; there they are called as their tables",
    )
    raw_schema: ViewName = Field(
        None, description="Schema of the raw and bookkeeping tables, in PostgreSQL; else beside the others"
    )
    sync_window: Annotated[Cadence, Word] = Field(
        Cadence.WEEKLY, description="Length of a sync window: hourly, daily, weekly or monthly"
    )
    sync_start: date = Field(_FIRST_DAY, ge=date(1970, 1, 1), description="First day of the first window")
    sync_overlap_seconds: Number = Field(300, description="How far a delta reaches back before its watermark")
    rate_limit: float = Field(10, ge=0, description="Requests a second; 0: unlimited")
    rate_burst: Positive = Field(20, description="Requests that may go out at once")
    candidate_cutoff: date | timedelta | None = Field(
        None, description="Candidates last updated before are left out: a date, or days as 90d"
    )
    only_created: bool = Field(False, description="Keep only candidates created through this connector")
    exclude: Names = Field(
        (), description="Models and fields to leave out, such as offers,candidates.phone_numbers"
    )
    extra_models: Names = Field(
        (), description="Models to read besides the 19: some of notes,scorecards,attachments"
    )
    insight: bool = Field(
        True,
        description="Keep the insight models (stage history, origins, people, requisitions) and the marts",
    )
    eeo: bool = Field(
        False,
        description="Count the answers to EEO questions, in groups of at least five; nothing else is kept",
    )
    offers: Annotated[OffersOf, Word] = Field(
        OffersOf.LIKELY, description="Whom to ask for offers: those that can have one, or all opportunities"
    )
    deletion_share: int = Field(
        10, ge=0, le=100, description="Percent of a list that may go at once; more (from 20 on) is held back"
    )
    delta_seconds: int = Field(
        60, ge=10, le=86_400, description="How often the delta sensor asks Lever for changes"
    )
    snapshot_minutes: Positive = Field(60, description="How old the lists without a time filter may get")
    watch_budget: Number | None = Field(
        None, description="Watched opportunities that a sync reads again, at most; else all that are due"
    )
    watch_minutes: Number = Field(30, description="How old what is watched may get")
    reconcile_schedule: str = Field("0 3 * * 0", description="When to reconcile (cron, UTC)")
    reconcile_budget: Number = Field(5000, description="Parents whose records a reconcile reads again")
    concurrency: int = Field(16, ge=1, le=200, description="Requests under way at once")
    timeout_seconds: float = Field(30, gt=0, le=86_400, description="How long one request may take")
    retention_days: Annotated[str, Word] = Field(
        "14", description="Days until personal data of gone records is erased, or off"
    )
    run_retention_days: int = Field(
        30,
        ge=1,
        le=36_500,
        description="Days until Dagster's runs are purged; failed ones stay three times as long",
    )
    change_history: bool = Field(True, description="Keep each change of a row in the table changes")
    remote_data: bool = Field(True, description="Keep the raw Lever object in the column remote_data")
    custom_fields: Path | None = Field(None, description="Mapping file of custom fields (JSON)")
    ui_url: OptionalAddress = Field(
        None,
        description="Address of Dagster's UI, for links to its runs and to show changed connections there",
    )
    ui_password: OptionalSecret = Field(None, description="Password that Dagster's UI asks for")
    ui_hosts: HostNames = Field(
        (), description="Further names under which Dagster's UI is reached, such as dagster.example.com"
    )
    owners: Owners = Field(
        (), description="Owners of the assets in Dagster, such as jo@example.com,team:people"
    )
    report_to_dagster: bool = Field(
        True, description="Let commands tell Dagster, where there is one, what they did to the assets"
    )
    passthrough_job: bool = Field(False, description="Offer passthrough in Dagster, too, as a job")
    perform_as: OptionalText = Field(None, description="Id of the Lever user that write actions act as")
    source_name: OptionalText = Field(None, description="Source that created candidates get")
    assessment_stage: OptionalText = Field(
        None, description="Stage, by name or Lever's id, in which assessments are ordered; else none are"
    )
    assessment_default_package: OptionalText = Field(
        None, description="Package, by id or name, that is ordered where no tag names one"
    )
    assessment_tag_prefix: str = Field(
        "assessment:", pattern=r"\S", description="How the tags of assessments begin, such as Acme:"
    )
    assessment_result_stage: OptionalText = Field(
        None, description="Stage, by name or Lever's id, that a result moves an application to; else none"
    )
    assessment_feedback_template: OptionalText = Field(
        None, description="Feedback template, by name or Lever's id, that a result fills in, too; else none"
    )
    webhook_url: OptionalAddress = Field(None, description="Public URL of the webhook receiver")
    webhook_minutes: int = Field(
        60, ge=1, le=7 * 24 * 60, description="How old, in minutes, an event may be when it arrives"
    )
    api_token: OptionalSecret = Field(None, description="Key that clients of the HTTP API present")
    api_tokens: OptionalSecret = Field(
        None, description="Further such keys, with commas between, so that one can be replaced"
    )
    api_url: OptionalAddress = Field(None, description="Public address of the HTTP API, for links to it")
    api_concurrency: Positive = Field(30, description="Actions of one connection under way at once")
    api_rate_limit: Positive | None = Field(
        None, description="Requests a minute that each key of the HTTP API may make; else any number"
    )
    api_exclude_actions: Names = Field(
        (), description="Actions that the HTTP API does not offer, such as reject_application"
    )
    api_allow: Networks = Field(
        (), description="Networks from which the HTTP API may be asked, such as 10.0.0.0/8; else from any"
    )
    connect_origins: Names = Field(
        (),
        description="Sites that may show the page for connecting, as https://app.example.com; else any",
    )
    secret_key: OptionalSecret = Field(
        None, description="Key that encrypts stored secrets, from `lever-assets webhooks key`"
    )
    auth_url: WebAddress = Field("https://auth.lever.co", description="Base URL of Lever's OAuth server")
    oauth_client_id: OptionalText = Field(None, description="Client id of your OAuth app at Lever")
    oauth_client_secret: OptionalSecret = Field(None, description="Client secret of your OAuth app at Lever")
    oauth_redirect_uri: WebAddress = Field(
        "http://127.0.0.1:8765/callback", description="Callback address that the OAuth app has registered"
    )

    notice_urls: OptionalSecret = Field(
        None, description="URLs that are told when data changed, with spaces or commas between"
    )
    notice_secret: OptionalSecret = Field(None, description="Secret that signs these notices")
    notice_types: Names = Field(
        (NoticeType.DATA_CHANGED.value,), description="What these notices tell, with commas between; or all"
    )

    @field_validator("notice_urls")
    @classmethod
    def _check_notice_urls(cls, value: SecretStr | None) -> SecretStr | None:
        for url in urls(value):
            if not is_web_address(url):
                raise ValueError("one of them is not a web address such as https://example.com/changed")
        return value

    @field_validator("notice_types")
    @classmethod
    def _check_notice_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return notice_types(value)

    @field_validator("reconcile_schedule")
    @classmethod
    def _check_schedule(cls, value: str) -> str:
        if re.fullmatch(r"(\S+\s+){4}\S+", value.strip()) is None or not re.fullmatch(r"[\w\s*/,#-]+", value):
            raise ValueError("write it as five fields of cron, such as 0 3 * * 0")
        return value

    @field_validator("retention_days")
    @classmethod
    def _check_retention(cls, value: str) -> str:
        if re.fullmatch(r"off|\d{1,5}", value) is None:
            raise ValueError("write a number of days, or off")
        return value

    @field_validator("candidate_cutoff", mode="before")
    @classmethod
    def _read_cutoff(cls, value: object) -> object:
        """Read an ISO date, or `90d` as 90 days."""
        if not isinstance(value, str):
            return value
        days = re.fullmatch(r"(\d{1,5})d", value.strip().lower())
        if days:
            return timedelta(days=int(days[1]))
        try:
            return date.fromisoformat(value.strip()) if value.strip() else None
        except ValueError:
            raise ValueError("it is neither a date such as 2026-01-31 nor days such as 90d") from None

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        if self.only_created and self.candidate_cutoff is not None:
            raise SettingsError(
                "LEVER_ONLY_CREATED and LEVER_CANDIDATE_CUTOFF can't be combined: the one keeps what was "
                "created through this connector, however old it is. Unset one of them."
            )
        if self.raw_schema is not None and self.raw_schema == self.view_schema:
            raise SettingsError(
                "LEVER_RAW_SCHEMA and LEVER_VIEW_SCHEMA name the same schema: views are called as the tables "
                "for people, which are to be found before what is raw. Name another."
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic gives it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, what counts most first."""
        return init_settings, Given(env_settings), Given(dotenv_settings)

    def of(self, account: str) -> "Settings":
        """Return these settings for an account by its name: without the key, which is the default one's."""
        if account == self.connection:
            return self
        return self.model_copy(update={"connection": account, "api_key": None})

    @classmethod
    def load(cls) -> "Settings":
        """Read the settings from the environment; raises `SettingsError` that names the variable at fault."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise SettingsError(fault(first)) from None
        except (OSError, UnicodeError):
            raise SettingsError("The file .env can't be read: it has to be text in UTF-8.") from None

    def unusable(self, name: str) -> str:
        """Return how a sentence begins on a setting that can't be used; `name` is that of the field."""
        return f"{PREFIX}{name.upper()} can't be used"

    @cached_property
    def tables_url(self) -> str:
        """The SQLAlchemy URL of the tables: `LEVER_DATABASE_URL`, else lever.db in the data folder."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'lever.db'}"
        url = self.database_url.get_secret_value()
        if self.raw_schema is None or not url.startswith("postgres"):
            return url
        is_first = "?" not in _USER.sub("", url, count=1)  # a password may have one, and options an @
        return f"{url}{'?' if is_first else '&'}raw_schema={self.raw_schema}"

    @property
    def secret_key_file(self) -> Path:
        """Where the key that encrypts stored secrets is kept when `LEVER_SECRET_KEY` does not give it."""
        return self.data_dir / "secret.key"

    @property
    def told_urls(self) -> list[str]:
        """The URLs that are told when data changed, each once; they may hold secrets."""
        return urls(self.notice_urls)

    @property
    def first_day(self) -> date:
        """The first day of the first window (UTC); `sync_start` counts from that day on."""
        today = datetime.now(UTC).date()
        return self.sync_start if self.sync_start <= today else min(_FIRST_DAY, today)

    @property
    def counts_eeo(self) -> bool:
        """Whether answers to EEO questions are counted: with insight alone."""
        return self.insight and self.eeo

    @property
    def sync_start_at(self) -> datetime:
        """The first instant of the first window (UTC)."""
        return _midnight(self.first_day)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences on what can be used but hardly means what it says."""
        today, found = datetime.now(UTC).date(), []
        if self.sync_start > today:
            found.append(
                f"LEVER_SYNC_START lies in the future: until then the first window begins on {self.first_day}"
            )
        if isinstance(self.candidate_cutoff, date) and self.candidate_cutoff > today:
            found.append("LEVER_CANDIDATE_CUTOFF lies in the future: every candidate is left out")
        if self.view_schema is not None and self.tables_url.startswith("sqlite"):
            found.append("LEVER_VIEW_SCHEMA has no effect: SQLite has no schemas; set LEVER_VIEW_PREFIX")
        if self.raw_schema is not None and self.tables_url.startswith("sqlite"):
            found.append("LEVER_RAW_SCHEMA has no effect: SQLite has no schemas")
        if is_shared(self.data_dir):
            found.append(
                "LEVER_DATA_DIR holds more than the data, so that others may read what they might before: "
                "give it a folder of its own"
            )
        return tuple(found)

    @property
    def retention(self) -> int | None:
        """Days until what is personal of gone records is erased; None: never."""
        return None if self.retention_days == "off" else int(self.retention_days)

    def cutoff_at(self, now: datetime) -> datetime | None:
        """Return the first instant (UTC, midnight) of which candidates are kept, seen from `now`."""
        match self.candidate_cutoff:
            case timedelta() as days:
                first = (now.astimezone(UTC) - days).date()
            case date() as first:
                pass
            case None:
                return None
        return _midnight(first)

    @property
    def sync_overlap(self) -> timedelta:
        """How far a delta reaches back before its watermark."""
        return timedelta(seconds=self.sync_overlap_seconds)


class GivenSettings(Settings):
    """Settings that are given, and otherwise the defaults: nothing is read from the environment."""

    def unusable(self, name: str) -> str:
        """Return how a sentence begins on a setting that can't be used, which code gives an account."""
        return f"The account {self.connection!r} has a setting that can't be used: {name}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic gives it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from."""
        return (init_settings,)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def misspelt() -> dict[str, str | None]:
    """Return the variables that look like settings and are none, each with the setting that may be meant."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    with suppress(OSError, UnicodeError):  # reading the settings says so
        given = {*os.environ, *dotenv_values(".env")}
        unknown = sorted(name for name in given if name.startswith(PREFIX) and name not in known)
        return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in unknown}
    return {}
