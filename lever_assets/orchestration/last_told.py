"""What Dagster knows of assets before it is told more: their last windows, and how their checks came out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)

from lever_assets.orchestration.materializing import COMMAND
from lever_assets.orchestration.names import COMPLETE, MAPPED
from lever_assets.store.transaction import now

_VARYING = frozenset({"listed", "in_table", "newest", "history_left", COMMAND})
"""What a check tells beside its outcome, and that is another with each run or command."""

Outcome = tuple[bool, Mapping[str, object]]
_NEVER_TOLD = None, datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class LastTold:
    """The window and the instant of each asset's last materialization, and its checks' last outcomes."""

    told: Mapping[dg.AssetKey, tuple[str | None, datetime]]
    outcomes: Mapping[dg.AssetCheckKey, Outcome]

    @classmethod
    def of(cls, instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> "LastTold":
        """Ask for them: two queries."""
        return cls(dict(_last_told(instance, keys)), dict(_last_outcomes(instance, keys)))

    def is_told(self, key: dg.AssetKey, window: str, again_after: timedelta) -> bool:
        """Tell whether the last materialization of an asset was in a window, and not so long ago."""
        last, at = self.told.get(key, _NEVER_TOLD)
        return last == window and now() - at < again_after

    def told_at(self, key: dg.AssetKey) -> datetime:
        """Return when an asset was materialized last (UTC); long ago, if it never was."""
        return self.told.get(key, _NEVER_TOLD)[1]

    def is_news(self, found: dg.AssetCheckResult) -> bool:
        """Tell whether a check came out otherwise than it is known; counts that always differ are no news."""
        return self.outcomes.get(key_of(found)) != _outcome_of(found)


def _last_told(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]
) -> Iterator[tuple[dg.AssetKey, tuple[str | None, datetime]]]:
    for key, event in instance.get_latest_materialization_events(keys).items():
        if event is not None and event.asset_materialization is not None:
            yield key, (event.asset_materialization.partition, datetime.fromtimestamp(event.timestamp, UTC))


def _last_outcomes(
    instance: dg.DagsterInstance, keys: Collection[dg.AssetKey]
) -> Iterator[tuple[dg.AssetCheckKey, Outcome]]:
    asked = [dg.AssetCheckKey(key, name) for key in keys for name in (COMPLETE, MAPPED)]
    for key, record in instance.event_log_storage.get_latest_asset_check_execution_by_key(asked).items():
        if isinstance(record.evaluation, dg.AssetCheckEvaluation):  # and not that it is planned
            yield key, _outcome_of(record.evaluation)


def _outcome_of(found: dg.AssetCheckResult | dg.AssetCheckEvaluation) -> Outcome:
    told = {name: getattr(value, "value", value) for name, value in (found.metadata or {}).items()}
    return found.passed, {name: value for name, value in told.items() if name not in _VARYING}


def key_of(found: dg.AssetCheckResult) -> dg.AssetCheckKey:
    """Return of which check a result is."""
    if found.asset_key is None or found.check_name is None:
        raise ValueError("the result does not say of which check it is")
    return dg.AssetCheckKey(found.asset_key, found.check_name)


def evaluation(
    found: dg.AssetCheckResult, of: dg.EventLogRecord | None = None, *, command: str | None = None
) -> dg.AssetCheckEvaluation:
    """Return a result as the event that tells it; `of` is the materialization that was looked at.

    `command` is the command that tells it, outside of runs.
    """
    key = key_of(found)
    target = of and Target(storage_id=of.storage_id, run_id=of.run_id, timestamp=of.timestamp)
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=found.passed,
        metadata={**(found.metadata or {}), **({} if command is None else {COMMAND: command})},
        severity=found.severity,
        description=found.description,
        target_materialization_data=target,
    )
