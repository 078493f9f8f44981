"""What a sandbox is made of: one frozen record, filled by the command line and by tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.oauth.config import Environment, OAuthConfig
from lever_assets.sandbox.quirks import check_quirks

DEFAULT_NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class SandboxConfig(BaseModel):
    """How the sandbox's account is made, who may read it and how badly it behaves.

    `data` is a folder of recorded JSON in place of a generated account. `db` keeps the account in a file,
    where a later run with the same size, seed and day finds it. `now` is when the account was last worked
    on, so that a seed gives the same account on any day. `simulated_days` before it the company is as
    generated, and recruits from then on (`Year`). `denied` holds resources (`offers`,
    `requisitions`, or `notes:write` for writes alone) whose permission the key lacks. `port` 0 takes a free
    one. `rate` is in requests a second and `burst` in requests; a rate of 0 lifts the limit. `apply_rate`
    is that of applications through postings, 2 unless `rate` is 0. `latency_ms` is added to every answer. A
    webhook that fails is tried again after `webhook_retry_delay` seconds, then four times as long, 5 times
    in all; each try has `webhook_timeout` seconds. `quirks` are names of the quirks' table, `all`,
    `absent=NAME` and `denied=NAME` (quirks/active.py). `environment` is which of Lever's two it plays: tokens
    of one are not good for the other. `oauth` is its OAuth server.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    opportunities: int = Field(default=200, ge=0)
    seed: int = 1
    now: datetime = DEFAULT_NOW
    simulated_days: int = Field(default=0, ge=0, le=3_650)
    data: Path | None = None
    db: Path | None = None

    key: str = "sandbox-key"
    confidential_access: bool = True
    denied: frozenset[str] = frozenset()
    environment: Environment = "production"
    oauth: OAuthConfig = OAuthConfig()

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)

    rate: float = Field(default=10.0, ge=0)
    burst: int = Field(default=20, ge=0)
    apply_rate: float | None = Field(default=None, ge=0)
    latency_ms: float = Field(default=0.0, ge=0)
    webhook_retry_delay: float = Field(default=5.0, ge=0)
    webhook_timeout: float = Field(default=10.0, gt=0)
    faults: tuple[Fault, ...] = ()
    fault_seed: int = 1
    quirks: tuple[str, ...] = ()

    @property
    def opened_at(self) -> datetime:
        """When the account is as it was generated."""
        return self.now - timedelta(days=self.simulated_days)

    @model_validator(mode="after")
    def _simulated_anew(self) -> Self:
        if self.simulated_days and (self.data or self.db):
            raise ValueError("simulated days begin with a generated account, which is kept in no file")
        return self

    @field_validator("quirks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        check_quirks(names)
        return names
