"""What PostgreSQL writes for an opportunity into its log of changes (WAL): what a disk has to take."""

from statistics import median

import psycopg

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.figures import figure, heading
from benchmarks.syncing import settings_for
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_SHARE = 0.1
_TIMES = 7
_DELTA = Scope(delta=True)


def run(opportunities: int) -> None:
    """Print the bytes of a full sync, of a delta in which some have changed, and of one in which none has."""
    heading(f"Bytes that PostgreSQL writes, {opportunities:,} opportunities, no rate limit")
    with (
        served(opportunities) as lever,
        database(Kind.POSTGRESQL) as into,
        Session.open(settings_for(lever, into)) as session,
        psycopg.connect(into.url, autocommit=True) as conn,
    ):
        whole = _of_a_sync(session, conn, Scope())
        _of_a_sync(session, conn, _DELTA)
        touched = len(lever.touch(_SHARE, 1))
        changed = _of_a_sync(session, conn, _DELTA)
        quiet = median(_of_a_sync(session, conn, _DELTA) for _ in range(_TIMES))
    figure("kB, full sync, an opportunity", whole / opportunities / 1000)
    figure("kB, delta, a changed opportunity", (changed - quiet) / touched / 1000)
    figure("kB, quiet delta", quiet / 1000)


def _of_a_sync(session: Session, conn: "psycopg.Connection[tuple[int]]", scope: Scope) -> int:
    before = _written(conn)
    sync(session, scope)
    return _written(conn) - before


def _written(conn: "psycopg.Connection[tuple[int]]") -> int:
    row = conn.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").fetchone()
    return int(row[0]) if row else 0
