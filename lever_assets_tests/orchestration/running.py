"""What these tests share: definitions over a sandbox, runs of them, and what the runs reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import SecretStr

from lever_assets.definitions import build
from lever_assets.lever.resources import WANTED
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS
from lever_assets.unified.marts import MARTS
from lever_assets_tests.sync.tables import Tables, unified_tables

ASSETS = sum(map(NOTHING_EXCLUDED.needs, WANTED)) + len(MODELS) + len(INSIGHT_MODELS) + len(MARTS)
"""One for each resource that is asked for, for each model, and for each mart."""
FIRST = datetime.now(UTC).date() - timedelta(days=8)
"""A start that leaves two windows: Dagster's own work grows with them."""


@dataclass(frozen=True)
class Place:
    """A folder with a database and a Dagster instance of its own, and the sandbox that it is filled from."""

    sandbox: Sandbox
    folder: Path
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def settings(self, **changes: Any) -> Settings:
        """Return settings that reach the sandbox without a limit."""
        known: dict[str, Any] = {
            "api_key": SecretStr(self.sandbox.key),
            "base_url": self.sandbox.url,
            "data_dir": self.folder,
            "rate_limit": 0,
            "sync_start": FIRST,
            "passthrough_job": True,
        }
        return Settings(**{**known, **changes})

    def environment(self) -> dict[str, str]:
        """Return the same settings as variables, and a Dagster home."""
        return {
            "LEVER_API_KEY": self.sandbox.key,
            "LEVER_BASE_URL": self.sandbox.url,
            "LEVER_DATA_DIR": str(self.folder),
            "LEVER_RATE_LIMIT": "0",
            "LEVER_SYNC_START": FIRST.isoformat(),
            "DAGSTER_HOME": str(self.folder),
        }

    def run(
        self,
        job: str = "lever_sync",
        *,
        tags: Mapping[str, str] | None = None,
        run_config: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> dg.ExecuteInProcessResult:
        """Run a job of the definitions in this process, without raising what fails."""
        resolved = build(self.settings(**changes)).resolve_job_def(job)
        return resolved.execute_in_process(
            instance=self.instance, run_config=run_config, tags=dict(tags or {}), raise_on_error=False
        )

    def tables(self, *, instants: bool = True) -> Tables:
        """Return every unified table, row for row."""
        return unified_tables(self.settings().tables_url, instants=instants)


def windows(settings: Settings) -> list[str]:
    """Return the keys of all windows, the open one included."""
    return list(build(settings).resolve_job_def("lever_sync").partitions_def.get_partition_keys())  # type: ignore[union-attr] # the job has partitions


def window_range(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run over a range of windows."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def reported(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Return the metadata of an asset's last materialization in a run."""
    events = [each for each in result.get_asset_materialization_events() if each.asset_key == key(asset)]
    assert events, f"{asset} was not materialized"
    return {name: value.value for name, value in events[-1].materialization.metadata.items()}


def key(asset: str) -> dg.AssetKey:
    """Return an asset's key by its own name."""
    return dg.AssetKey(["lever", asset])


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return the description of every check that did not pass."""
    return {
        f"{each.asset_key.path[-1]}.{each.check_name}": each.description or ""
        for each in result.get_asset_check_evaluations()
        if not each.passed
    }


def failures(result: dg.ExecuteInProcessResult) -> set[str]:
    """Return what the failed steps of a run say."""
    found = set()
    for event in result.all_events:
        if event.is_step_failure:
            told = event.step_failure_data.user_failure_data
            found.add(told.description or "" if told else event.message or "")
    return found


def open_applicant(sandbox: Sandbox) -> str:
    """Return an opportunity with an application that is open: one to be moved."""
    return next(
        each
        for each in sandbox.ids("opportunities")
        if (record := sandbox.get("opportunities", each) or {})["applications"] and not record["archived"]
    )
