"""The raw assets: one for each Lever resource that is asked for, generated from the list of resources."""

from collections.abc import Iterator

import dagster as dg

from lever_assets.orchestration import metadata
from lever_assets.orchestration.failures import for_events, warn
from lever_assets.orchestration.names import COMPLETE, raw_group, raw_key
from lever_assets.orchestration.scope import run_of, scope_of
from lever_assets.orchestration.sync_asset import sync_asset
from lever_assets.orchestration.working import LOCK_SECONDS, session_of
from lever_assets.settings import Settings
from lever_assets.store import reads
from lever_assets.sync.behind import mapping_before_failing
from lever_assets.sync.exclusion import Exclusion
from lever_assets.sync.landing import land
from lever_assets.sync.reports import LandReport
from lever_assets.sync.resources import RESOURCES, Kind, Resource
from lever_assets.sync.session import Scope


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the raw assets of the default connection: those that a model needs which is not left out.

    Embedded resources land with their parent's.
    """
    exclusion = Exclusion.of(settings)
    return [
        _raw_asset(resource, settings, exclusion)
        for resource in RESOURCES
        if resource.kind is not Kind.EMBEDDED and exclusion.needs(resource.name)
    ]


def _raw_asset(resource: Resource, settings: Settings, exclusion: Exclusion) -> dg.AssetsDefinition:
    connection = settings.connection
    key = raw_key(connection, resource.name)

    def land_resource(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with session_of(context, settings) as session, session.alone(LOCK_SECONDS):
            scope = scope_of(context, settings)
            context.log.info(f"{resource.name}: reading {scope} from Lever.")
            with mapping_before_failing(session, resource.name):
                report = land(session, resource.name, scope, run_of(context, settings))
            with session.store.reading() as conn:
                live = reads.raw_count(conn, session.name, resource.name).live
        warn(context.log, filter(None, (report.skipped, *report.warnings)))
        yield dg.MaterializeResult(
            metadata=metadata.raw_materialization(report, live, session.store.name),
            check_results=[_complete(report, live, whole=_is_whole(resource, scope))],
        )

    return sync_asset(
        settings,
        land_resource,
        key=key,
        deps=[raw_key(connection, resource.parent)] if resource.parent else [],
        group=raw_group(connection),
        floor="raw",
        description=metadata.raw_description(resource, exclusion),
        kind="lever",
        metadata=metadata.raw_definition(resource),
        checks=[
            dg.AssetCheckSpec(
                COMPLETE,
                asset=key,
                description=(
                    "The key may read this resource, and all that Lever listed is in the table; when it was "
                    "read whole, nothing else is. What lies below other records was read below each of them."
                ),
            )
        ],
    )


def _is_whole(resource: Resource, scope: Scope) -> bool:
    """Tell whether what Lever listed is all that the table may hold."""
    if resource.read_whole:
        return True
    everything = scope.bounds.everything and not (scope.delta or scope.reconcile)
    return resource.kind is Kind.WINDOWED and everything


def _complete(report: LandReport, live: int, *, whole: bool) -> dg.AssetCheckResult:
    """Pass when the table holds what Lever listed; what lacks an id or could not be read warns."""
    if report.skipped:
        return dg.AssetCheckResult(
            check_name=COMPLETE,
            passed=False,
            description=for_events(report.skipped),
            metadata={"skipped": True},
        )
    listed, unread = report.counts.seen + report.set_aside, report.unread
    told = f"{report.counts.seen:,} of the {listed:,} records that Lever listed are in the table"
    if unread.count:
        told = (
            f"{told}; what lies below {unread.count:,} records could not be read and is asked for again from "
            f"{unread.next_at:%Y-%m-%d %H:%M} UTC on"
        )
    if report.set_aside:
        told = f"{told}; {report.set_aside:,} came without an id"
    differs = whole and live != report.counts.seen
    if differs:
        told = f"{told}, which holds {live:,} in all"
    if report.held_back:
        told = f"{told}; {report.held_back:,} that Lever did not list are kept, as so many may be a mistake"
    return dg.AssetCheckResult(
        check_name=COMPLETE,
        passed=not (report.set_aside or unread.count or differs or report.held_back),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{told}.",
        metadata={
            "listed": listed,
            "in_table": live,
            "without_id": report.set_aside,
            "unread": unread.count,
            "held_back": report.held_back,
        },
    )
