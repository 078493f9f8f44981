"""Which windows are covered: all that changed in them was read, by whichever sync.

Once the whole account was read, all are: whatever changed since is read by the next sync. Before that, those
are that were read as a range, such as with `sync --from --to`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lever_assets.lever.resources import BY_NAME, RESOURCES, Embedded
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import WINDOWS_READ
from lever_assets.sync.status import is_complete, unread_within
from lever_assets.sync.windows import EVERYTHING, Bounds, joined


@dataclass(frozen=True)
class Covered:
    """What is covered of each resource that is wanted: bounds that do not touch, the earliest first."""

    by_resource: Mapping[str, tuple[Bounds, ...]]

    @classmethod
    def of(cls, tx: Transaction, exclusion: Exclusion) -> "Covered":
        """Look what is covered, by a few small queries; by none where states are held."""
        wanted = [
            each.name for each in RESOURCES if not isinstance(each, Embedded) and exclusion.needs(each.name)
        ]
        if is_complete(tx, exclusion):
            left = unread_within(tx, exclusion, EVERYTHING)
            return cls({each: () if each in left else (EVERYTHING,) for each in wanted})
        known = WINDOWS_READ.every(tx)
        return cls(
            {
                each: tuple(joined(Bounds(span.lower, span.upper) for span in known.get(each, ())))
                for each in wanted
            }
        )

    def below_all(self, resources: Collection[str]) -> tuple[Bounds, ...]:
        """Return what is covered of all these resources; of embedded ones, of what they come in."""
        several = {_lands_with(each) for each in resources} & self.by_resource.keys()
        found: list[Bounds] = [EVERYTHING]
        for each in sorted(several):
            found = [common for a in found for b in self.by_resource[each] if (common := _common(a, b))]
        return tuple(found)


def _lands_with(name: str) -> str:
    resource = BY_NAME[name]
    return resource.parent if isinstance(resource, Embedded) else name


def _common(a: Bounds, b: Bounds) -> Bounds | None:
    lowers = [each for each in (a.lower, b.lower) if each is not None]
    uppers = [each for each in (a.upper, b.upper) if each is not None]
    lower, upper = max(lowers, default=None), min(uppers, default=None)
    return None if lower is not None and upper is not None and lower >= upper else Bounds(lower, upper)
