"""What refreshing single opportunities finds missing: it goes at the end, unless it is suspiciously much.

The lists below opportunities, and the applications inside them, may lack what is stored by mistake, for all
of them alike. How many it is shows only when the last was read; until then the opportunities are kept as due,
so that a delta settles what is held back, or what a kill left open.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lever_assets.lever.resources import Below, Child
from lever_assets.store import Arrival, due
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.shrinking import Shrinking
from lever_assets.sync.session import Session


@dataclass
class Restraint:
    """What one course of refreshings, such as a whole draining, finds missing.

    `believed`: how many opportunities it took for gone on no other witness than two answers about each.
    """

    session: Session
    believed: int = 0
    _found: dict[str, Shrinking] = field(default_factory=dict)
    _parents: dict[str, set[str]] = field(default_factory=dict)

    def doubts(
        self,
        tx: Transaction,
        resource: Below,
        lists: Mapping[str, Sequence[Arrival]],
        in_part: Collection[str],
        hashes: Mapping[str, str],
    ) -> set[str]:
        """Return the parents whose lists take nothing out for now, and keep them as due; others are no more.

        `in_part`: those of whose list a record could not be taken in. `hashes`: the parents' content hashes.
        """
        parent = resource.parent
        doubts = self._shrinking(tx, resource).doubts(tx, lists, in_part)
        lacking = {each: why for each, why in doubts.items() if each not in in_part}
        self._parents.setdefault(resource.name, set()).update(lacking)
        waiting = doubts if isinstance(resource, Child) else lacking
        due.put_off(tx, resource.table, parent, waiting, hashes=hashes)
        due.healed(tx, resource.table, parent, lists.keys() - doubts.keys())
        return set(doubts)

    def let_go(self) -> tuple[set[str], list[str]]:
        """Mark what is missing as gone; return the opportunities it was missing of, and warnings.

        Where too much is missing nothing goes, nor of the other resources: the same Lever said so. All of
        these opportunities stay due.
        """
        settled: set[str] = set()
        for name, parents in sorted(self._parents.items(), key=lambda each: -len(each[1])):
            warning = self._found[name].let_go()[1] if parents else None
            if warning is not None:
                return settled, [warning]
            settled |= parents
        return settled, []

    def _shrinking(self, tx: Transaction, resource: Below) -> Shrinking:
        if resource.name not in self._found:
            held = brake.held_back(tx, resource)
            self._found[resource.name] = Shrinking(self.session, resource, resource.parent, held)
        return self._found[resource.name]
