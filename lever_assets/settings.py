"""Configuration, read once from the environment (and a `.env` file in the working directory), typed."""

import os
import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_CHECKOUT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting has a value that can't be used; says which, and what it takes."""


class Cadence(StrEnum):
    """The length of a sync window."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


def _data_folder() -> Path:
    """Return `data/` of the checkout that this package runs from, else of the working directory."""
    in_checkout = (_CHECKOUT / "workspace.yaml").exists()
    return (_CHECKOUT if in_checkout else Path.cwd()) / "data"


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _names(value: object) -> object:
    """Split a text at its commas; names are in lower case, blank ones don't count."""
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split(",") if (name := part.strip().lower()))


OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]


def _urls(value: SecretStr | None) -> list[str]:
    """Return the texts between spaces and commas, each once."""
    texts = [] if value is None else re.split(r"[\s,]+", value.get_secret_value())
    return list(dict.fromkeys(text for text in texts if text))


class Settings(BaseSettings):
    """The settings; the environment variable of each is `LEVER_` and its name in capitals.

    Instants are UTC. A blank variable counts as absent. `Settings.load` turns every fault into a
    `SettingsError`.
    """

    model_config = SettingsConfigDict(
        env_prefix="LEVER_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    api_key: OptionalSecret = Field(None, description="API key of the default connection")
    base_url: str = Field("https://api.lever.co/v1", description="Base URL of the Lever Data API")
    connection: str = Field("lever", pattern=r"^[A-Za-z0-9_]+$", description="Name of the default connection")
    data_dir: Path = Field(
        default_factory=_data_folder, description="Folder of the database and of Dagster's storage"
    )
    database_url: OptionalSecret = Field(None, description="SQLAlchemy URL of the tables")
    sync_window: Cadence = Field(Cadence.WEEKLY, description="Length of a sync window")
    sync_start: date = Field(date(2026, 1, 1), description="First day of the first window")
    sync_overlap_seconds: int = Field(
        300, ge=0, description="How far a delta reaches back before its watermark"
    )
    rate_limit: float = Field(10, ge=0, description="Requests a second; 0: unlimited")
    rate_burst: int = Field(20, ge=1, description="Requests that may go out at once")
    candidate_cutoff: date | timedelta | None = Field(
        None, description="Candidates created before are left out: a date, or days as 90d"
    )
    only_created: bool = Field(False, description="Keep only candidates created through this connector")
    exclude: Names = Field(
        (), description="Models and fields to leave out, such as offers,candidates.phone_numbers"
    )
    delta_seconds: int = Field(60, ge=10, description="How often the delta sensor asks Lever for changes")
    snapshot_minutes: int = Field(60, ge=1, description="How old the lists without a time filter may get")
    watch_budget: int = Field(10, ge=0, description="Watched opportunities that a delta reads again, at most")
    watch_minutes: int = Field(30, ge=0, description="How old what is watched may get")
    reconcile_schedule: str = Field("0 3 * * 0", description="When to reconcile (cron, UTC)")
    reconcile_budget: int = Field(5000, ge=0, description="Parents whose records a reconcile reads again")
    concurrency: int = Field(16, ge=1, le=200, description="Requests under way at once")
    timeout_seconds: float = Field(30, gt=0, description="How long one request may take")
    retention_days: str = Field(
        "14", description="Days until personal data of gone records is erased, or off"
    )
    change_history: bool = Field(True, description="Keep each change of a row in the table changes")
    remote_data: bool = Field(True, description="Keep the raw Lever object in the column remote_data")
    custom_fields: Path | None = Field(None, description="Mapping file of custom fields (JSON)")
    ui_url: OptionalText = Field(None, description="Address of Dagster's UI, for links to its runs")
    perform_as: OptionalText = Field(None, description="Id of the Lever user that write actions act as")
    source_name: OptionalText = Field(None, description="Source that created candidates get")
    webhook_url: OptionalText = Field(None, description="Public URL of the webhook receiver")
    webhook_minutes: int = Field(
        60, ge=1, le=7 * 24 * 60, description="How old, in minutes, an event may be when it arrives"
    )
    secret_key: OptionalSecret = Field(
        None, description="Key that encrypts stored tokens, from `lever-assets webhooks key`"
    )

    notice_urls: OptionalSecret = Field(
        None, description="URLs that are told when data changed, with spaces or commas between"
    )
    notice_secret: OptionalSecret = Field(None, description="Secret that signs these notices")

    @field_validator("notice_urls")
    @classmethod
    def _check_notice_urls(cls, value: SecretStr | None) -> SecretStr | None:
        for url in _urls(value):
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError("one of them is not a web address such as https://example.com/changed")
        return value

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
        days = re.fullmatch(r"(\d{1,5})d", value.strip())
        if days:
            return timedelta(days=int(days[1]))
        try:
            return date.fromisoformat(value.strip()) if value.strip() else None
        except ValueError:
            raise ValueError("it is neither a date such as 2026-01-31 nor days such as 90d") from None

    @classmethod
    def load(cls) -> "Settings":
        """Read the settings from the environment; raises `SettingsError` that names the variable at fault."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = "LEVER_" + "_".join(str(part) for part in first["loc"]).upper()
            why = first["msg"].removeprefix("Value error, ")
            raise SettingsError(f"{name} can't be used: {why}. Correct it and try again.") from None

    @cached_property
    def tables_url(self) -> str:
        """The SQLAlchemy URL of the tables: `LEVER_DATABASE_URL`, else lever.db in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'lever.db'}"

    @property
    def notice_targets(self) -> list[str]:
        """The URLs that are told when data changed, each once; they may hold secrets."""
        return _urls(self.notice_urls)

    @property
    def sync_start_at(self) -> datetime:
        """The first instant of the first window (UTC)."""
        return datetime(self.sync_start.year, self.sync_start.month, self.sync_start.day, tzinfo=UTC)

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
        return datetime(first.year, first.month, first.day, tzinfo=UTC)

    @property
    def sync_overlap(self) -> timedelta:
        """How far a delta reaches back before its watermark."""
        return timedelta(seconds=self.sync_overlap_seconds)


def misspelt() -> dict[str, str | None]:
    """Return the variables that look like settings and are none, each with the setting that may be meant."""
    known = [f"LEVER_{name.upper()}" for name in Settings.model_fields]
    given = {*os.environ, *dotenv_values(".env")}
    unknown = sorted(name for name in given if name.startswith("LEVER_") and name not in known)
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in unknown}
