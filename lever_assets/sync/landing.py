"""Landing one resource: the face of the fetching, for whoever orchestrates it."""

import asyncio
import time

from lever_assets.lever import JsonObject, LeverClient, PermissionMissingError
from lever_assets.store import put_state
from lever_assets.sync import runs
from lever_assets.sync.children import land_below
from lever_assets.sync.lists import Tally, land_snapshot, land_windowed
from lever_assets.sync.reports import LandReport
from lever_assets.sync.resources import BY_NAME, Kind, Resource
from lever_assets.sync.runs import Run
from lever_assets.sync.session import Scope, Session, now


def land(session: Session, resource_name: str, scope: Scope, run: Run | None = None) -> LandReport:
    """Read one resource from Lever into its raw table and say what became of it.

    With `run`, a resource that the unfinished run before it had read to the end is not read again. Raises
    LeverError, StoreError or NotConnectedError; what was read until then is kept, and the next run goes on
    from there. A missing permission is no error: the report's `skipped` tells it.
    """

    async def alone() -> LandReport:
        async with session.connection.client(session.settings) as lever:
            return await land_with(lever, session, resource_name, scope, run)

    return asyncio.run(alone())


async def land_with(
    lever: LeverClient, session: Session, resource_name: str, scope: Scope, run: Run | None = None
) -> LandReport:
    """As `land`, with an open client."""
    resource = BY_NAME[resource_name]
    began, before = time.monotonic(), lever.traffic.snapshot()
    skipped: str | None = None
    tally = Tally()
    already = run is not None and _was_read(session, scope, run, resource)
    if not already:
        try:
            tally = await _read(lever, session, resource, scope)
        except PermissionMissingError as error:
            skipped = f"{resource.name} was skipped: {error}"
        _keep(session, scope, resource, skipped)
    return LandReport(
        resource.name,
        str(scope),
        tally.counts,
        lever.traffic.since(before),
        time.monotonic() - began,
        tally.embedded,
        tally.set_aside,
        skipped,
        already,
    )


def _was_read(session: Session, scope: Scope, run: Run, resource: Resource) -> bool:
    with session.store.writing() as conn:
        return runs.was_read(conn, session.name, scope, run, resource=resource.name, now=now())


def _keep(session: Session, scope: Scope, resource: Resource, skipped: str | None) -> None:
    state: JsonObject = {"read_at": now().isoformat(), "scope": str(scope), "denied": skipped}
    with session.store.writing() as conn:
        put_state(conn, session.name, f"resource:{resource.name}", state)
        runs.mark_read(conn, session.name, scope, resource.name)


async def _read(lever: LeverClient, session: Session, resource: Resource, scope: Scope) -> Tally:
    match resource.kind:
        case Kind.SNAPSHOT:
            return await land_snapshot(lever, session, resource)
        case Kind.WINDOWED:
            return await land_windowed(lever, session, resource, scope)
        case Kind.CHILD:
            return await land_below(lever, session, resource, scope)
        case Kind.EMBEDDED:
            raise ValueError(f"{resource.name} lands with {resource.parent}")
