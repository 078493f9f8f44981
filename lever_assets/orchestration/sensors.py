"""The sensors: what starts a run when there is something to do, or does it, and says why not.

There is one of each for all accounts (`rounds.py`). Only the delta's run is in the pool of the syncs: a long
sync holds up none of the others.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import inf

import dagster as dg

from lever_assets.connect.first_sync import FIRST_SYNC, Asked, claim
from lever_assets.connect.known import names_and_removed
from lever_assets.notices.delivering import deliver, pending, with_due
from lever_assets.notices.enqueueing import enqueue
from lever_assets.orchestration.assessing import see_to_assessments
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.assets import assets_below
from lever_assets.orchestration.config import for_connection
from lever_assets.orchestration.departed import (
    cancel_syncs_of_departed,
    see_to_departed,
    told_of_departed,
)
from lever_assets.orchestration.ended import EndedSyncs
from lever_assets.orchestration.hosted import Hosted, InForce
from lever_assets.orchestration.jobs import SyncJob
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    DELTA,
    DELTA_SENSOR,
    DRAIN_OP,
    EVERYTHING,
    FULL,
    NOTICES_SENSOR,
    PURGE_SENSOR,
    READS_TAG,
    REFRESH_TAG,
    RETENTION_SENSOR,
    WEBHOOKS_JOB,
    WEBHOOKS_SENSOR,
    full_sync_job_name,
    sync_job_name,
)
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.purging import FAILED_STAY, SHARED_JOBS, purge, purge_runless
from lever_assets.orchestration.readiness import why_not, why_not_in
from lever_assets.orchestration.retention import UNDER_WAY, erase_runs
from lever_assets.orchestration.rounds import Rounds, Told, in_a_sentence, one_by_one, one_loop
from lever_assets.orchestration.runs import Unfinished, draining_runs, end_dead_runs, erase_answers
from lever_assets.orchestration.tagging import Tagging
from lever_assets.orchestration.ticks import Budget, tick
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store, inbox
from lever_assets.store.checkpoints import hold_states, kept_at_of_all
from lever_assets.store.transaction import now as moment
from lever_assets.sync.polling import Outset, Poll, Run, outset, poll
from lever_assets.sync.retention.compaction import compact_if_due
from lever_assets.sync.session import Session
from lever_assets.sync.targets import targets

_WEBHOOK_SECONDS = 15
_NOTICE_SECONDS = 30
_RETENTION_SECONDS = 60
_PURGE_SECONDS = 600
_LOOK_AGAIN_SECONDS = 600
_FIRST_SYNCS = 5
"""So many runs that read an account for the first time are asked for in a tick: making one takes a second."""

Answer = dg.RunRequest | dg.SkipReason | dg.SensorResult


def delta_sensor(hosted: Hosted, jobs: Sequence[SyncJob]) -> dg.SensorDefinition:
    """Return the sensor `lever_delta`: on changes in Lever it starts one delta run of the account.

    `jobs` are the accounts' own; what the list of accounts warns of is told in its description.
    """
    rounds = Rounds()

    @dg.sensor(
        name=hosted.called(DELTA_SENSOR),
        required_resource_keys=hosted.resource_keys,
        jobs=jobs,
        minimum_interval_seconds=hosted.settings.delta_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=" ".join(
            [
                *(f"Attention: {each}" for each in hosted.warnings),
                "Asks Lever with at most six requests whether anything changed since the last sync. If so it "
                "starts one run that reads only that, over the open window and every window missed "
                "meanwhile; never while another run of the connection is under way. It goes through all "
                "connections.",
            ]
        ),
    )
    def delta(context: dg.SensorEvaluationContext) -> Answer:
        return tick(lambda budget: evaluate(context, budget))

    def evaluate(context: dg.SensorEvaluationContext, budget: Budget) -> Answer:
        now = hosted.in_force(context)
        accounts = now.accounts
        with _opened(now.settings, budget) as store:
            cancel_syncs_of_departed(context.instance, store, now.settings, now.own)
            unfinished = Unfinished.of(context.instance, accounts, hosted.whose)

            def look(account: Settings, own: Budget, run: Run = asyncio.run) -> Told:
                keys = hosted.keys[account.connection]
                return _delta(
                    Store(store.engine), account, keys, context.instance, unfinished, budget=own, run=run
                )

            if len(accounts) == 1:
                name = accounts[0].connection
                return _claimed(store, {name: look(accounts[0], budget)})[name].alone()
            with one_loop() as run:
                done = rounds.go(accounts, partial(look, run=run), budget, context.cursor)
            done = done.with_few(_is_first_sync, _FIRST_SYNCS)
            return replace(done, told=_claimed(store, done.told)).answer(context.log)

    return delta


def _delta(
    store: Store,
    account: Settings,
    keys: Keys,
    instance: dg.DagsterInstance,
    unfinished: Unfinished,
    *,
    budget: Budget,
    run: Run,
) -> Told:
    with store.reading(account.connection) as tx:
        hold_states(tx)
        session = Session.within(tx, store, account)
        waits = why_not_in(tx, session.account)
        is_quiet = waits is None and unfinished.of_account(session.name) is None
        known = outset(tx, session) if is_quiet else None
        asked = FIRST_SYNC.read(tx)
    if waits is not None:
        return waits
    end_dead_runs(instance, session, unfinished)
    under_way = unfinished.of_account(session.name)
    if under_way is not None:
        return Told(f"Run {under_way} of this connection is under way.", short="a run is under way.")
    told = _poll_unless_busy(session, known, budget, run)
    if told.since is None:
        return _first_sync(session, told, asked)
    if not told.changed:
        return Told(told.why, short="nothing has changed.")
    windows = windows_since(account, told.since)
    if windows is None:
        return Told(f"The first window lies in the future: see {session.account.setting('sync_start')}.")
    tags = {CAUSE_TAG: told.why, **delta_tags(session.name), **window_range(*windows)}
    request = dg.RunRequest(
        job_name=sync_job_name(session.name),
        asset_selection=assets_below(keys, account, told.of),
        asset_check_keys=[],
        tags=tags,
    )
    return Told(request=request)


def delta_tags(account: str) -> dict[str, str]:
    """Return the tags of a delta over the assets that can have changed, as far as Lever was asked.

    It reads all lists nevertheless, which is a request each, and tells of every asset that did change: so the
    tables are all as fresh, and Dagster does not keep a plan of 0.8 kB for each asset in each run.
    """
    return {REFRESH_TAG: DELTA, READS_TAG: EVERYTHING, CONNECTION_TAG: account}


def _first_sync(session: Session, told: Poll, asked: Asked | None) -> Told:
    """Return the first sync of an account that was made by `connect`; the environment's waits to be told.

    Where it was asked for and the account is not read yet, it did not go well: it has to wait for a while.
    """
    if not session.account.is_stored:
        return Told(told.why, short="waiting for a full sync to be started.")
    if asked is not None and moment() < asked.due_at:
        return _later(asked)
    tags = {CAUSE_TAG: "first sync", CONNECTION_TAG: session.name, REFRESH_TAG: FULL}
    request = dg.RunRequest(job_name=full_sync_job_name(session.name), tags=tags)
    return Told(request=request, last=None if asked is None else asked.at)


def _later(asked: Asked) -> Told:
    again = f"it is asked for again at {asked.due_at:%H:%M:%S} UTC."
    return Told(
        f"The first sync did not read the account: {again}",
        short="the first sync did not read the account, and is asked for again later.",
    )


def _claimed(store: Store, told: Mapping[str, Told]) -> Mapping[str, Told]:
    """Return it without the first syncs that somebody else has asked for meanwhile: the API does so, too.

    That the others are asked for is kept; who is busy with the database keeps none from being so.
    """
    names = [name for name, each in told.items() if _is_first_sync(each)]
    if not names:
        return told
    claimed = dict(told)
    with suppress(BusyError), store.writing("") as tx:
        for name in sorted(names):
            asked = claim(tx.of(name))
            if asked is not None:
                claimed[name] = _later(asked)
    return claimed


def _is_first_sync(told: Told) -> bool:
    return told.request is not None and told.request.tags.get(REFRESH_TAG) != DELTA


def _poll_unless_busy(session: Session, known: Outset | None, budget: Budget, run: Run) -> Poll:
    """Ask Lever whether anything changed; raises BusyError when a sync is under way, also outside Dagster.

    It holds up no sync that begins meanwhile: a run that is then asked for waits for that one, and reads what
    has changed since.
    """
    with session.store.exclusive(session.name):
        pass
    return poll(session, known=known, seconds=budget.left, run=run)


def webhooks_sensor(hosted: Hosted) -> dg.SensorDefinition:
    """Return the sensor `lever_webhooks`: starts a run for each account whose events wait in the inbox."""

    @dg.sensor(
        name=hosted.called(WEBHOOKS_SENSOR),
        required_resource_keys=hosted.resource_keys,
        job_name=hosted.called(WEBHOOKS_JOB),
        minimum_interval_seconds=_WEBHOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for all events of a connection that wait in the inbox of the webhooks.",
    )
    def webhooks(context: dg.SensorEvaluationContext) -> Answer:
        return tick(lambda budget: evaluate(hosted.in_force(context), context, budget))

    def evaluate(now: InForce, context: dg.SensorEvaluationContext, budget: Budget) -> Answer:
        settings, accounts = now.settings, now.accounts
        job, op = hosted.called(WEBHOOKS_JOB), hosted.called(DRAIN_OP)
        draining = draining_runs(context.instance, job, default=settings.connection)
        with _opened(settings, budget) as store:
            with store.reading("") as tx:
                waiting = inbox.pending_counts(tx)

            def look(account: Settings) -> Told:
                session = Session.over(store, account)
                return _drain(session, waiting[account.connection], draining, op)

            if len(accounts) == 1:
                return look(accounts[0]).alone()
            told = one_by_one((each for each in accounts if waiting[each.connection]), look, context.log)
        requests = [each.request for each in told.values() if each.request is not None]
        if requests:
            return dg.SensorResult(run_requests=requests)
        return dg.SkipReason(in_a_sentence(told) or "No event waits in the inbox.")

    return webhooks


def _drain(session: Session, waiting: int, draining: dict[str, str], op: str) -> Told:
    running = draining.get(session.name) if waiting else None
    if running is not None:
        return Told(f"Run {running} is draining the inbox.")
    waits = why_not(session)
    if waits is not None:
        return waits
    if not waiting:
        return Told("No event waits in the inbox.")
    cause = "An event of Lever's" if waiting == 1 else f"{waiting:,} events of Lever's"
    tags = {CAUSE_TAG: cause, CONNECTION_TAG: session.name}
    return Told(request=dg.RunRequest(run_config=for_connection(op, session.name), tags=tags))


def notices_sensor(hosted: Hosted) -> dg.SensorDefinition:
    """Return the sensor `lever_notices`: tells the user's URLs what changed, after the syncs."""
    rounds, news, ended = Rounds(), News(), EndedSyncs()

    @dg.sensor(
        name=hosted.called(NOTICES_SENSOR),
        required_resource_keys=hosted.resource_keys,
        minimum_interval_seconds=_NOTICE_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Tells your URLs which tables changed, once no sync is under way. Before, it "
            "orders assessments where they are switched on (LEVER_ASSESSMENT_STAGE)."
        ),
    )
    def notices(context: dg.SensorEvaluationContext) -> Answer:
        return tick(lambda budget: evaluate(context, budget))

    def evaluate(context: dg.SensorEvaluationContext, budget: Budget) -> Answer:
        now = hosted.in_force(context)
        settings, accounts = now.settings, now.accounts
        with _opened(settings, budget) as store:
            ended.tell(context.instance, store, settings, accounts, hosted.whose)
            see_to_assessments(store, accounts, budget, context.log)
            with store.reading("") as tx:
                told = targets(tx, settings)
            if not told:
                return dg.SkipReason("No URL is to be told of changes: see LEVER_NOTICE_URLS.")
            unfinished = Unfinished.of(context.instance, accounts, hosted.whose)

            def look(account: Settings, own: Budget) -> Told:
                told = _notify(Store(store.engine), account, unfinished, own)
                news.looked_at(account.connection)
                return told

            known = {each.connection: each for each in accounts}
            due = with_due(store)
            removed = [settings.of(each) for each in due if each not in known]
            if len(accounts) == 1 and not removed:
                return look(accounts[0], budget).alone()
            some = news.among(store, known, due)
            if not (some or removed):
                return dg.SkipReason("Nothing has changed that was not told.")
            return rounds.go([*some, *removed], look, budget, context.cursor).answer()

    return notices


