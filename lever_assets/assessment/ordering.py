"""Ordering: who arrived in the stage since the last look, among those that have changed in the tables.

What it costs follows what has landed. An order is known by opportunity, package and arrival, so whoever looks
twice, late, or again after a kill orders nothing twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from lever_assets.assessment.arrivals import arrivals, closes_at, is_archived, wanted
from lever_assets.assessment.showing import shown
from lever_assets.assessment.stages import stage_ids
from lever_assets.assessment.tags import Tags
from lever_assets.lever import JsonObject
from lever_assets.notices.enqueueing import put_notice
from lever_assets.policy.anonymity import FLAG
from lever_assets.settings import NoticeType
from lever_assets.store import RawRow, assessed, assessments, raw
from lever_assets.store.assessments import Order, OrderStatus, Package
from lever_assets.store.checkpoints import Checkpoint, Instant, Number
from lever_assets.store.transaction import Transaction
from lever_assets.sync.session import Session
from lever_assets.unified.ids import integration_id

_OPPORTUNITIES = "opportunities"
_AT_ONCE = 200
_CLOCKS = timedelta(minutes=2)
"""So far Lever's clock may be behind ours."""
_MOST_WAITING = 1000
NOTE = "note"
SENT = "sent"


@dataclass(frozen=True)
class Looked:
    """Assessments are ordered since an instant (UTC) for arrivals in `stage`, as the setting has it.

    Up to the landing `version` was looked, but at those that `wait` until they are in the unified tables.
    """

    since: Instant
    stage: str
    version: Number
    wait: tuple[str, ...] = ()


_LOOKED = Checkpoint[Looked]("assessments", Looked)


def begin(session: Session) -> None:
    """Keep that assessments are switched on, or in which other stage, or that they are not any more.

    Who arrived before is not made up for. Raises StoreError.
    """
    with session.reading() as tx:
        known = _LOOKED.read(tx)
    stage = session.settings.assessment_stage
    if stage == (None if known is None else known.stage):
        return
    with session.writing() as tx:
        if stage is None:
            _LOOKED.forget(tx)
        else:
            _LOOKED.keep(tx, Looked(tx.instant, stage, tx.current_version()))


def take_orders(session: Session) -> int:
    """Order for whoever arrived since the last look; return how many orders there are more.

    Those that nobody waits for any more are cancelled. Asks nothing of Lever; raises StoreError.
    """
    begin(session)
    if session.settings.assessment_stage is None:
        return 0
    with session.reading() as tx:
        known, version = _LOOKED.read(tx), tx.current_version()
        overdue = assessments.is_any_overdue(tx)
        if known is None or (known.version == version and not (known.wait or overdue)):
            return 0
        ids = [*known.wait, *_changed(tx, known.version, version)]
    made, wait = 0, list[str]()
    rest = iter(dict.fromkeys(ids))
    while some := list(islice(rest, _AT_ONCE)):
        with session.writing() as tx:
            look, orders = _Look.begin(tx, session, known), assessments.orders_of(tx, some)
            for each in raw.read(tx, _OPPORTUNITIES, some):
                made += look.at(each, orders.get(each.remote_id, ()))
            wait += look.wait
    with session.writing() as tx:
        assessments.close_overdue(tx)
        _LOOKED.keep(tx, replace(known, version=version, wait=tuple(wait[-_MOST_WAITING:])))
    return made


def _changed(tx: Transaction, after: int, up_to: int) -> Iterator[str]:
    for keys in raw.changed_keys(tx, _OPPORTUNITIES, after, up_to):
        yield from (key.remote_id for key in keys)


