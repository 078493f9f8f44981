"""What a sync keeps from run to run: each kind of checkpoint, the type of its values, and what forgets it.

By resource, by model, or one for the connection. What the store keeps for itself is beside its tables
(`store/transaction.py`, `store/refilling.py`, `store/changes.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from lever_assets.store.checkpoints import Checkpoint, Instant, Number
from lever_assets.store.children import READ_UP_TO
from lever_assets.store.left_out import Limit
from lever_assets.store.transaction import Transaction, now

_SET_BACK = timedelta(minutes=5)
"""So far a clock may be set back without anything being read again for it."""
_RESUMED_FOR = timedelta(days=7)
_LISTS = 2
"""A pass has so many lists at most: by `updatedAt`, and by `createdAt` those without one."""


class Watermark(Checkpoint[datetime]):
    """Instants up to which a list of Lever's is known."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, Instant)

    def read(self, tx: Transaction, subject: str = "") -> datetime | None:
        """Return the instant (UTC); None: there is none.

        One that lies ahead of our clock comes from a clock that was wrong, and counts as none: what changed
        until then may have been left out, so that all is to be read.
        """
        mark = super().read(tx, subject)
        return None if mark is not None and mark > now() + _SET_BACK else mark

    def move(self, tx: Transaction, to: datetime, subject: str) -> None:
        """Move it forward; one that lies ahead of our clock is set back."""
        before = self.read(tx, subject)
        self.keep(tx, to if before is None else max(before, to), subject)


class _Begun(Protocol):
    @property
    def started_at(self) -> datetime: ...


Begun = TypeVar("Begun", bound=_Begun)


class Resumable(Checkpoint[Begun]):
    """What was begun and may be gone on with, for a week: then it is begun anew."""

    def resumed(self, tx: Transaction, subject: str) -> Begun | None:
        """Return what is to be gone on with; None: nothing."""
        found = self.read(tx, subject)
        return found if found is not None and self.is_fresh(found) else None

    def is_fresh(self, begun: Begun) -> bool:
        """Tell whether it may be gone on with."""
        # One from the future would take all that was read before for what Lever does not list.
        return timedelta() <= now() - begun.started_at < _RESUMED_FOR


@dataclass(frozen=True)
class Reading:
    """How a resource was read last, or asked for in vain.

    `read_at` is the last time that it could be read, over `scope`; `refused` are the parameters that Lever
    refused, with its message. `denied` is a sentence, `status` Lever's, when it is not there or not for the
    key.
    """

    asked_at: Instant | None = None
    read_at: Instant | None = None
    scope: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    denied: str | None = None
    status: int | None = None

    @property
    def last_asked_at(self) -> datetime | None:
        """When it was last asked for (UTC)."""
        return self.asked_at or self.read_at


@dataclass(frozen=True)
class Span:
    """Bounds as they are kept: [lower, upper), None: open."""

    lower: Instant | None = None
    upper: Instant | None = None


@dataclass(frozen=True)
class Pass:
    """Where a pass stands. `listing` counts its lists from 0; `offset` is Lever's token of the next page.

    `newest` is the latest `updatedAt` read so far; `resumed` says that a run before this one began it;
    `records` counts what was read, and `set_aside` those that came without an id, which may be stored;
    `repeated` counts the pages with nothing but what came before.
    `refused` are the parameters that Lever refused, with its message: a token belongs to the list without
    them. `stumbles` counts the runs that could not read on from `offset`.
    `reached` is `started_at` by Lever's clock or ours, whichever was earlier then: when the pass is gone on
    with, Lever's may have been put right.
    """

    started_at: Instant
    listing: Annotated[int, Field(ge=0, le=_LISTS)] = 0
    offset: str | None = None
    newest: Instant | None = None
    resumed: bool = False
    records: Number = 0
    set_aside: Number = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    stumbles: int = 0
    repeated: Number = 0
    reached: Instant | None = None

    def moved(self, offset: str | None, newest: datetime | None) -> "Pass":
        """Return the pass after one more page."""
        latest = max((each for each in (self.newest, newest) if each is not None), default=None)
        return replace(self, offset=offset, newest=latest, stumbles=0)

    def next_listing(self) -> "Pass":
        """Return the pass at the beginning of its next list."""
        return replace(self, listing=self.listing + 1, offset=None)


