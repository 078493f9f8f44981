"""Files of SQLite's in which a copy of what was erased may be left, until they are written anew."""

from dataclasses import dataclass
from datetime import datetime

from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction, now


@dataclass(frozen=True)
class Files:
    """Some files, by what is kept of them.

    When something in them was `erased` last, when they were `compacted`, when that was `tried` in vain.
    """

    erased: Checkpoint[datetime]
    compacted: Checkpoint[datetime]
    tried: Checkpoint[datetime]

    @classmethod
    def known_as(cls, erased: str, compacted: str, tried: str) -> "Files":
        """Return files by the kinds of their checkpoints."""
        return cls(*(Checkpoint[datetime](each, Instant) for each in (erased, compacted, tried)))

    def note(self, tx: Transaction) -> None:
        """Keep that something is erased in them now."""
        self.erased.keep(tx, now())  # not when the transaction began: what was kept since may hold it, too

    def erased_at(self, tx: Transaction) -> datetime | None:
        """Return when something in them was erased last (UTC); None: never."""
        return self.erased.read(tx)

    def are_due(self, tx: Transaction) -> bool:
        """Tell whether something in them was erased since they were compacted."""
        erased = self.erased_at(tx)
        if erased is None:
            return False
        done = self.compacted.read(tx)
        return done is None or done < erased


TABLES = Files.known_as("erased", "compacted", "compaction_tried")
"""The database of the tables."""
