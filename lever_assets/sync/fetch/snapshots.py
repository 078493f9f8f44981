"""Landing a short list: it is read whole each time."""

from lever_assets.lever import JsonObject, LeverClient
from lever_assets.lever.resources import Resource
from lever_assets.store import Landed, due, sweep
from lever_assets.store.transaction import now
from lever_assets.store.unlisted import all_unlisted, count_unlisted
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.arrivals import Batch, read_batch
from lever_assets.sync.fetch.refused import hides_some, warnings
from lever_assets.sync.fetch.tally import Tally, land_batch, may_lack, meter_of
from lever_assets.sync.session import Session

_MOST_PAGES = 5_000
"""Of a short list, which is held in memory."""


async def land_snapshot(lever: LeverClient, session: Session, resource: Resource) -> Tally:
    """Read the whole list and land it in one transaction; what is not on it any more is marked as gone."""
    asked_at = now()
    records, repeated = await _listed(lever, resource)
    refused = lever.refusals.of(resource.path)
    stripping = session.exclusion.stripping(resource.name)
    batch = read_batch(resource, records, asked_at=asked_at, first_position=0, stripping=stripping)
    witness = await brake.ask_singly(lever, session, resource, _lacking(session, resource, batch))
    with session.writing() as tx:
        session.see_that_it_is_on(tx)
        tally = land_batch(tx, resource, batch)
        gone, held = 0, None
        # What came without an id may be one that is stored.
        hidden = hides_some(tx, resource, refused)
        complete = not (batch.nameless or hidden or repeated)
        if complete:
            began, empty = tx.instant, not records
            unlisted = count_unlisted(tx, resource.name, began)
            held = brake.hold(
                tx, session, resource, unlisted, not_seen_since=began, empty=empty, witness=witness
            )
            if held is None and unlisted.missing:
                gone = sweep(tx, resource.name, not_seen_since=began)
        if not complete:
            brake.look_again(tx, resource, not_seen_since=tx.instant)
        due.forget_settled(tx, resource.table, resource.name)
    tally.counts += Landed(deleted=gone)
    tally.warnings += [*warnings(resource, refused), *filter(None, (held, repeated))]
    meter_of(lever, session, resource).end(len(records))
    return tally


async def _listed(lever: LeverClient, resource: Resource) -> tuple[list[JsonObject], str | None]:
    """Return the records of a short list, and a warning if it may not be whole."""
    params, repeated = dict(resource.params), 0
    records: list[JsonObject] = []
    async for page in lever.pages(resource.path, params, optional=tuple(params), most=_MOST_PAGES):
        if page.first:
            records, repeated = [], 0
        records.extend(page.records)
        repeated += page.repeated
    return records, may_lack(resource, repeated)


def _lacking(session: Session, resource: Resource, batch: Batch) -> list[str]:
    """Return which of the records that are stored the list does not have, if they can be asked for singly."""
    if not brake.asks_singly(session, resource):
        return []
    with session.reading() as tx:
        live = all_unlisted(tx, resource.name, batch.asked_at)
    listed = {each.remote_id for each in batch.arrivals} | batch.unreadable.keys()
    return [each for each in live if each not in listed]
