"""How a model is derived from Lever's records. Each mapping says so of itself, at its end, as `DERIVATION`.

Pure like the mappings: what holds the records, and when they are mapped again, is for `sync/map/` to know.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from lever_assets.lever.records import (
    Application,
    ArchiveReason,
    File,
    PostingForm,
    Record,
    Requisition,
    RequisitionField,
    Resume,
    Stage,
    User,
)
from lever_assets.mapping.context import Context
from lever_assets.unified.models import UnifiedRow

RecordT = TypeVar("RecordT", bound=Record)


class Floor(Protocol):
    """What a mapping may look up besides the record that it is given: live records that can be parsed."""

    @property
    def ctx(self) -> Context:
        """What the mapping needs to know besides records."""

    @property
    def reasons(self) -> Mapping[str, ArchiveReason]:
        """Archive reasons by id."""

    @property
    def stages(self) -> Sequence[Stage]:
        """Stages in the order of the pipeline."""

    @property
    def places(self) -> Mapping[str, int]:
        """The place of each stage in the pipeline, from 0, by id."""

    @property
    def requisition_fields(self) -> Mapping[str, RequisitionField]:
        """Definitions of the requisitions' custom fields, by id."""

    def requisitions_of(self, posting: str, codes: Iterable[str]) -> Sequence[Requisition]:
        """Return the requisitions linked to a posting, from either side, each once."""

    def users(self) -> Iterator[User]:
        """Yield the users."""

    def forms_newest_first(self) -> Iterator[PostingForm]:
        """Yield the application forms, that of the newest posting first."""

    def all_parsed(self, kind: type[RecordT], resource: str) -> Iterator[RecordT]:
        """Yield every record of a resource, in the order of its list."""

    def texts_on_opportunities(self) -> set[str]:
        """Return the tags that opportunities carry, all or those that changed (`AsWhole.carried_by`)."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a record is mapped with: the floor that it stands on, and what the derivation says it reads.

    `applications`: those below the record or beside it. `created_here`: it was made through this connector.
    `parent`: Lever's id of the record that it was read below. `files` and `resumes`: those below the record.
    """

    floor: Floor
    applications: Sequence[Application] = ()
    created_here: bool = False
    parent: str | None = None
    files: Sequence[File] = ()
    resumes: Sequence[Resume] = ()

    @property
    def ctx(self) -> Context:
        """What the mapping needs to know besides records."""
        return self.floor.ctx


BelowRecords = Literal["applications", "files", "resumes"]


@dataclass(frozen=True)
class ByRecord(Generic[RecordT]):
    """A model whose rows come from one record of the resource `driver` each: `rows` yields them.

    The record is mapped again when it changes, when anything `below` it changes (its parent is the driver's
    record), when one among its `siblings` does (both have one parent), and when anything `besides` does; the
    three are names of resources. `created`: which records were made through this connector counts.
    """

    model: str
    driver: str
    record: type[RecordT]
    rows: Callable[[RecordT, Around], Iterable[UnifiedRow]]
    below: tuple[BelowRecords, ...] = ()
    siblings: Literal["applications"] | None = None
    besides: tuple[str, ...] = ()
    created: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The resources that the model is mapped from."""
        read = (self.driver, *self.below, self.siblings, *self.besides)
        return tuple(dict.fromkeys(each for each in read if each))


@dataclass(frozen=True, kw_only=True)
class Gathered(ByRecord[RecordT]):
    """A model whose rows come from the newest of the driver's records that share a `key` each.

    `rows` yields the row of one such record; its id is made of the key. `age` orders the records that share
    one, the newest last. `known_by`: the model and the column whose rows refer to this one's: by them the
    other records are found that share a key, so that model is mapped before.
    """

    key: Callable[[RecordT], str | None]
    age: Callable[[RecordT], Any]
    known_by: tuple[str, str]


@dataclass(frozen=True)
class AsWhole:
    """A model whose rows come from many records at once: `rows` yields all when what it reads changes.

    `carried_by`: the model whose rows say which opportunity carries which row of this one. What opportunities
    carry that have not changed is known by it, and only the others are looked at.
    """

    model: str
    driver: str
    rows: Callable[[Floor], Iterable[UnifiedRow]]
    besides: tuple[str, ...] = ()
    carried_by: str | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The resources that the model is mapped from."""
        return tuple(dict.fromkeys((self.driver, *self.besides)))


Derivation = ByRecord[Any] | AsWhole
