"""The raw floor as the mapping sees it: records read and parsed, look-ups kept as long as the floor is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from lever_assets.lever.records import (
    Application,
    ArchiveReason,
    Fault,
    File,
    PostingForm,
    Record,
    Requisition,
    RequisitionField,
    Resume,
    Stage,
    User,
)
from lever_assets.lever.records.record import LeverObject, faults_of, told
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import Around, ByRecord, Derivation
from lever_assets.mapping.stated import is_mapped_from
from lever_assets.store import RawRow, raw
from lever_assets.store.created import created_among
from lever_assets.store.transaction import Transaction

_NEVER = datetime.min.replace(tzinfo=UTC)
_AT_ONCE = 100
"""Records that have 20 kB each when they are parsed."""
AnyRecord = TypeVar("AnyRecord", bound=Record)
Found = tuple[str, str]
"""A resource, and the remote id of one of its records."""


class Floor:
    """The raw rows of one connection, in one transaction; to a mapping it is `mapping.derivation.Floor`.

    What a model is mapped from, record by record, is read once, for all models that are mapped from it.
    A record that is only looked up and can't be parsed is left out and kept in `unreadable`: it must not cost
    the records that refer to it; `readable` is what could be parsed. `lost` holds the fields of records that
    were parsed without them; `odd` are the raw rows of both. `within`: the opportunities whose texts are
    looked at (None: all).
    """

    def __init__(self, tx: Transaction, ctx: Context, within: Collection[str] | None = None) -> None:
        self.tx = tx
        self.ctx = ctx
        self.within = within
        self.unreadable: dict[Found, str] = {}
        self.lost: dict[Found, Sequence[Fault]] = {}
        self.odd: dict[Found, RawRow] = {}
        self.readable: set[Found] = set()
        self._rows: dict[str, Sequence[RawRow]] = {}
        self._records: dict[Found, Record] = {}
        self._below: dict[str, dict[str, Sequence[Any]]] = {}

    def records(self, resource: str, remote_ids: Collection[str]) -> Sequence[RawRow]:
        """Return these records, deleted ones included. Of a resource always the same are asked for."""
        if resource not in self._rows:
            self._rows[resource] = raw.read(self.tx, resource, remote_ids)
        return self._rows[resource]

    def record(self, derivation: ByRecord[AnyRecord], row: RawRow) -> AnyRecord:
        """Return one of these, read as the model takes it; raises ValidationError when it can't be parsed."""
        found = derivation.driver, row.remote_id
        if found not in self._records:
            self._records[found] = self.read(derivation.record, derivation.driver, row)
        return cast("AnyRecord", self._records[found])

    def read(self, kind: type[AnyRecord], resource: str, row: RawRow) -> AnyRecord:
        """Return the record, perhaps without some fields; raises ValidationError when it can't be parsed."""
        record = kind.parse(row.data)
        if record.lost:
            self.lost[resource, row.remote_id] = record.lost
            self.odd[resource, row.remote_id] = row
        return record

    def parsed(self, kind: type[AnyRecord], resource: str, rows: Iterable[RawRow]) -> Iterator[AnyRecord]:
        """Yield the records that can be parsed."""
        for row in rows:
            try:
                record = self.read(kind, resource, row)
            except ValidationError as error:
                self.unreadable[resource, row.remote_id] = told(faults_of(error, LeverObject.keys))
                self.odd[resource, row.remote_id] = row
                continue
            self.readable.add((resource, row.remote_id))
            yield record

    def lost_of(self, derivation: Derivation) -> Mapping[Found, Sequence[Fault]]:
        """Return what is lost of the fields that a model is mapped from."""
        return {
            found: kept
            for found, faults in self.lost.items()
            if (kept := [each for each in faults if is_mapped_from(derivation.model, found[0], each.field)])
        }

    def unreadable_of(self, derivation: Derivation) -> Mapping[Found, str]:
        """Return what could not be parsed of what a model looks up."""
        return {found: why for found, why in self.unreadable.items() if found[0] in derivation.reads}

    def all_parsed(self, kind: type[AnyRecord], resource: str) -> Iterator[AnyRecord]:
        """Yield every live record of a resource that can be parsed, in the order of its list."""
        return self.parsed(kind, resource, self.live(resource))

    def _those(
        self, kind: type[AnyRecord], resource: str, remote_ids: Collection[str]
    ) -> Iterator[AnyRecord]:
        """Yield those of these records that can be parsed, in this order."""
        found = {row.remote_id: row for row in raw.read(self.tx, resource, remote_ids)}
        return self.parsed(kind, resource, (found[each] for each in remote_ids if each in found))

    @cached_property
    def reasons(self) -> Mapping[str, ArchiveReason]:
        """Archive reasons by id."""
        return {each.id: each for each in self.all_parsed(ArchiveReason, "archive_reasons")}

    @cached_property
    def stages(self) -> Sequence[Stage]:
        """Stages in the order of the pipeline."""
        return list(self.all_parsed(Stage, "stages"))

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each stage in the pipeline, from 0, by id."""
        return {stage.id: index for index, stage in enumerate(self.stages)}

    @cached_property
    def requisition_fields(self) -> Mapping[str, RequisitionField]:
        """Definitions of the requisitions' custom fields, by id."""
        return {each.id: each for each in self.all_parsed(RequisitionField, "requisition_fields")}

    @cached_property
    def _requisitions(self) -> Mapping[str, Sequence[str]]:
        """Requisitions (remote ids) by the postings they name and, behind `code:`, by their code."""
        found: dict[str, list[str]] = {}
        for row in self.live("requisitions"):
            for requisition in self.parsed(Requisition, "requisitions", [row]):
                for posting in requisition.postings:
                    found.setdefault(posting, []).append(row.remote_id)
                if requisition.requisition_code:
                    found.setdefault(f"code:{requisition.requisition_code}", []).append(row.remote_id)
        return found

    def requisitions_of(self, posting: str, codes: Iterable[str]) -> Sequence[Requisition]:
        """Return the requisitions linked to a posting, from either side, each once."""
        keys = (posting, *(f"code:{code}" for code in codes))
        linked = list(dict.fromkeys(each for key in keys for each in self._requisitions.get(key, ())))
        if not linked:
            return ()
        return list(self._those(Requisition, "requisitions", linked))

    def below(
        self, kind: type[AnyRecord], resource: str, parents: Collection[str]
    ) -> Mapping[str, Sequence[AnyRecord]]:
        """Return the live records of a resource by their parent, those that can be parsed."""
        known = self._below.setdefault(resource, {})
        unread = [each for each in parents if each not in known]
        found = raw.by_parent(self.tx, resource, unread) if unread else {}
        for each in unread:
            known[each] = [*self.parsed(kind, resource, found.get(each, ()))]
        return known

    def created_here(self, opportunities: Collection[str]) -> set[str]:
        """Return those that were created through this connector."""
        return created_among(self.tx, opportunities)

    def around(self, derivation: ByRecord[Any], batch: Sequence[RawRow]) -> Callable[[RawRow], Around]:
        """Look up what a derivation reads with the records of a batch; return what gives each one's."""
        ids = [row.remote_id for row in batch]
        below, applications = derivation.below, "applications"
        inside = self.below(Application, applications, ids) if applications in below else {}
        files = self.below(File, "files", ids) if "files" in below else {}
        resumes = self.below(Resume, "resumes", ids) if "resumes" in below else {}
        parents = [row.parent_id for row in batch if row.parent_id]
        beside = self.below(Application, applications, parents) if derivation.siblings else {}
        ours = self.created_here(ids) if derivation.created else set()

        def around(row: RawRow) -> Around:
            found = inside.get(row.remote_id) or beside.get(row.parent_id or "", ())
            of = row.remote_id
            return Around(self, found, of in ours, row.parent_id, files.get(of, ()), resumes.get(of, ()))

        return around

    def users(self) -> Iterator[User]:
        """Yield the live users."""
        return self.all_parsed(User, "users")

    def forms_newest_first(self) -> Iterator[PostingForm]:
        """Yield the application forms, that of the newest posting first; few are held at once."""
        created = raw.live_created(self.tx, "postings")
        forms = raw.live_created(self.tx, "posting_forms")
        newest_first = sorted(forms, key=lambda form: (created.get(form) or _NEVER, form), reverse=True)
        for at in range(0, len(newest_first), _AT_ONCE):
            yield from self._those(PostingForm, "posting_forms", newest_first[at : at + _AT_ONCE])

    def live(self, resource: str) -> Iterator[RawRow]:
        """Yield every live record of a resource, in the order of its list."""
        return raw.all_live(self.tx, resource)

    def texts_on_opportunities(self) -> set[str]:
        """Return the tags that live opportunities carry; where that can't be told, it is kept in `lost`."""
        for odd in raw.not_texts(self.tx, "opportunities", "tags", within=self.within):
            self.lost["opportunities", odd] = [Fault("tags", "tags", "not a list of texts")]
        return raw.texts_in_array(self.tx, "opportunities", "tags", within=self.within)