@dataclass(frozen=True)
class _Look:
    """A look at some opportunities, in a transaction; `wait` are those that can't be judged yet."""

    tx: Transaction
    session: Session
    since: datetime
    stages: frozenset[str]
    packages: Sequence[Package]
    tags: Tags
    wait: list[str]

    @classmethod
    def begin(cls, tx: Transaction, session: Session, known: Looked) -> "_Look":
        return cls(
            tx,
            session,
            known.since - _CLOCKS,
            stage_ids(tx, known.stage),
            assessments.packages(tx),
            Tags(session.settings.assessment_tag_prefix),
            [],
        )

    def at(self, row: RawRow, known: Sequence[Order]) -> int:
        """Bring the `known` orders of an opportunity up to it; return how many there are more."""
        came = arrivals(row.data, self.stages, self.since)
        if (row.deleted and not row.left_out) or row.data.get(FLAG) is True:
            if known:
                assessments.erase_orders(self.tx, [row.remote_id])
            return 0
        self._see_when_it_closes(row.data, known)
        if row.deleted or is_archived(row.data):
            return 0
        ordered = {each.arrived_at for each in known if each.package_id}
        fresh = [at for at in came if at not in ordered]
        return self._take(row, fresh, [each for each in known if not each.package_id]) if fresh else 0

    def _see_when_it_closes(self, opportunity: JsonObject, known: Sequence[Order]) -> None:
        at = closes_at(opportunity)
        for each in known:
            if each.status is OrderStatus.OPEN and each.closes_at != at:
                assessments.change(self.tx, each.id, closes_at=at)

    def _take(self, row: RawRow, fresh: Sequence[datetime], without: Sequence[Order]) -> int:
        """Order for arrivals of which nothing is ordered; `without` are those that lacked a package."""
        application = self._application(row)
        if application is None:
            return 0
        email = self._email(row.remote_id, application.remote_id)
        if email is None:
            self.wait.append(row.remote_id)
            return 0
        posting = raw.read(self.tx, "postings", [str(application.data.get("posting"))])
        lists = (row.data.get("tags"), *(each.data.get("tags") for each in posting))
        found = wanted(lists, self.packages, self.tags, self.session.settings.assessment_default_package)
        made = 0
        for at in fresh:
            lacked = next((each for each in without if each.arrived_at == at), None)
            base = self._order(row.remote_id, application.remote_id, at)
            if not found.packages:
                if lacked is None:
                    self._lack(base, found.why_none)
            elif lacked is None or row.data.get("stage") in self.stages:
                made += sum(self._add(base, each, has_email=bool(email)) for each in found.packages)
                if lacked is not None:
                    assessments.change(self.tx, lacked.id, todo=[], due_at=None, error=None, reason=None)
        return made

    def _application(self, row: RawRow) -> RawRow | None:
        """Return the application of an opportunity; None: it has none, so that nobody is to be tested."""
        found = raw.by_parent(self.tx, "applications", [row.remote_id])
        return next(iter(found.get(row.remote_id, [])), None)

    def _email(self, opportunity: str, application: str) -> str | None:
        """Return the candidate's address, "" if there is none; None: they are not in the tables yet."""
        ids = self.session.mapping.id
        if not assessed.is_mapped(self.tx, ids("applications", application)):
            return None
        people = assessed.people(self.tx, [ids("candidates", opportunity)])
        return next((each.email or "" for each in people.values()), None)

    def _order(self, opportunity: str, application: str, at: datetime) -> Order:
        return Order(
            id="",
            connection=self.session.name,
            opportunity=opportunity,
            application=application,
            package_id="",
            arrived_at=at,
            status=OrderStatus.REJECTED,
            todo=[NOTE],
            created_at=self.tx.instant,
            updated_at=self.tx.instant,
            due_at=self.tx.instant,
        )

    def _lack(self, base: Order, why: str) -> None:
        example = self.packages[0].name if self.packages else "NAME"
        reason = (
            f"No assessment was ordered: {why}. Put the tag of one on, such as {self.tags.of(example)!r}, "
            "while the candidate is in this stage."
        )
        assessments.add_order(self.tx, replace(base, id=self._id(base), reason=reason))

    def _add(self, base: Order, package: Package, *, has_email: bool) -> bool:
        order = replace(base, package_id=package.id)
        order = replace(order, id=self._id(order))
        if not has_email:
            reason = f"The assessment {package.name!r} was not ordered: the candidate has no e-mail address."
            return assessments.add_order(self.tx, replace(order, reason=reason))
        order = replace(order, status=OrderStatus.OPEN, todo=[SENT])
        if not assessments.add_order(self.tx, order):
            return False
        [data] = shown(self.tx, self.session.mapping, [order])
        told: JsonObject = {**data, "integration_id": integration_id(self.session.account.named_at_first)}
        put_notice(
            self.tx,
            self.session.settings,
            NoticeType.ASSESSMENT_ORDERED,
            told,
            once=order.id,
            about=order.id,
        )
        return True

    def _id(self, order: Order) -> str:
        at = f"{order.arrived_at.timestamp() * 1000:.0f}"
        return self.session.mapping.id("assessment_orders", order.opportunity, order.package_id, at)