@dataclass
class News:
    """Which accounts may have something to tell: those of which anything was kept since they were looked at.

    All are looked at after a while again: what is kept late may be dated before what was seen.
    """

    seen: dict[str, datetime] = field(default_factory=dict)
    looked: dict[str, tuple[datetime | None, float]] = field(default_factory=dict)

    def among(self, store: Store, accounts: Mapping[str, Settings], due: Iterable[str]) -> list[Settings]:
        """Return those of these accounts that may have, or of which notices are `due`; by one query."""
        with store.reading("") as tx:
            self.seen = kept_at_of_all(tx)
        quiet = {name for name in accounts if self._is_quiet(name)} - set(due)
        return [each for name, each in accounts.items() if name not in quiet]

    def looked_at(self, account: str) -> None:
        """Know that an account was looked at since `among` was asked."""
        self.looked[account] = (self.seen.get(account), time.monotonic())

    def _is_quiet(self, account: str) -> bool:
        kept_at, at = self.looked.get(account, (None, -inf))
        return kept_at == self.seen.get(account) and time.monotonic() - at < _LOOK_AGAIN_SECONDS


def _notify(store: Store, account: Settings, unfinished: Unfinished, budget: Budget) -> Told:
    is_there = account.connection in unfinished.runs  # of one that was removed nothing is news but what waits
    if is_there and unfinished.of_account(account.connection) is None:
        enqueue(store, account)
    if not pending(store, account.connection):
        return Told("Nothing has changed that was not told.")
    done = deliver(store, account, seconds=budget.left)
    return Told(
        f"{done.delivered} notices arrived, {done.failed} are sent again later, {done.given_up} given up.",
        trouble=bool(done.failed or done.given_up),
    )


