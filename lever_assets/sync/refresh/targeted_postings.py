"""Refreshing a single posting, at once: after a request that wrote to it."""

from lever_assets.lever import LeverClient
from lever_assets.lever.resources import POSTINGS
from lever_assets.store import Merged, due, land
from lever_assets.store.transaction import now
from lever_assets.sync.fetch.arrivals import read_batch
from lever_assets.sync.fetch.set_aside import set_aside
from lever_assets.sync.fetch.singles import read_single
from lever_assets.sync.fetch.verdicts import judge
from lever_assets.sync.refresh.mapping_at_once import map_records
from lever_assets.sync.refresh.targeted import RefreshReport
from lever_assets.sync.session import Session


async def refresh_posting(lever: LeverClient, session: Session, remote_id: str) -> RefreshReport:
    """Read a posting (Lever's id) again and bring the tables up to it, as `refresh_opportunities`.

    Its form is read by the next sync if the posting changed. Raises LeverError and StoreError.
    """
    if not session.exclusion.needs(POSTINGS.name):
        return RefreshReport((), (), Merged())
    asked_at = now()
    record = await read_single(lever, POSTINGS, remote_id, {})
    missing = [remote_id] if record is None else []
    verdict = await judge(lever, session, POSTINGS, missing)
    batch = read_batch(
        POSTINGS,
        [] if record is None else [record],
        asked_at=asked_at,
        stripping=session.exclusion.stripping(POSTINGS.name),
    )
    with session.writing() as tx:
        land(tx, POSTINGS.name, batch.arrivals, asked_at=batch.asked_at)
        set_aside(tx, POSTINGS, batch)
        verdict.keep(tx, POSTINGS)
        taken = {each.remote_id for each in batch.arrivals}
        due.healed(tx, POSTINGS.table, POSTINGS.name, taken)
        merged = map_records(tx, session, {POSTINGS.name: [remote_id]})
    session.on_refresh(tx.written)
    read = () if record is None else (remote_id,)
    warnings = () if verdict.warning is None else (verdict.warning,)
    return RefreshReport(
        read, tuple(sorted(verdict.gone)), merged, tuple(sorted(verdict.doubt)), warnings=warnings
    )
