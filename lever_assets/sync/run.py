"""A whole sync: every resource read and landed, then every model derived, in one go."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from lever_assets.connect.errors import SwitchedOffError
from lever_assets.lever import LeverClient, LeverError
from lever_assets.lever.resources import BY_NAME, WANTED, Child
from lever_assets.lever.traffic import Traffic
from lever_assets.settings import SettingsError
from lever_assets.sync.behind import drivers, mapped_from, say_what_is_behind
from lever_assets.sync.checkpoints import READ_WHOLE, RunSoFar
from lever_assets.sync.fetch.ahead import below_ahead, pages_ahead, reads_whole_lists, sure_below
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.refused import NothingReadableError
from lever_assets.sync.landing import land_more, land_with
from lever_assets.sync.map.deriving import derive_all
from lever_assets.sync.prepare import prepare
from lever_assets.sync.reports import DeriveReport, LandReport
from lever_assets.sync.resuming import Run, run_before, take_up_run
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import note_read_whole
from lever_assets.sync.whole import Whole
from lever_assets.unified.catalogue import ALL_MODELS

Report = LandReport | DeriveReport
_A_MOMENT = 0.01


@dataclass(frozen=True)
class SyncReport:
    """What a sync did, step by step; `warnings` are sentences for people. `seconds` is the duration.

    `restored`: sentences on what was missing in the database.
    """

    landed: tuple[LandReport, ...]
    derived: tuple[DeriveReport, ...]
    seconds: float
    restored: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """Requests that went to Lever, retries included."""
        return sum(each.traffic.requests for each in self.landed)

    @property
    def rejected(self) -> int:
        """Requests that Lever answered with 429."""
        return sum(each.traffic.rejected for each in self.landed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know: skipped resources, what a step warns of, records set aside."""
        found = [*self.restored]
        found += [each.skipped for each in self.landed if each.skipped is not None]
        for landed in self.landed:
            found.extend(landed.warnings)
            if landed.set_aside:
                found.append(f"{landed.set_aside} {landed.resource} without an id were set aside")
        for derived in self.derived:
            found.extend(derived.warnings)
        return tuple(dict.fromkeys(found))


def _ignore(_report: Report) -> None:
    return


def _go_on() -> None:
    return


def sync(
    session: Session,
    scope: Scope,
    *,
    run: Run | None = None,
    models: Collection[str] | None = None,
    wait: float = 0.0,
    on_report: Callable[[Report], None] = _ignore,
    at_turn: Callable[[], None] = _go_on,
) -> SyncReport:
    """Bring the database up to Lever; `on_report` is told of each step as it ends.

    `at_turn` is called when no other sync is under way any more; what it raises ends this one.

    `run` says what is read, `models` what is mapped (None: everything); where nothing is to be read, Lever is
    not asked and no key is needed. Another sync of the connection is waited for up to `wait` seconds.

    Raises BusyError when it is still under way then, NotConnectedError, StoreError, SwitchedOffError when the
    connection is switched off meanwhile (the next sync maps what was read), or the first LeverError that kept
    a resource from being read. The others are read all the same; what was read is mapped, also when this is
    interrupted, and the next run goes on from there. The error's notes say which tables are up to date.
    """
    began = time.monotonic()
    with session.alone(wait):
        at_turn()
        syncing = _Syncing(session, scope, run or _run(session), models, on_report)
        asyncio.run(syncing.bring_up())
    return SyncReport(syncing.landed, syncing.derived, time.monotonic() - began, syncing.restored)


def stopped_midway(session: Session) -> bool:
    """Tell whether a sync of the whole account was begun and not finished: the next one goes on with it."""
    with session.reading() as tx:
        return run_before(tx, Scope(), _run(session)) is not None


def _run(session: Session) -> Run:
    return Run.of(*(name for name in WANTED if session.exclusion.needs(name)))


