"""A whole sync: every resource read and landed, then every model derived, in one go."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lever_assets.settings import SettingsError
from lever_assets.sync import runs
from lever_assets.sync.deriving import derive
from lever_assets.sync.landing import land_with
from lever_assets.sync.reports import DeriveReport, LandReport
from lever_assets.sync.resources import BY_NAME, WANTED, Kind
from lever_assets.sync.runs import Run
from lever_assets.sync.session import Scope, Session, now
from lever_assets.unified.catalogue import MODELS

Report = LandReport | DeriveReport


@dataclass(frozen=True)
class SyncReport:
    """What a sync did, step by step; `warnings` are sentences for people. `seconds` is the duration."""

    landed: tuple[LandReport, ...]
    derived: tuple[DeriveReport, ...]
    seconds: float

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
        found = [each.skipped for each in self.landed if each.skipped is not None]
        for landed in self.landed:
            found.extend(landed.warnings)
            if landed.set_aside:
                found.append(f"{landed.set_aside} {landed.resource} without an id were set aside")
        for derived in self.derived:
            found.extend(derived.warnings)
        return tuple(dict.fromkeys(found))


def _ignore(_report: Report) -> None:
    return


def sync(session: Session, scope: Scope, *, on_report: Callable[[Report], None] = _ignore) -> SyncReport:
    """Bring the whole database up to Lever; `on_report` is told of each step as it ends.

    Raises BusyError when another sync of the connection is under way, LeverError, StoreError or
    NotConnectedError. What was read until then is kept and the next run goes on from there.
    """
    began = time.monotonic()
    with session.alone():
        landed = asyncio.run(_land_all(session, scope, on_report))
        derived = tuple(_derived(session, on_report))
    return SyncReport(landed, derived, time.monotonic() - began)


def stopped_midway(session: Session) -> bool:
    """Tell whether a sync of the whole account was begun and not finished: the next one goes on with it."""
    with session.store.reading() as conn:
        return runs.before(conn, session.name, Scope(), _run(session), now()) is not None


def _run(session: Session) -> Run:
    return Run.of(*(name for name in WANTED if session.exclusion.needs(name)))


async def _land_all(
    session: Session, scope: Scope, on_report: Callable[[Report], None]
) -> tuple[LandReport, ...]:
    run = _run(session)
    lists = [name for name in run.wanted if BY_NAME[name].kind is not Kind.CHILD]
    async with session.client() as lever:

        async def landed(name: str) -> LandReport:
            report = await land_with(lever.counting(), session, name, scope, run)
            on_report(report)
            return report

        # Together: each page waits for the one before it, and one list after another would leave the
        # allowance unused. What is read for each record of a list comes many at a time by itself.
        found = await asyncio.gather(*(landed(name) for name in lists), return_exceptions=True)
        reports = {each.resource: each for each in found if isinstance(each, LandReport)}
        for failure in found:
            if isinstance(failure, BaseException):
                raise failure
        for name in run.wanted:
            if name not in reports:
                reports[name] = await landed(name)
    return tuple(reports[name] for name in run.wanted)


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
        raise SettingsError(f"LEVER_EXCLUDE leaves out {', '.join(left_out)}: take it out there, then sync.")
    wanted = {model.name for model in MODELS} if models is None else set(models)
    with session.alone():
        return tuple(_derived(session, on_report, wanted=wanted, again=True))


def _derived(
    session: Session,
    on_report: Callable[[Report], None],
    *,
    wanted: set[str] | None = None,
    again: bool = False,
) -> list[DeriveReport]:
    reports: list[DeriveReport] = []
    for model in MODELS:
        if session.exclusion.keeps(model.name) and (wanted is None or model.name in wanted):
            report = derive(session, model.name, replay=again)
            reports.append(report)
            on_report(report)
    return reports
