"""What a step of a sync did, for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lever_assets.lever import TrafficSnapshot
from lever_assets.lever.instants import duration
from lever_assets.store import Landed, Merged
from lever_assets.store.due import NOTHING, Waiting


@dataclass(frozen=True)
class Left:
    """Of so many parents a resource is still to be read for the first time, with about so many requests.

    `until`: when that is done if it goes on as it did (UTC), `seconds`: how long that takes; None: that can't
    be told.
    """

    resource: str
    of: str
    parents: int
    requests: int
    until: datetime | None
    seconds: float | None = None

    def __str__(self) -> str:
        by = "" if self.until is None else f", until about {self.until:%Y-%m-%d %H:%M} UTC"
        return f"{self._what}{by}"

    @property
    def at_rest(self) -> str:
        """The same while nobody reads it: then nobody knows when it will be done."""
        takes = "" if self.seconds is None else f", which takes about {duration(self.seconds)}"
        return f"{self._what}{takes}"

    @property
    def _what(self) -> str:
        return f"the {self.resource} of {self.parents:,} {self.of} are still to be read"


@dataclass(frozen=True)
class LandReport:
    """What became of one resource.

    `embedded` counts the records that came inside (applications inside opportunities), `set_aside` those
    without an id. `skipped` is a sentence when the resource is not there, or not for this key: nothing was
    read then, and what is stored was kept. `unread` are the parents whose records could not be read, in this
    run or before. `seconds` is the duration, `scope` what was asked for. `drift` is what a reconcile
    found, by kind (None: it was none). `warnings` are sentences for people: what was refused, held back or
    left for later, where, and what comes of it. `held_back` counts the records that a complete list lacked
    and that are kept all the same. `lacking` is the permission, by Lever's name, for want of which it was
    skipped. `more`: what changed was read, and there is more to read now. `left`: what is still to be
    read by later runs.
    """

    resource: str
    scope: str
    counts: Landed
    traffic: TrafficSnapshot
    seconds: float
    embedded: Landed | None = None
    set_aside: int = 0
    skipped: str | None = None
    drift: Mapping[str, int] | None = None
    warnings: tuple[str, ...] = ()
    unread: Waiting = NOTHING
    held_back: int = 0
    lacking: str | None = None
    more: bool = False
    left: Left | None = None

    def followed_by(self, rest: "LandReport") -> "LandReport":
        """Return the report of this reading and of that of what it left."""
        return replace(
            rest,
            counts=self.counts + rest.counts,
            traffic=self.traffic + rest.traffic,
            seconds=self.seconds + rest.seconds,
            set_aside=self.set_aside + rest.set_aside,
            drift=self.drift,
            warnings=tuple(dict.fromkeys((*self.warnings, *rest.warnings))),
        )


@dataclass(frozen=True)
class DeriveReport:
    """What became of one model, and how it stands now: `rows` are live in the table, `unmappable` records are
    set aside, `in_part` ones gave their rows without a field that could not be read. `doubts` are sentences
    on settings that no record answers to, `restored` ones on what was missing in the database.
    """

    model: str
    counts: Merged
    unmappable: int
    rows: int
    seconds: float
    replayed: bool = False
    in_part: int = 0
    doubts: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()

    def followed_by(self, later: "DeriveReport") -> "DeriveReport":
        """Return the report of this mapping and of a later one of the same model."""
        restored = tuple(dict.fromkeys((*self.restored, *later.restored)))
        return replace(
            later,
            counts=self.counts + later.counts,
            seconds=self.seconds + later.seconds,
            replayed=self.replayed or later.replayed,
            restored=restored,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of it, in sentences."""
        told = []
        if self.unmappable:
            told.append(f"{self.unmappable:,} records can't be mapped to {self.model}")
        if self.in_part:
            told.append(
                f"{self.in_part:,} records of {self.model} were mapped without a field that could not be read"
            )
        in_errors = (f"{each}; the table mapping_errors says why" for each in told)
        return (*self.restored, *in_errors, *self.doubts)
