"""Going through the history: what is below parents that was never read, and is not new.

It is read in the order of reading: below what is not archived or closed, then below the rest, the newest
change first. Whoever changes is read before all of it. So it may take hours, in as many runs as it likes: the
account is fresh all the while.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lever_assets.store.children import Due, DueParent, History, Place, count_due, each_due
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch.asking import SAMPLE, Parent
from lever_assets.sync.session import Session


@dataclass
class Walk:
    """Goes through the history of one resource from where it stands, until a deadline (`time.monotonic`).

    `history` None: there is none. Some beyond `first` are asked before: if the first ones are refused for
    ever, they must not stand for all. Afterwards `reached` is the place up to which all were handed out, None
    where nobody was.
    """

    session: Session
    due: Due
    history: History | None
    first: Place | None
    deadline: float | None
    reached: Place | None = None
    is_at_end: bool = False
    _ahead: deque[tuple[str, Place | None]] = field(default_factory=deque)
    """Who was looked at and not handed out yet; some are passed over on the way."""

    def count(self, tx: Transaction) -> int:
        """Return how many parents are left."""
        return 0 if self.history is None else count_due(tx, self.due, after=self.history.place)

    def after(self, watched: Sequence[Parent]) -> Iterator[Parent]:
        """Yield these parents, and then those of the history."""
        yield from self._looked_at(watched)
        if self.history is None:
            return
        if self.first is not None:
            others = islice(self._due(self.first), SAMPLE)
            yield from self._looked_at((each.remote_id, each.content_hash) for each in others)
        for each in self._due(self.history.place):
            self._ahead.append((each.remote_id, each.place))
            yield each.remote_id, each.content_hash

    def _due(self, after: Place | None) -> Iterator[DueParent]:
        return each_due(self.session.reading, self.due, after=after)

    def _looked_at(self, parents: Iterable[Parent]) -> Iterator[Parent]:
        for each in parents:
            self._ahead.append((each[0], None))
            yield each

    def until_deadline(self, parents: Iterator[Parent]) -> Iterator[Parent]:
        """Hand out those of `after` that are asked: all that are watched, the others until it is late."""
        for each in parents:
            place = self._place_of(each[0])
            if place is not None and self.deadline is not None and time.monotonic() >= self.deadline:
                return
            yield each
            self.reached = place or self.reached
        self.is_at_end = True

    def _place_of(self, remote_id: str) -> Place | None:
        while self._ahead:
            name, place = self._ahead.popleft()
            if name == remote_id:
                return place
        return None