class _Syncing:
    """One sync: the lists are read, then what is below their records; each time what was read is mapped.

    Of what is below first what changed. The rest, which is what is watched, and the history, may take long,
    and nobody is to wait for it: so it is read when all else is mapped.
    """

    def __init__(
        self,
        session: Session,
        scope: Scope,
        run: Run,
        models: Collection[str] | None,
        on_report: Callable[[Report], None],
    ) -> None:
        kept = [each.name for each in session.exclusion.kept]
        self._models = [each for each in kept if models is None or each in models]
        self._traffic: Traffic | None = None
        self._whole = Whole(
            session.listener,
            requests=lambda: 0 if self._traffic is None else self._traffic.requests,
            rate=session.settings.rate_limit,
            at_once=session.settings.concurrency,
            drivers=drivers(self._models),
            history_seconds=session.history_seconds,
        )
        self._session = replace(session, listener=self._whole)
        self._scope = scope
        self._on_report = on_report
        self.restored: tuple[str, ...] = ()
        self._run = run
        self._landed: dict[str, LandReport] = {}
        self._derived: dict[str, DeriveReport] = {}
        self._derived_before: dict[str, DeriveReport] = {}
        self._failure: Exception | None = None

    @property
    def landed(self) -> tuple[LandReport, ...]:
        """What was read, in the order of the resources."""
        return tuple(self._landed[name] for name in self._run.wanted if name in self._landed)

    @property
    def derived(self) -> tuple[DeriveReport, ...]:
        """What was mapped, in the order of the catalogue."""
        return tuple(self._derived[model.name] for model in ALL_MODELS if model.name in self._derived)

    async def bring_up(self) -> None:
        """Read and map it all; raises the first failure, when all that can be done is done."""
        if self._run.wanted:
            await self._read()
        else:
            self.restored = prepare(self._session)
            self._derive()
            if self._failure is not None:
                raise self._failure
            note_read_whole(self._session)

    async def _read(self) -> None:
        below = [name for name in self._run.wanted if isinstance(BY_NAME[name], Child)]
        lists = [name for name in self._run.wanted if name not in below]
        async with self._session.client() as lever:
            self.restored = prepare(self._session)
            with self._session.writing() as tx:
                so_far = take_up_run(tx, self._scope, self._run)
                was_read_before = READ_WHOLE.read(tx) is not None
            self._traffic = lever.traffic
            self._estimate(lists, below, so_far)
            try:
                # Together: each page waits for the one before it, and one list after another would leave the
                # allowance unused. What is read for each record of a list comes many at a time by itself.
                await asyncio.gather(*(self._land(lever, name, so_far) for name in lists))
                self._count(below, so_far)
                self._derive(but=mapped_from(below, self._session.exclusion))
                await asyncio.sleep(_A_MOMENT)  # to hear which connections Lever closed in the meantime
                for name in below:
                    if not self._is_hopeless():
                        await self._land(lever, name, so_far)
                if not self._is_hopeless():
                    await self._land_more(lever, so_far)
            finally:
                self._derive()
        if not was_read_before:
            note_read_whole(self._session)
        if self._failure is not None:
            nothing = isinstance(self._failure, NothingReadableError)
            unread = [name for name in self._run.wanted if nothing or not self._was_read(name)]
            # Without an answer nothing was read, and the tables are as they were.
            if lever.access.answered and not self._is_stopped:
                say_what_is_behind(self._failure, unread, self._session.exclusion)
            raise self._failure

    def _estimate(self, lists: Sequence[str], below: Sequence[str], so_far: RunSoFar) -> None:
        """Have it told how far the sync is; by what the last one left, where that is known."""
        if not reads_whole_lists(self._scope):  # a delta a minute looks for nothing here
            self._whole.begin(dict.fromkeys(lists))
            return
        with self._session.reading() as tx:
            pages = pages_ahead(tx, lists)
            known = bool(pages) and None not in pages.values()
            ahead = below_ahead(tx, self._session, below, self._scope, so_far) if known else None
        self._whole.begin(pages, sure_below(self._session.settings, pages, below))
        if ahead is not None:
            self._whole.estimate(ahead.readings, history=ahead.history)

    def _count(self, below: Sequence[str], so_far: RunSoFar) -> None:
        """Have it told how far the sync is, by what the lists, which are in, have left to read."""
        with self._session.reading() as tx:
            ahead = below_ahead(tx, self._session, below, self._scope, so_far)
        self._whole.lists_are_in(ahead.readings, history=ahead.history, known=ahead.known)

    def _was_read(self, name: str) -> bool:
        report = self._landed.get(name)
        return report is not None and report.skipped is None and not report.more

    @property
    def _is_stopped(self) -> bool:
        """Whether it is not to go on: nobody waits for the tables either."""
        return isinstance(self._failure, SwitchedOffError)

    def _is_hopeless(self) -> bool:
        is_everywhere = isinstance(self._failure, LeverError) and concerns_all(self._failure)
        return is_everywhere or self._is_stopped

    def _fail(self, error: Exception) -> None:
        """Keep the first failure; that it was switched off is what counts most."""
        if self._failure is None or isinstance(error, SwitchedOffError):
            self._failure = error

    async def _land(self, lever: LeverClient, name: str, so_far: RunSoFar) -> None:
        try:
            report = await land_with(lever.counting(), self._session, name, self._scope, so_far)
        except Exception as error:  # whatever it is, it must not cost the other resources
            self._fail(error)
            self._whole.end(name)
            return
        self._landed[name] = report
        self._whole.end(name, more=report.more)
        if not report.more:
            self._on_report(report)

    async def _land_more(self, lever: LeverClient, so_far: RunSoFar) -> None:
        """Read what else there is to read below records, side by side, when all that was read is mapped."""
        more = [each for each in self._landed.values() if each.more]
        if not more:
            return
        self._derive(again=mapped_from([each.resource for each in more], self._session.exclusion))
        self._whole.turn_to_rest()
        seconds = self._session.history_seconds
        deadline = None if seconds is None else time.monotonic() + seconds
        await asyncio.gather(*(self._land_rest(lever, each, so_far, deadline) for each in more))

    async def _land_rest(
        self, lever: LeverClient, first: LandReport, so_far: RunSoFar, deadline: float | None
    ) -> None:
        counting = lever.counting()
        try:
            report = await land_more(counting, self._session, first, self._scope, so_far, deadline=deadline)
        except Exception as error:  # as above
            self._fail(error)
            return
        finally:
            self._whole.end(first.resource)
        self._landed[first.resource] = report
        self._on_report(report)

    def _derive(self, *, but: Sequence[str] = (), again: Sequence[str] = ()) -> None:
        """Map what was not mapped yet; `again` are to be mapped once more, and told of then."""
        if self._is_stopped:
            return
        done = {*but, *self._derived}
        models = [each for each in self._models if each not in done]
        with self._whole.mapping(models):
            try:
                for each in derive_all(self._session, models, while_on=True):
                    self._note(each, again)
            except SwitchedOffError as error:
                self._fail(error)

    def _note(self, each: DeriveReport, again: Sequence[str]) -> None:
        before = self._derived_before.pop(each.model, None)
        report = each if before is None else before.followed_by(each)
        if each.model in again:
            self._derived_before[each.model] = report
            return
        self._derived[report.model] = report
        self._on_report(report)


def replay(
    session: Session,
    models: Sequence[str] | None = None,
    *,
    on_report: Callable[[Report], None] = _ignore,
) -> tuple[DeriveReport, ...]:
    """Map these models (None: all) again from the raw tables, without asking Lever anything.

    Raises SettingsError when one of them is left out by the settings.
    """
    left_out = sorted(session.exclusion.models & set(models or ()))
    if left_out:
        name, why, what_to_do = session.exclusion.why(left_out[0])
        raise SettingsError(f"{session.account.setting(name)} {why}: {what_to_do}.")
    wanted = [each.name for each in session.exclusion.kept if models is None or each.name in models]
    reports = []
    with session.alone():
        restored = prepare(session)
        for each in derive_all(session, wanted, replay=True):
            report = replace(each, restored=restored)
            restored = ()  # it is told once
            reports.append(report)
            on_report(report)
    return tuple(reports)
