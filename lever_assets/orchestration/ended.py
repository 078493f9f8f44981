"""The syncs in Dagster that have ended, so that the user's URLs are told of each (`sync-finished`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg

from lever_assets.connect.errors import DisabledError, SwitchedOffError
from lever_assets.notices.finishing import Finished, tell_finished
from lever_assets.orchestration.runs import (
    Whose,
    ended_since,
    failures_of,
    log_url,
    record_of,
    synced_by,
)
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store
from lever_assets.store.accounts import whereabouts
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import now
from lever_assets.sync.targets import wanting

_OVERLAP = timedelta(minutes=2)
"""A run may be found so late: Dagster's clock may be another, and so may its database."""
_NOBODY = ""
_STATUS = {dg.DagsterRunStatus.SUCCESS: True, dg.DagsterRunStatus.FAILURE: False}


@dataclass(frozen=True)
class _Told:
    """The ends of syncs `since` an instant are told, and were looked for up to another one (UTC)."""

    since: Instant
    up_to: Instant


_TOLD = Checkpoint[_Told]("ended_syncs", _Told)
"""Of nobody, as long as `sync-finished` is asked for."""


@dataclass
class EndedSyncs:
    """Tells of the runs that have ended, once; `seen` are those that this process has looked at lately."""

    seen: set[str] = field(default_factory=set)

    def tell(
        self,
        instance: dg.DagsterInstance,
        store: Store,
        settings: Settings,
        accounts: Sequence[Settings],
        whose: Whose,
    ) -> None:
        """Put a notice of each sync that ended since the last look into the outbox; raises StoreError.

        What ended while the type was not asked for is not made up for. An end that is found again, because
        the process died, is told already (`tell_finished`). `accounts` need not hold those that are switched
        off, which may just have ended a sync.
        """
        moment = now()
        with store.reading(_NOBODY) as tx:
            told, some = _TOLD.read(tx), wanting(tx, settings, NoticeType.SYNC_FINISHED)
            off = [settings.of(each.connection) for each in whereabouts(tx) if not each.enabled]
        if not some:
            if told is not None:
                with store.writing(_NOBODY) as tx:
                    _TOLD.forget(tx)
            return
        if told is not None:
            found = ended_since(instance, told.up_to - _OVERLAP)
            for run_id in [each for each in reversed(found) if each not in self.seen]:
                record = record_of(instance, run_id)
                if record is not None and _has_ended_since(record, told.since):
                    _tell(instance, record, store, [*off, *accounts], whose)
            self.seen = set(found)
        with store.writing(_NOBODY) as tx:
            _TOLD.keep(tx, _Told(moment if told is None else told.since, moment))


def _has_ended_since(record: dg.RunRecord, since: datetime) -> bool:
    if record.start_time is None or record.end_time is None:
        return False  # it was never started
    return datetime.fromtimestamp(record.end_time, UTC) >= since


def _tell(
    instance: dg.DagsterInstance,
    record: dg.RunRecord,
    store: Store,
    accounts: Sequence[Settings],
    whose: Whose,
) -> None:
    run, by_name = record.dagster_run, {each.connection: each for each in accounts}
    failed = run.status is dg.DagsterRunStatus.FAILURE
    said = failures_of(instance, run.run_id) if failed else []
    for name in sorted(synced_by(run, by_name, whose)):
        account = by_name[name]
        finished = Finished(
            run.run_id,
            datetime.fromtimestamp(record.start_time or 0, UTC),
            datetime.fromtimestamp(record.end_time or 0, UTC),
            None if _is_of_switching_off(name, said) else _STATUS.get(run.status),
            log_url(account, run.run_id) or "",
        )
        tell_finished(store, account, finished)


def _is_of_switching_off(name: str, said: Sequence[str]) -> bool:
    """Tell whether a run failed because an account was switched off, by what is said of its steps."""
    off = [str(error).partition(":")[0] for error in (SwitchedOffError(name), DisabledError(name))]
    return any(each.startswith(tuple(off)) for each in said)
