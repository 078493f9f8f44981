"""Small questions to Lever: has a list changed, was anything deleted? One request each, as a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lever_assets.lever import JsonObject, LeverClient, Page, Params
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.lever.resources import ReadWhole, Resource
from lever_assets.policy.people import limit_of
from lever_assets.store import raw
from lever_assets.store.transaction import now
from lever_assets.store.values import canonical, fingerprint
from lever_assets.sync.fetch.arrivals import read_batch
from lever_assets.sync.retention.coverage import kept_of
from lever_assets.sync.session import Session
from lever_assets.sync.windows import Bounds

_CLOCKS_APART = timedelta(minutes=1)


@dataclass(frozen=True)
class Question:
    """Whether a list has a record whose instant `name` lies at `since` or later (None: any record).

    `answer` is the sentence that says what it means if so, `filter` and `name` are the field's names in
    parameters and in records. `refused`: the parameters that Lever refused last time.
    """

    answer: str
    resource: Resource
    path: str
    filter: str
    name: str
    since: datetime | None
    params: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_deletions(self) -> bool:
        """Whether it asks what was deleted."""
        return self.path == self.resource.deleted_path


async def is_so(lever: LeverClient, session: Session, question: Question) -> bool:
    """Put the question; raises LeverError."""
    lever.refusals.note(question.path, question.refused)
    return await (_has_deletions if question.of_deletions else _has_changed)(lever, session, question)


async def _has_changed(lever: LeverClient, session: Session, question: Question) -> bool:
    """Tell whether records of a list have changed since, or differ from what is stored.

    They are compared where Lever has no filter by change, or does not heed it: the first page, which holds
    the newest records. The others are compared with the next delta, which reads the whole list.
    """
    resource = question.resource
    if not isinstance(resource, ReadWhole) and "updated_at" not in lever.refusals.of(question.path):
        page = await _first(lever, question)
        if not page.records:
            return False
        if any(_lies_beyond(each, question, lever) for each in page.records):
            return True
    page = await _page(lever, question.path, question.params)
    with session.reading() as tx:
        stripping = session.exclusion.stripping(resource.name)
        read = read_batch(resource, page.records, asked_at=page.asked_at, stripping=stripping)
        limit = limit_of(session.settings, resource, tx.instant)
        batch = read.only(kept_of(tx, limit, read.arrivals))
        known = raw.live_hashes(tx, resource.name, [each.remote_id for each in batch.arrivals])
    return any(known.get(each.remote_id) != fingerprint(canonical(each.data)) for each in batch.arrivals)


async def _has_deletions(lever: LeverClient, session: Session, question: Question) -> bool:
    """Tell whether Lever lists a deletion that is not known."""
    page = await _first(lever, question)
    if all(each.get(question.name) is not None for each in page.records):
        return any(_lies_beyond(each, question, lever) for each in page.records)
    page = await _first(lever, question, limit=None)  # some accounts list ids alone
    ids = [str(each.get("id")) for each in page.records]
    with session.reading() as tx:
        stored = raw.read(tx, question.resource.name, ids)
    return any(not row.deleted for row in stored)


async def _first(lever: LeverClient, question: Question, *, limit: str | None = "1") -> Page:
    """Ask for one record, or a page; one from the future is none, it would be found for ever."""
    bounds = Bounds(question.since, _latest(lever))
    params = {**question.params, **dict(bounds.filters(question.filter))}
    return await _page(lever, question.path, params if limit is None else {**params, "limit": limit})


async def _page(lever: LeverClient, path: str, params: Params) -> Page:
    """Return the first page that holds anything, or the last."""
    page = Page([], None)
    optional = [name for name in params if name != "limit"]
    async for page in lever.pages(path, params, optional=optional):
        if page.records:
            break
    return page


def _lies_beyond(record: JsonObject, question: Question, lever: LeverClient) -> bool:
    at = from_epoch_ms_if_any(record.get(question.name))
    return at is not None and (question.since is None or at >= question.since) and at <= _latest(lever)


def _latest(lever: LeverClient) -> datetime:
    return lever.clock.theirs(now()) + _CLOCKS_APART
