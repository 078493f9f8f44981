"""How each unified model is derived from the raw floor: what drives it, what else it reads, which mapping."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lever_assets.lever.records import (
    ArchiveReason,
    Interview,
    Offer,
    Opportunity,
    Posting,
    PostingForm,
    Stage,
    Tag,
    User,
)
from lever_assets.mapping import (
    application_stages,
    applications,
    candidate_tags,
    candidates,
    interviewing_team_members,
    interviews,
    job_application_stages,
    job_hiring_team_members,
    job_postings,
    job_screening_questions,
    job_user_role_assignments,
    jobs,
    offers,
    rejection_reasons,
    roles,
    screening_questions,
    tags,
    user_roles,
    users,
)
from lever_assets.store import RawRow
from lever_assets.sync.map.floor import Floor
from lever_assets.unified.models import UnifiedRow

MapRecord = Callable[[RawRow], Iterable[UnifiedRow]]
MapBatch = Callable[[Floor, Sequence[RawRow]], MapRecord]
MapWhole = Callable[[Floor], Iterable[UnifiedRow]]

WHOLE = "*"
"""The source of rows that come from many records at once: the whole model has one owner, its derivation."""


@dataclass(frozen=True)
class Derivation:
    """How one model comes from the raw floor.

    By record: `by_record` is given a batch of the driver's records, looks up what they need, and returns the
    function that maps one of them. A record is mapped again when it changes, when one `below` it changes
    (their parent is the driver's record), when a sibling does (both have one parent), and when anything
    `besides` changes. As a whole: `whole` yields all rows of the model, whenever anything it reads changes.
    """

    model: str
    driver: str
    by_record: MapBatch | None = None
    whole: MapWhole | None = None
    below: str | None = None
    siblings: str | None = None
    besides: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The raw resources that the model is mapped from."""
        read = (self.driver, self.below, self.siblings, *self.besides)
        return tuple(dict.fromkeys(each for each in read if each))


def _user(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: users.rows(floor.read(User, "users", row), floor.ctx)


def _user_role(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: user_roles.rows(floor.read(User, "users", row), floor.ctx)


def _stage(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    place = {stage.id: index for index, stage in enumerate(floor.stages)}
    return lambda row: application_stages.rows(
        floor.read(Stage, "stages", row), place[row.remote_id], floor.ctx
    )


def _rejection_reason(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: rejection_reasons.rows(floor.read(ArchiveReason, "archive_reasons", row), floor.ctx)


def _job(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    def one(row: RawRow) -> Iterable[UnifiedRow]:
        posting = floor.read(Posting, "postings", row)
        requisitions = floor.requisitions_of(posting.id, posting.requisition_codes)
        return jobs.rows(posting, requisitions, floor.requisition_fields, floor.ctx)

    return one


def _job_posting(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: job_postings.rows(floor.read(Posting, "postings", row), floor.ctx)


def _job_stage(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: job_application_stages.rows(
        floor.read(Posting, "postings", row), floor.stages, floor.ctx
    )


def _team_member(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    def one(row: RawRow) -> Iterable[UnifiedRow]:
        posting = floor.read(Posting, "postings", row)
        requisitions = floor.requisitions_of(posting.id, posting.requisition_codes)
        return job_hiring_team_members.rows(posting, requisitions, floor.ctx)

    return one


def _role_assignment(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    def one(row: RawRow) -> Iterable[UnifiedRow]:
        posting = floor.read(Posting, "postings", row)
        requisitions = floor.requisitions_of(posting.id, posting.requisition_codes)
        return job_user_role_assignments.rows(posting, requisitions, floor.ctx)

    return one


def _job_question(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: job_screening_questions.rows(floor.read(PostingForm, "posting_forms", row), floor.ctx)


def _candidate(floor: Floor, batch: Sequence[RawRow]) -> MapRecord:
    ids = [row.remote_id for row in batch]
    of, ours = floor.applications_of(ids), floor.created_here(ids)
    return lambda row: candidates.rows(
        floor.read(Opportunity, "opportunities", row),
        of.get(row.remote_id, ()),
        floor.ctx,
        created_here=row.remote_id in ours,
    )


def _candidate_tag(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: candidate_tags.rows(floor.read(Opportunity, "opportunities", row), floor.ctx)


def _application(floor: Floor, batch: Sequence[RawRow]) -> MapRecord:
    of = floor.applications_of([row.remote_id for row in batch])
    return lambda row: applications.rows(
        floor.read(Opportunity, "opportunities", row), of.get(row.remote_id, ()), floor.reasons, floor.ctx
    )


def _interview(floor: Floor, batch: Sequence[RawRow]) -> MapRecord:
    of = floor.applications_of([row.parent_id for row in batch if row.parent_id])
    return lambda row: interviews.rows(
        floor.read(Interview, "interviews", row), of.get(row.parent_id or "", ()), floor.ctx
    )


def _interviewer(floor: Floor, _batch: Sequence[RawRow]) -> MapRecord:
    return lambda row: interviewing_team_members.rows(floor.read(Interview, "interviews", row), floor.ctx)


def _offer(floor: Floor, batch: Sequence[RawRow]) -> MapRecord:
    of = floor.applications_of([row.parent_id for row in batch if row.parent_id])
    return lambda row: offers.rows(
        floor.read(Offer, "offers", row), of.get(row.parent_id or "", ()), floor.ctx
    )


def _all_tags(floor: Floor) -> Iterator[UnifiedRow]:
    listed = {tag.text: tag for tag in floor.all_parsed(Tag, "tags")}
    for text in sorted(listed.keys() | floor.texts_on_opportunities()):
        yield from tags.rows(text, listed.get(text), floor.ctx)


_TABLE: tuple[Derivation, ...] = (
    Derivation("users", "users", _user),
    Derivation("roles", "users", whole=lambda floor: roles.rows(floor.users(), floor.ctx)),
    Derivation("user_roles", "users", _user_role),
    Derivation("application_stages", "stages", _stage, besides=("stages",)),
    Derivation("rejection_reasons", "archive_reasons", _rejection_reason),
    Derivation("jobs", "postings", _job, besides=("requisitions", "requisition_fields")),
    Derivation("job_postings", "postings", _job_posting),
    Derivation("job_application_stages", "postings", _job_stage, besides=("stages",)),
    Derivation("job_hiring_team_members", "postings", _team_member, besides=("requisitions",)),
    Derivation("job_user_role_assignments", "postings", _role_assignment, besides=("requisitions",)),
    Derivation(
        "screening_questions",
        "posting_forms",
        whole=lambda floor: screening_questions.rows(floor.forms_newest_first(), floor.ctx),
        besides=("postings",),
    ),
    Derivation("job_screening_questions", "posting_forms", _job_question),
    Derivation("candidates", "opportunities", _candidate, below="applications"),
    Derivation("tags", "tags", whole=_all_tags, besides=("opportunities",)),
    Derivation("candidate_tags", "opportunities", _candidate_tag),
    Derivation(
        "applications", "opportunities", _application, below="applications", besides=("archive_reasons",)
    ),
    Derivation("interviews", "interviews", _interview, siblings="applications"),
    Derivation("interviewing_team_members", "interviews", _interviewer),
    Derivation("offers", "offers", _offer, siblings="applications"),
)

DERIVATIONS: dict[str, Derivation] = {derivation.model: derivation for derivation in _TABLE}
