"""Changes to a running account, made as people at work in Lever would make them, or straight by a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.recruiting.changes import Changes, UnknownRecord
from lever_assets.sandbox.schema import SUB_RESOURCES, TABLES, Record, Table

NAMING_THEIR_OPPORTUNITY = {
    "applications": ("candidateId", "opportunityId"),
    "interviews": ("opportunityId",),
}
NEW_TAGS = ("Follow up", "Call back", "Strong portfolio", "Relocation", "Panel ready", "Zweitgespräch")


class Workday:
    """Edits an account at the time of its clock."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._account = changes.account

    def now(self) -> int:
        """The instant of the next change, in epoch milliseconds; each is later than the one before."""
        return self._changes.now()

    def touch(self, share: float, seed: int, at: int | None = None) -> list[str]:
        """Work on a share of the opportunities: a new tag or the next stage, with updatedAt = `at` or now.

        Touches at least one where there is any and share is above 0; returns the ids.
        """
        chance = Chance(seed)
        with self._account.lock:
            idents = self._account.ids("opportunities")
            count = min(len(idents), max(1, round(len(idents) * share))) if share > 0 else 0
            chosen = chance.sample(idents, count)
            stages = [
                orjson.loads(row)["id"] for row in self._account.page("stages", Where(), 100, None).rows
            ]
            instant = at or self.now()
            for ident in chosen:
                self._changes.change(
                    "opportunities", ident, lambda record: _work_on(record, chance, stages, instant)
                )
        return chosen

    def edit(self, resource: str, ident: str, changes: Mapping[str, Any]) -> Record:
        """Merge changes into a record, shallowly; null sets null. Nothing else moves, not even updatedAt."""
        _known(resource)
        return self._changes.change(resource, ident, lambda record: record.update(changes))

    def create(self, resource: str, record: Mapping[str, Any], parent: str | None = None) -> Record:
        """Store a new record; an id and createdAt are given to it when it has none.

        An application is also named by its opportunity (`parent`), as in Lever.
        """
        table = _known(resource)
        new = dict(record)
        if table.key == "id":
            new.setdefault("id", str(uuid4()))
        if table.ordered_by and table.ordered_by not in new:
            new[table.ordered_by] = self.now()
        if resource in SUB_RESOURCES and parent is None:
            parent = new.get("opportunityId")
            if parent is None:
                raise UnknownRecord(f"{resource} need the id of their opportunity as parent")
        for field in NAMING_THEIR_OPPORTUNITY.get(resource, ()):
            new.setdefault(field, parent)
        return self._changes.add(resource, new, parent)

    def delete(self, resource: str, ident: str, by: str | None = None, at: int | None = None) -> None:
        """Remove a record, and with an opportunity what hangs on it; the deleted-lists tell of it."""
        _known(resource)
        self._changes.remove(resource, ident, by, at)


def _known(resource: str) -> Table:
    if resource not in TABLES:
        raise UnknownRecord(f"there is no resource {resource!r}; there are {', '.join(TABLES)}")
    return TABLES[resource]


def _work_on(record: Record, chance: Chance, stages: list[str], instant: int) -> None:
    if chance.hit(0.5) and stages and not record["archived"]:
        _advance(record, stages, instant)
    else:
        record["tags"] = [*record["tags"], f"{chance.pick(NEW_TAGS)} {chance.between(1, 9999)}"]
    record["updatedAt"] = instant
    record["lastInteractionAt"] = instant


def _advance(record: Record, stages: list[str], instant: int) -> None:
    here = stages.index(record["stage"]) if record["stage"] in stages else 0
    index = (here + 1) % len(stages)
    record["stage"] = stages[index]
    record["lastAdvancedAt"] = instant
    change = {"toStageId": stages[index], "toStageIndex": index, "updatedAt": instant}
    if record["owner"]:
        change["userId"] = record["owner"]
    record["stageChanges"] = [*record["stageChanges"], change]