@dataclass(frozen=True)
class RunSoFar:
    """How far a run is: `read` are the resources that it has read to the end, `scope` the bounds' key."""

    id: str
    scope: str
    wanted: tuple[str, ...]
    started_at: Instant
    read: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The resources that are still to be read."""
        return tuple(each for each in self.wanted if each not in self.read)


@dataclass(frozen=True)
class HeldBack:
    """So many of the `live` records a complete list lacked, and they were kept; not listed since when."""

    missing: Number
    live: Number
    at: Instant
    not_seen_since: Instant


@dataclass(frozen=True)
class Mapped:
    """A model's table holds what had landed up to `version`, mapped as `signature` says."""

    version: Number
    signature: str
    at: Instant | None = None


@dataclass(frozen=True)
class OffersAskedOf:
    """Whom the last sync asked for offers: everybody, or who is in one of some stages (Lever's ids)."""

    everybody: bool
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """When a model's fields were counted, in how many seconds.

    `mark` is that of the model's changes then, `version` that of the newest definition of Lever's.
    """

    mark: str | None
    version: Number
    at: Instant
    seconds: Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class Missed:
    """Fields that no record of a model has, by the user's key, and the keys of those that there are."""

    missing: Mapping[str, str]
    there_are: tuple[str, ...]


READING = Checkpoint[Reading]("resource", Reading)
"""By resource."""
READ_WHOLE = Checkpoint[datetime]("read_whole", Instant)
"""When the first sync ended after which all that is wanted was read and mapped."""
WINDOWS_READ = Checkpoint[tuple[Span, ...]]("windows_read", tuple[Span, ...])
"""By resource: the windows that were read one by one; once the whole account was read, all were."""
WATERMARK = Watermark("watermark")
"""By resource: every change until then was read."""
CAUGHT_UP = Checkpoint[datetime]("caught_up", Instant)
"""By resource: when the last pass began that left no change before it unread."""
DELETIONS = Watermark("deletions")
"""By resource: every deletion until then is known."""
PASS = Resumable[Pass]("pass", Pass)
"""By resource and bounds (`pass_over`): the unfinished ones."""
RUN = Resumable[RunSoFar]("run", RunSoFar)
"""By scope and wanted resources (`sync/resuming.py`)."""
COVERED = Checkpoint[Limit]("coverage", Limit)
"""By resource: what the last pass over everything kept; none: all."""
HELD_BACK = Checkpoint[HeldBack]("held", HeldBack)
"""By resource, while something is held back."""
HIDDEN = Checkpoint[bool]("hidden", bool)
"""By resource, while confidential records are not shown to the key."""
BEGINS_AFTER = Checkpoint[str]("begins_after", str)
"""By child resource: the id of the parent beyond which its next reading begins."""
WATCHED = Watermark("watched")
"""By child resource: of all that was watched then, nothing was read before that instant."""
OFFERS_ASKED_OF = Checkpoint[OffersAskedOf]("offers_asked_of", OffersAskedOf)
LANDED = Checkpoint[int]("to_derive", Number)
"""By resource: the landing up to which a sync has left it to be mapped."""
MAPPED = Checkpoint[Mapped]("model", Mapped)
"""By model."""
MISSED = Checkpoint[Missed]("custom_fields", Missed)
"""By model, while a field that is wanted is in none of its records."""
FIELDS_COUNTED = Checkpoint[Counted]("fields_counted", Counted)
"""By model: when the table `custom_field_definitions` was brought up to its rows."""
ERASED_UP_TO = Checkpoint[int]("anonymised", Number)
"""The landing up to which anonymised people were looked for."""
EXCLUDED = Checkpoint[tuple[str, ...]]("exclude", tuple[str, ...])
"""What is excluded from the database, in the words of LEVER_EXCLUDE (none: nothing); with a + before it, an
extra model that is not."""
RESTORED = Checkpoint[tuple[str, ...]]("restored", tuple[str, ...])
"""By resource, until it was read again: what was excluded of its records and is wanted now."""


def pass_over(resource: str, bounds: str) -> str:
    """Return the subject of a pass."""
    return f"{resource}:{bounds}"


def forget_runs(tx: Transaction) -> None:
    """Forget the unfinished runs: what they have read already is to be read again."""
    RUN.forget_every(tx)
    READ_UP_TO.forget_every(tx)


def forget_progress(tx: Transaction, resource: str) -> None:
    """Forget how far a list was read: the next sync, a delta too, reads all of it."""
    WATERMARK.forget(tx, resource)
    WINDOWS_READ.forget(tx, resource)
    PASS.forget_every(tx, pass_over(resource, ""))


def forget_reading(tx: Transaction, resource: str) -> None:
    """Forget all that is known of the reading of a resource that is kept no more."""
    forget_progress(tx, resource)
    for each in (READING, DELETIONS, COVERED, RESTORED, LANDED):
        each.forget(tx, resource)
