"""How the marts stand: which are wanted, what they were made of last, and whether tables changed since.

It does without pandas, whose import takes longer than a sync that finds nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store.changes import change_marks, drop_marks
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import READING
from lever_assets.unified.marts import BY_NAME, EEO, MARTS

VERSION = 1
"""One more when a figure comes to mean something else: then everything is made anew."""

_TELLING_HIRES = ("funnel", "time_to_hire", "source_effectiveness")
"""The marts that are wrong where nobody knows which archive reason means a hire."""


@dataclass(frozen=True)
class MadeOf:
    """From what the marts were made last: which marts, of which version, and the marks of the tables then.

    `drops`: the marks of those of which rows were removed rather than marked as gone.
    """

    version: int
    marts: tuple[str, ...]
    marks: Mapping[str, str] = field(default_factory=dict)
    at: Instant | None = None
    drops: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def now(cls, tx: Transaction, marts: tuple[str, ...]) -> "MadeOf":
        """Return from what these marts would be made now."""
        return cls(VERSION, marts, marks_of(tx, marts), tx.instant, _of_those_read(marts, drop_marks(tx)))

    def suits(self, now: "MadeOf") -> bool:
        """Tell whether what changed in the tables since is all that makes a difference."""
        return (self.version, self.marts, self.drops) == (now.version, now.marts, now.drops)


MADE_OF = Checkpoint[MadeOf]("marts", MadeOf)
DUE = Checkpoint[tuple[str, ...]]("marts_due", tuple[str, ...])
"""By model of what is counted: the months that are to be made anew yet."""


def keeps_marts(settings: Settings) -> tuple[str, ...]:
    """Return the marts of tables that settings want: all whose tables are kept, unless insight is off."""
    if not settings.insight:
        return ()
    exclusion = Exclusion.of(settings)
    return tuple(each.name for each in MARTS if exclusion.lacking_for(each) is None)


def keeps_every_mart(settings: Settings) -> tuple[str, ...]:
    """Return all marts that an account's settings want, with that of EEO answers."""
    return (*keeps_marts(settings), *((EEO.name,) if settings.counts_eeo else ()))


def shortcomings(tx: Transaction, settings: Settings) -> dict[str, str]:
    """Return why marts of tables do not count all that there is, a sentence for who looks at each."""
    exclusion, made = Exclusion.of(settings), MADE_OF.read(tx)
    denied = {name for name, each in READING.every(tx).items() if each.denied}
    found = {}
    for mart in MARTS:
        lacking = exclusion.lacking_for(mart)
        read = [DERIVATIONS[model].driver for model in mart.reads]
        if mart.name in _TELLING_HIRES:
            read += DERIVATIONS["applications"].besides
        refused = next((each for each in read if each in denied), None)
        if lacking is not None:
            found[mart.name] = f"Not counted: the settings leave out {_in_words(lacking)}."
        elif made is None or mart.name not in made.marts:
            found[mart.name] = "Not counted yet: the next sync does that."
        elif refused is not None:
            found[mart.name] = f"Not all is counted: Lever gives us no {_in_words(refused)}."
    return found


def _in_words(name: str) -> str:
    return name.replace("_", " ")


def marks_of(tx: Transaction, marts: Collection[str]) -> dict[str, str]:
    """Return the mark of each table that these marts read, by model; of one that was never filled none."""
    return _of_those_read(marts, change_marks(tx))


def _of_those_read(marts: Collection[str], marks: Mapping[str, str]) -> dict[str, str]:
    read = {model for name in marts for model in BY_NAME[name].reads}
    return {model: mark for model, mark in marks.items() if model in read}


def is_behind(tx: Transaction, wanted: tuple[str, ...]) -> bool:
    """Tell whether tables changed, or other marts are wanted, since the marts were made last."""
    before = MADE_OF.read(tx)
    if before is None or (before.version, before.marts) != (VERSION, wanted):
        return bool(wanted) or before is not None
    return before.marks != marks_of(tx, wanted) or any(DUE.every(tx).values())


def changed_below(tx: Transaction, mart: str) -> list[str]:
    """Return the tables that a mart reads and that changed since it was made last; all, if never."""
    before, reads = MADE_OF.read(tx), BY_NAME[mart].reads
    if before is None or before.version != VERSION or mart not in before.marts:
        return list(reads)
    now = change_marks(tx)
    return [model for model in reads if now.get(model) != before.marks.get(model)]
