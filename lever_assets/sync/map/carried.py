"""Which rows still stand for something, of a model whose rows are carried by those of another.

A tag is there as long as one opportunity has it. Who has it is told by the rows of `candidate_tags`, but for
the opportunities that changed since those were mapped: of these, and of no others, the tags are looked at.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import AsWhole
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.store import raw
from lever_assets.store.carriers import Carrying
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import BY_NAME

_MOST = 10_000
"""When more changed, it costs no more to look at all."""


@dataclass(frozen=True)
class Moved:
    """The `carriers` that changed (remote ids), and our ids of what changed in the model's own list."""

    carrying: Carrying
    carriers: Collection[str]
    listed: Collection[str]

    @classmethod
    def between(
        cls, tx: Transaction, ctx: Context, derivation: AsWhole, *, by: str, landings: tuple[int, int]
    ) -> "Moved | None":
        """Return what the landings in (after, up to] changed, where rows of `by` carry; None: too much."""
        model, driver = derivation.model, DERIVATIONS[by].driver
        carriers = [*islice(_changed(tx, driver, landings), _MOST + 1)]
        listed = [*islice(_changed(tx, derivation.driver, landings), _MOST + 1)]
        if max(len(carriers), len(listed)) > _MOST:
            return None
        column = next(each for each, other in BY_NAME[by].references() if other == model)
        return cls(Carrying(model, by, column), carriers, [ctx.id(model, each) for each in listed])

    def let_go(self, tx: Transaction, standing: Collection[str]) -> set[str]:
        """Return the rows (ids) for which nothing stands any more; for those `standing` something does."""
        doubtful = {*self.listed, *self.carrying.of(tx, self.carriers)} - {*standing}
        return doubtful - self.carrying.by_others(tx, doubtful, but=self.carriers)


def _changed(tx: Transaction, resource: str, landings: tuple[int, int]) -> Iterator[str]:
    for keys in raw.changed_keys(tx, resource, *landings):
        yield from (key.remote_id for key in keys)
