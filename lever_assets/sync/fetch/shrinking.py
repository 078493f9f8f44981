"""Children that the lists of their parents lack: gone, unless it is so many that the lists may be wrong.

How many it is shows only when the last list was read. Until then the parents are kept as due, so that nothing
is forgotten should the process be killed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lever_assets.lever.resources import Below
from lever_assets.store import Arrival, children, due, raw
from lever_assets.store.reads import raw_count
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.unlisted import Unlisted
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.brake import mark_gone
from lever_assets.sync.session import Session

_LACKING = "Lever's list lacks "
_LACKS = _LACKING + "{:,} of them that are stored, and whether they are gone is not settled"
_IN_PART = "a record in the list could not be taken in"


@dataclass
class Shrinking:
    """What one reading of a resource below many parents finds missing."""

    session: Session
    resource: Below
    parent: str
    held: int
    """How many an earlier reading held back."""
    began: datetime = field(default_factory=now)
    _missing: dict[str, list[str]] = field(default_factory=dict)

    def doubts(
        self, tx: Transaction, lists: Mapping[str, Sequence[Arrival]], in_part: Collection[str]
    ) -> dict[str, str]:
        """Return why the lists of some parents can't be believed as they are, by parent.

        `in_part`: the parents of whose list a record could not be taken in.
        """
        listed = {
            parent: [each.remote_id for each in arrivals]
            for parent, arrivals in lists.items()
            if parent not in in_part
        }
        lacking = children.lacking(tx, self.resource.name, listed)
        self._missing.update(lacking)
        told = {parent: _LACKS.format(len(ids)) for parent, ids in lacking.items()}
        return dict.fromkeys(in_part, _IN_PART) | told

    def let_go(self) -> tuple[int, str | None]:
        """Mark what is missing as gone; return how many, and a warning when it was held back instead."""
        if not self._missing and not self.held:
            return 0, None
        resource = self.resource
        ids = {each for ids in self._missing.values() for each in ids}
        with self.session.writing() as tx:
            stored = raw.read(tx, resource.name, ids)
            missing = {row.remote_id for row in stored if not row.deleted or row.left_out}
            missing -= raw.seen_since(tx, resource.name, ids, self.began)
            waits = self._waits_for_others(tx)
            unlisted = self._standing(tx, max(len(missing), self.held) if waits else len(missing))
            if waits or brake.is_too_much(self.session, unlisted):
                brake.keep_held(tx, resource, unlisted, self.began)
                return 0, _told(self.session, resource, unlisted)
            gone = mark_gone(tx, resource, missing)
            due.healed(tx, resource.table, self.parent, self._missing)
            if not self._in_doubt(tx):
                brake.hold_no_more(tx, resource)
        return gone, None

    def _waits_for_others(self, tx: Transaction) -> bool:
        """Tell whether more is held back than this reading tells of: all of it goes, or none."""
        if not self.held or self.session.accept_deletions:
            return False
        return self._in_doubt(tx) > len(self._missing)

    def _in_doubt(self, tx: Transaction) -> int:
        """Return how many parents wait for it to be settled; those that can't be read wait for themselves."""
        return due.count_for(tx, self.resource.table, self.parent, reason=_LACKING)

    def _standing(self, tx: Transaction, missing: int) -> Unlisted:
        if missing < brake.AT_LEAST:  # whatever the others are: no table is counted for a few
            return Unlisted(missing, missing)
        return Unlisted(missing, raw_count(tx, self.resource.name).live)


def _told(session: Session, resource: Below, unlisted: Unlisted) -> str:
    return (
        f"Lever's lists lack {unlisted.missing:,} of the {unlisted.live:,} {resource.name} that are stored: "
        "they were not marked as gone, since so many at once may be a mistake; they are asked for again by "
        f"later syncs, and {session.account.command('sync --accept-deletions')} takes them out"
    )