def retention_sensor(hosted: Hosted) -> dg.SensorDefinition:
    """Return the sensor `lever_retention`: erases in Dagster what was erased in the tables."""
    rounds = Rounds()

    @dg.sensor(
        name=hosted.called(RETENTION_SENSOR),
        required_resource_keys=hosted.resource_keys,
        minimum_interval_seconds=_RETENTION_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Deletes the runs of actions whose input was erased, or names somebody who was, the answers "
            "of actions when they are a day old, and all runs of connections that were removed with their "
            "rows."
        ),
    )
    def retention(context: dg.SensorEvaluationContext) -> Answer:
        return tick(lambda budget: evaluate(context, budget))

    def evaluate(context: dg.SensorEvaluationContext, budget: Budget) -> Answer:
        now = hosted.in_force(context)
        settings, accounts = now.settings, now.accounts
        answers = erase_answers(context.instance)
        known = {each.connection for each in accounts}
        others = [settings.of(each) for each in names_and_removed(settings) if each not in known]
        every = [*accounts, *others]
        tagging = Tagging(context.instance, settings, now.own, by_name=hosted.owns_dagster)
        with _opened(settings, budget) as store:
            departed = see_to_departed(context.instance, store, budget, tagging, hosted.layout)
            for warning in departed.warnings:
                context.log.warning(warning)

            def look(account: Settings, own: Budget) -> Told:
                session = Session.over(Store(store.engine), account)
                beside = answers if len(every) == 1 else 0
                return _retain(session, context.instance, own, tagging, beside)

            said = told_of_departed(departed)
            if len(every) == 1:
                alone = look(every[0], budget)
                return replace(alone, why=" ".join([*said, alone.why])).alone()
            done = rounds.go(every, look, budget, context.cursor)
            why = " ".join([*said, done.summary()])
            return dg.SensorResult(skip_reason=why, cursor=done.place.to_keep())

    return retention


