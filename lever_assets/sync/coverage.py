"""Which candidates are kept at all: every one, those since a cutoff, or those that this connector created."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from lever_assets.lever import JsonObject
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import get_state, mark_deleted, next_version, put_state
from lever_assets.store.created import created_among, left_out
from lever_assets.sync.resources import Resource
from lever_assets.sync.windows import Bounds

LIMITED = "opportunities"
"""The resource that the settings limit, with all that hangs on it."""


@dataclass(frozen=True)
class Coverage:
    """The limit that the settings set: no record created before `cutoff` (UTC), or only `created` ones."""

    cutoff: datetime | None = None
    created: bool = False

    @classmethod
    def of(cls, settings: Settings, resource: Resource, now: datetime) -> "Coverage":
        """Return what is kept of `resource`; raises SettingsError when two limits exclude each other."""
        cutoff = settings.cutoff_at(now)
        if cutoff is not None and settings.only_created:
            raise SettingsError(
                "LEVER_ONLY_CREATED and LEVER_CANDIDATE_CUTOFF can't be combined: the one keeps what was "
                "created through this connector, however old it is. Unset one of them."
            )
        return cls(cutoff, settings.only_created) if resource.name == LIMITED else cls()

    @property
    def unlimited(self) -> bool:
        """Whether every record is kept."""
        return self.cutoff is None and not self.created

    def includes(self, other: "Coverage") -> bool:
        """Tell whether whatever `other` keeps is kept by this one, too."""
        if self.created:
            return other.created
        return self.cutoff is None or (other.cutoff is not None and self.cutoff <= other.cutoff)

    def filters(self) -> tuple[tuple[str, str], ...]:
        """Return Lever's filters for the cutoff."""
        return Bounds(lower=self.cutoff).filters("created_at")

    def kept(self, conn: Connection, connection: str, records: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the records of a page that are kept."""
        if not self.created:
            return records
        listed = [remote_id for each in records if isinstance(remote_id := each.get("id"), str)]
        created = created_among(conn, connection, listed)
        return [each for each in records if each.get("id") in created]


def covered(conn: Connection, connection: str, resource: Resource) -> Coverage:
    """Return what the last pass over everything kept; a database without a note has everything."""
    state = get_state(conn, connection, f"coverage:{resource.name}")
    if not isinstance(state, dict):
        return Coverage()
    cutoff = state.get("cutoff")
    instant = datetime.fromisoformat(cutoff).astimezone(UTC) if isinstance(cutoff, str) else None
    return Coverage(instant, bool(state.get("created")))


def keep_covered(conn: Connection, connection: str, resource: Resource, coverage: Coverage) -> None:
    """Keep what a pass over everything kept."""
    cutoff = None if coverage.cutoff is None else coverage.cutoff.isoformat()
    state: JsonObject = {"cutoff": cutoff, "created": coverage.created}
    put_state(conn, connection, f"coverage:{resource.name}", state)


def leave_out(
    conn: Connection, connection: str, resource: Resource, coverage: Coverage, moment: datetime
) -> int:
    """Mark what is stored and not kept any more as gone; return how many records were live."""
    if coverage.unlimited:
        return 0
    ids = left_out(
        conn, connection, resource.name, created_before=coverage.cutoff, others_only=coverage.created
    )
    if not ids:
        return 0
    version = next_version(conn, connection)
    return mark_deleted(conn, connection, resource.name, ids, version=version, now=moment)
