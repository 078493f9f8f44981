"""Which candidates are kept at all: every one, those changed since a cutoff, or those that we created."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from lever_assets.settings import Settings
from lever_assets.store import created, left_out
from lever_assets.store.left_out import Limit, Reason
from lever_assets.sync.checkpoints import COVERED, NOTHING_SINCE, Covered
from lever_assets.sync.fetch.arrivals import Batch
from lever_assets.sync.resources import Resource
from lever_assets.sync.windows import Bounds

LIMITED = "opportunities"
"""The resource that the settings limit, with all that hangs on it."""


@dataclass(frozen=True)
class Coverage:
    """The limit that the settings set: no record last changed before `cutoff` (UTC), or only `created` ones.

    The last change is `updatedAt`, else `createdAt`: as for the windows.
    """

    cutoff: datetime | None = None
    created: bool = False

    @classmethod
    def of(cls, settings: Settings, resource: Resource, now: datetime) -> "Coverage":
        """Return what is kept of `resource`, seen from `now`."""
        return cls(settings.cutoff_at(now), settings.only_created) if resource.name == LIMITED else cls()

    @property
    def limit(self) -> Limit | None:
        """What is left out; None: nothing."""
        if self.created:
            return Limit(Reason.ONLY_CREATED)
        return None if self.cutoff is None else Limit(Reason.CUTOFF, self.cutoff)

    def includes(self, other: "Coverage") -> bool:
        """Tell whether whatever `other` keeps is kept by this one, too."""
        if self.created:
            return other.created
        return self.cutoff is None or (other.cutoff is not None and self.cutoff <= other.cutoff)

    def within(self, bounds: Bounds) -> Bounds | None:
        """Return the part of some bounds of last changes in which anything is kept; None: none is."""
        return bounds.since(self.cutoff)

    def kept(self, conn: Connection, connection: str, batch: Batch) -> Batch:
        """Return what is kept of a batch, whichever filters Lever heeded."""
        if self.created:
            listed = [each.remote_id for each in batch.arrivals]
            return batch.only(created.created_among(conn, connection, listed))
        if self.cutoff is None:
            return batch
        changed = ((each.remote_id, each.updated_at or each.created_at) for each in batch.arrivals)
        return batch.only({own for own, at in changed if at is not None and at >= self.cutoff})


def covered(conn: Connection, connection: str, resource: Resource) -> Coverage:
    """Return what the last pass over everything kept; a database without a note has everything."""
    found = COVERED.read(conn, connection, resource.name)
    return Coverage() if found is None else Coverage(found.changed_since, found.created)


def keep_covered(conn: Connection, connection: str, resource: Resource, coverage: Coverage) -> None:
    """Keep what a pass over everything kept."""
    COVERED.keep(conn, connection, Covered(coverage.cutoff, coverage.created), resource.name)


def cover_anew(conn: Connection, connection: str, resource: Resource) -> None:
    """Let the next pass read the whole list: more of it is to be kept than Lever will tell of by itself."""
    keep_covered(conn, connection, resource, Coverage(NOTHING_SINCE))


def doubts(
    conn: Connection, connection: str, settings: Settings, resource: Resource, *, whole: bool
) -> Iterator[str]:
    """Yield sentences on what the settings keep of `resource`; `whole`: all of it was read."""
    if resource.name != LIMITED:
        return
    yield from settings.doubts
    if whole and settings.only_created and not created.count(conn, connection):
        yield (
            "LEVER_ONLY_CREATED keeps what was created through this connector, and this database knows of "
            "nothing: no candidate is kept; if it takes the place of a lost one, give it what that knew with "
            "`lever-assets created import FILE`"
        )


def leave_out(
    conn: Connection, connection: str, resource: Resource, coverage: Coverage, moment: datetime
) -> int:
    """Mark what is stored and not kept any more as left out; return how many records are new to that."""
    if coverage.limit is None:
        return 0
    return left_out.leave_out(conn, connection, resource.name, coverage.limit, now=moment)