def _retain(
    session: Session, instance: dg.DagsterInstance, budget: Budget, tagging: Tagging, answers: int
) -> Told:
    if budget.left:  # first, so that it is not put off by many runs for ever
        compact_if_due(session, by_day=True, seconds=budget.left)
    runs = erase_runs(instance, session, budget, tagging=tagging)
    told = [f"{runs.deleted} runs and {answers} answers were erased."] if runs.deleted or answers else []
    if runs.waiting:
        told.append(UNDER_WAY.format(runs.waiting))
    return Told(" ".join([*told, *runs.warnings]) or "There was nothing to erase.")


def purge_sensor(hosted: Hosted) -> dg.SensorDefinition:
    """Return the sensor `lever_purge`: deletes old runs."""
    jobs, days = {hosted.called(each) for each in SHARED_JOBS}, hosted.settings.run_retention_days

    @dg.sensor(
        name=hosted.called(PURGE_SENSOR),
        minimum_interval_seconds=_PURGE_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Deletes runs older than LEVER_RUN_RETENTION_DAYS ({days}), failed ones after {FAILED_STAY} "
            "times as long, and what commands told of assets; the last materialization of each asset and "
            "window stays."
        ),
    )
    def purging(context: dg.SensorEvaluationContext) -> Answer:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> Answer:
        done = purge(instance, hosted.whose, days, budget, jobs)
        told = [f"{done.deleted} old runs were deleted."] if done.deleted else []
        runless = purge_runless(instance, hosted.whose, days)
        told += [f"{runless} old events of commands were deleted."] if runless else []
        if not done.complete:
            told.append("There are more: the next tick goes on.")
        return dg.SkipReason(" ".join([*told, *done.warnings]) or "No run is too old.")

    return purging


def _opened(settings: Settings, budget: Budget) -> closing[Store]:
    return closing(Store.open(settings.tables_url, lock_wait=budget.whole))
