"""The raw floor as the mapping sees it: records read and parsed, look-ups kept as long as the floor is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from lever_assets.lever.records import (
    Application,
    ArchiveReason,
    PostingForm,
    Record,
    Requisition,
    RequisitionField,
    Stage,
    User,
)
from lever_assets.mapping.context import Context
from lever_assets.store import RawRow, raw
from lever_assets.store.created import created_among
from lever_assets.store.unified import closed_at

_NEVER = datetime.min.replace(tzinfo=UTC)
AnyRecord = TypeVar("AnyRecord", bound=Record)


class Floor:
    """The raw rows of one connection, in one transaction.

    A record that is only looked up and can't be parsed is left out and kept in `unreadable`: it must not cost
    the records that refer to it. `around_unreadable` are its id and its parent's; `readable` is what could be
    parsed.
    """

    def __init__(self, conn: Connection, connection: str, ctx: Context) -> None:
        self.conn = conn
        self.connection = connection
        self.ctx = ctx
        self.unreadable: dict[tuple[str, str], str] = {}
        self.around_unreadable: set[str | None] = set()
        self.readable: set[tuple[str, str]] = set()

    def parsed(self, kind: type[AnyRecord], resource: str, rows: Iterable[RawRow]) -> Iterator[AnyRecord]:
        """Yield the records that can be parsed."""
        for row in rows:
            try:
                record = kind.parse(row.data)
            except ValidationError as error:
                self.unreadable[resource, row.remote_id] = reason(error)
                self.around_unreadable.update({row.remote_id, row.parent_id} - {None})
                continue
            self.readable.add((resource, row.remote_id))
            yield record

    def all_parsed(self, kind: type[AnyRecord], resource: str) -> Iterator[AnyRecord]:
        """Yield every live record of a resource that can be parsed, in the order of its list."""
        return self.parsed(kind, resource, self.live(resource))

    @cached_property
    def reasons(self) -> Mapping[str, ArchiveReason]:
        """Archive reasons by id."""
        return {each.id: each for each in self.all_parsed(ArchiveReason, "archive_reasons")}

    @cached_property
    def stages(self) -> Sequence[Stage]:
        """Stages in the order of the pipeline."""
        return list(self.all_parsed(Stage, "stages"))

    @cached_property
    def requisition_fields(self) -> Mapping[str, RequisitionField]:
        """Definitions of the requisitions' custom fields, by id."""
        return {each.id: each for each in self.all_parsed(RequisitionField, "requisition_fields")}

    @cached_property
    def _requisitions(self) -> Mapping[str, Sequence[Requisition]]:
        """Requisitions by the postings they name and, behind `code:`, by their code."""
        found: dict[str, list[Requisition]] = {}
        for requisition in self.all_parsed(Requisition, "requisitions"):
            for posting in requisition.postings:
                found.setdefault(posting, []).append(requisition)
            if requisition.requisition_code:
                found.setdefault(f"code:{requisition.requisition_code}", []).append(requisition)
        return found

    def requisitions_of(self, posting: str, codes: Iterable[str]) -> Sequence[Requisition]:
        """Return the requisitions linked to a posting, from either side, each once."""
        keys = (posting, *(f"code:{code}" for code in codes))
        linked = [each for key in keys for each in self._requisitions.get(key, ())]
        return list({each.id: each for each in linked}.values())

    def applications_of(self, opportunities: Collection[str]) -> Mapping[str, Sequence[Application]]:
        """Return the live applications by opportunity."""
        found = raw.by_parent(self.conn, self.connection, "applications", opportunities)
        return {
            parent: list(self.parsed(Application, "applications", rows)) for parent, rows in found.items()
        }

    def created_here(self, opportunities: Collection[str]) -> set[str]:
        """Return those that were created through this connector."""
        return created_among(self.conn, self.connection, opportunities)

    def closed_at(self, postings: Collection[str]) -> Mapping[str, datetime]:
        """Return when the jobs that are stored as closed were closed, by posting."""
        return closed_at(self.conn, self.connection, postings)

    def users(self) -> Iterator[User]:
        """Yield the live users."""
        return self.all_parsed(User, "users")

    def forms_newest_first(self) -> Iterator[PostingForm]:
        """Yield the application forms, that of the newest posting first."""
        created = {row.remote_id: row.created_at or _NEVER for row in self.live("postings")}
        forms = self.all_parsed(PostingForm, "posting_forms")
        return iter(sorted(forms, key=lambda form: (created.get(form.id, _NEVER), form.id), reverse=True))

    def live(self, resource: str) -> Iterator[RawRow]:
        """Yield every live record of a resource, in the order of its list."""
        return raw.all_live(self.conn, self.connection, resource)

    def texts_on_opportunities(self) -> set[str]:
        """Return the tags that live opportunities carry."""
        return raw.texts_in_array(self.conn, self.connection, "opportunities", "tags", None)


def reason(error: ValidationError) -> str:
    """Return why a record can't be mapped: where and what, without the data itself."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    told = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in faults[:3])
    return told if len(faults) <= 3 else f"{told}; and {len(faults) - 3} more"
