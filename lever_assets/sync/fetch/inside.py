"""What comes inside the records of a list, or should have: brought along, landed, let go when it is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lever_assets.lever import JsonObject, LeverClient, LeverError, Page
from lever_assets.lever.resources import Embedded, Paged
from lever_assets.store import Landed, due, land_children, overtaken
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import clean
from lever_assets.sync.checkpoints import READING
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.arrivals import Batch
from lever_assets.sync.fetch.asking import Asking, ListBelow
from lever_assets.sync.fetch.refused import denial, skipped
from lever_assets.sync.fetch.shrinking import Shrinking
from lever_assets.sync.fetch.singles import ask_inside, lacking, unexpanded
from lever_assets.sync.session import Session


@dataclass
class Inside:
    """What one reading of `resource` finds of the `embedded` inside its records."""

    lever: LeverClient
    session: Session
    resource: Paged
    embedded: Embedded
    read_before: datetime | None = None
    """What was read before is read again, where one request is due for each record."""
    counts: Landed = field(default_factory=Landed)
    _bare: dict[str, JsonObject] = field(default_factory=dict)
    _wanted: dict[str, str] = field(default_factory=dict)
    _found: dict[str, ListBelow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.embedded.table
        with self.session.reading() as tx:
            held = brake.held_back(tx, self.embedded)
            self._failed_before = due.failed(tx, table, self.resource.name)
        self._shrinking = Shrinking(self.session, self.embedded, self.resource.name, held)
        self._asking = Asking(self.session, self.embedded, self._read, self._took, self._is_known)

    async def bring_along(self, page: Page) -> Page:
        """Return a page with what Lever did not expand although it was asked to.

        Raises the LeverError that concerns them all. What can't be read for this key stays as it is stored.
        """
        self._bare, self._wanted, self._found = unexpanded(page.records, self.embedded), {}, {}
        if not self._bare or self._asking.not_there is not None:
            return page
        with self.session.reading() as tx:
            self._wanted = lacking(tx, self.resource, self.embedded, self._bare, read_before=self.read_before)
        await self._asking.run(iter(self._wanted.items()), self.session.settings.concurrency)
        if self._asking.not_there is None and self._asking.failure is not None:
            with self.session.writing() as tx:
                self._asking.put_off(tx, self._asking.refused)
            raise self._asking.failure
        return replace(page, records=[self._filled(each) for each in page.records])

    def land(self, tx: Transaction, batch: Batch) -> None:
        """Land what came inside a batch; call it in the transaction that lands the batch."""
        if self._asking.not_there is None:
            taken = {each.remote_id for each in batch.arrivals}
            failed = self._asking.failed.keys() & self._wanted.keys()
            self._asking.put_off(tx, [each for each in failed if clean(each) in taken])
        if not batch.embedded:
            return
        table = self.embedded.table
        doubts = self._shrinking.doubts(tx, batch.embedded, batch.partial)
        due.healed(tx, table, self.resource.name, batch.embedded.keys() - doubts.keys())
        missing = {parent: why for parent, why in doubts.items() if parent not in batch.partial}
        due.put_off(tx, table, self.resource.name, missing)
        batch.partial.update(missing)
        hashes = {clean(parent): answer.content_hash for parent, answer in self._found.items()}
        self.counts += land_embedded(tx, self.resource, self.embedded, batch, hashes=hashes)

    def judge(self) -> None:
        """Raise UnavailableError when so much could not be read that Lever is out of order."""
        self._asking.judge()
        if self._asking.not_there is None and self._asking.failure is not None:
            raise self._asking.failure

    def settle(self) -> list[str]:
        """Mark what came inside no record any more as gone, unless so much is held back; return warnings."""
        gone, warning = self._shrinking.let_go()
        self.counts += Landed(deleted=gone)
        refusal = self._asking.not_there
        told = None if refusal is None else skipped(self.embedded, refusal)
        return [*filter(None, (warning, told))]

    def keep_standing(self, tx: Transaction, scope: str, *, whole: bool) -> None:
        """Keep whether it can be read at all; what can't is asked for again when the list is due.

        `whole`: the reading was over everything.
        """
        table = self.embedded.table
        refusal = self._asking.not_there
        if refusal is not None:
            READING.keep(tx, denial(self.embedded, refusal, scope), self.embedded.name)
            reasons = {due.WHOLE_LIST: refusal.problem}
            due.still_failing(tx, table, self.embedded.name, reasons)
        elif whole:
            READING.forget(tx, self.embedded.name)
            due.healed(tx, table, self.embedded.name, [due.WHOLE_LIST])

    async def _read(self, remote_id: str) -> Sequence[JsonObject]:
        # One that was read before may be asked for to see whether it still can be.
        record = self._bare.get(remote_id, {self.resource.id_field: remote_id})
        return await ask_inside(self.lever, self.embedded, record)

    def _took(self, remote_id: str, answer: ListBelow) -> None:
        self._found[remote_id] = answer

    def _is_known(self, remote_id: str, _error: LeverError) -> bool:
        return clean(remote_id) in self._failed_before

    def _filled(self, record: JsonObject) -> JsonObject:
        remote_id = record.get("id")
        answer = self._found.get(remote_id) if isinstance(remote_id, str) else None
        return record if answer is None else {**record, self.embedded.name: [*answer.children]}


def land_embedded(
    tx: Transaction, resource: Paged, embedded: Embedded, batch: Batch, *, hashes: Mapping[str, str]
) -> Landed:
    """Land what came inside records of `resource`, unless a newer copy of the record is stored.

    `hashes`: of the records for whose content it was asked for singly.
    """
    stale = overtaken(tx, resource.name, batch.arrivals)
    current = {parent: listed for parent, listed in batch.embedded.items() if parent not in stale}
    return land_children(
        tx,
        embedded.name,
        current,
        parent_hashes=hashes,
        asked_at=dict.fromkeys(current, batch.asked_at),
        partial=batch.partial,
    )
