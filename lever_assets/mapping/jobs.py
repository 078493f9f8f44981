"""jobs <- postings, enriched by the requisition linked to them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from lever_assets.lever.records import Posting, Requisition, RequisitionField, said
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.fields import custom_fields
from lever_assets.mapping.rules.job_fields import JOB_FIELD_KEYS, job_fields
from lever_assets.mapping.rules.linked import REQUISITION_KEYS, requisition_for
from lever_assets.mapping.rules.links import lever_app_page
from lever_assets.mapping.rules.places import location
from lever_assets.mapping.rules.postings import description, is_confidential, public_url, reach
from lever_assets.mapping.rules.salary import POSTED_KEYS, SALARY_KEYS, salary_range
from lever_assets.unified.enums import EmploymentType, JobStatus, JobVisibility, RemoteWorkStatus
from lever_assets.unified.models import Job, JsonObject

_STATUS = {
    "published": JobStatus.OPEN,
    "internal": JobStatus.OPEN,
    "draft": JobStatus.DRAFT,
    "pending": JobStatus.DRAFT,
    "closed": JobStatus.CLOSED,
    "rejected": JobStatus.ARCHIVED,
}
_WAS_OPEN = frozenset({"published", "internal", "closed"})
_REMOTE_WORK = {
    "remote": RemoteWorkStatus.REMOTE,
    "hybrid": RemoteWorkStatus.HYBRID,
    "onsite": RemoteWorkStatus.ON_SITE,
    "unspecified": None,
}
# The more specific first: "Part-time intern" is an internship, "Non-Exempt Full Time" names the hours only.
_EMPLOYMENT: tuple[tuple[re.Pattern[str], EmploymentType], ...] = (
    (
        re.compile(r"\b(intern|interns|internships?|trainees?|traineeship|apprentic\w*|working students?)\b"),
        EmploymentType.INTERNSHIP,
    ),
    (re.compile(r"\bseason"), EmploymentType.SEASONAL),
    (re.compile(r"\b(contract|freelanc|temporary|temp\b|fixed ?term)"), EmploymentType.CONTRACT),
    (re.compile(r"\bpart(\b|time)"), EmploymentType.PART_TIME),
    (re.compile(r"\bfull(\b|time)"), EmploymentType.FULL_TIME),
)

SOURCES: Sources = {
    "remote_id": ("postings.id",),
    "name": ("postings.text",),
    "description": ("postings.content",),
    "confidential": ("postings.confidentiality",),
    "employment_type": ("postings.categories.commitment", "requisitions.employmentStatus", *REQUISITION_KEYS),
    "status": ("postings.state",),
    "visibility": ("postings.state", "postings.confidentiality", "postings.distributionChannels"),
    "department": ("postings.categories.department", "postings.categories.team"),
    "post_url": ("postings.state", "postings.urls"),
    "experience_level": ("postings.categories.level",),
    "remote_work_status": ("postings.workplaceType",),
    "salary_amount_from": ("requisitions.compensationBand.min", *POSTED_KEYS),
    "salary_amount_to": ("requisitions.compensationBand.max", *POSTED_KEYS),
    "salary_currency": (
        "postings.salaryRange.currency",
        "requisitions.compensationBand.currency",
        *SALARY_KEYS,
    ),
    "salary_period": (
        "postings.salaryRange.interval",
        "requisitions.compensationBand.interval",
        *SALARY_KEYS,
    ),
    "location": ("postings.categories.location",),
    "custom_fields": JOB_FIELD_KEYS,
    "integration_fields": ("requisition_fields.text", *JOB_FIELD_KEYS),
    "remote_url": ("postings.urls",),
    "opened_at": (
        "postings.createdAt",
        "postings.state",
        "requisitions.timeToFillStartAt",
        *REQUISITION_KEYS,
    ),
    "closed_at": (
        "postings.state",
        "postings.updatedAt",
        "requisitions.closedAt",
        "requisitions.timeToFillEndAt",
        *REQUISITION_KEYS,
    ),
    "remote_created_at": ("postings.createdAt",),
    "remote_updated_at": ("postings.updatedAt",),
    "contact_id": ("postings.owner", "postings.hiringManager", "postings.user"),
    "job_code": ("postings.reqCode", *REQUISITION_KEYS),
    "remote_data": ("postings.*", "requisitions.*", *REQUISITION_KEYS),
}
COPIES: Sources = {
    "salary_amount_from": ("postings.salaryDescription*",),
    "salary_amount_to": ("postings.salaryDescription*",),
}


def rows(
    posting: Posting,
    requisitions: Sequence[Requisition],
    fields: Mapping[str, RequisitionField],
    ctx: Context,
) -> Iterator[Job]:
    """Yield the job of a posting.

    `requisitions` are those linked to the posting, in any order; `fields` the definitions of their custom
    fields by id.
    """
    requisition = requisition_for(requisitions)
    status = _status(posting)
    salary = salary_range(posting.salary_range, requisition.compensation_band if requisition else None)
    integration_fields = job_fields(posting, requisition, fields, ctx)
    yield Job(
        id=ctx.id("jobs", posting.id),
        connection=ctx.connection,
        remote_id=posting.id,
        name=posting.text,
        description=description(posting.content),
        confidential=is_confidential(posting),
        employment_type=_employment_type(posting, requisition),
        status=status,
        visibility=JobVisibility.CONFIDENTIAL if is_confidential(posting) else reach(posting),
        department=said(posting.categories.department) or said(posting.categories.team),
        post_url=public_url(posting),
        experience_level=posting.categories.level,
        remote_work_status=_remote_work(posting.workplace_type),
        salary_amount_from=salary.amount_from,
        salary_amount_to=salary.amount_to,
        salary_currency=salary.currency,
        salary_period=salary.period,
        location=location(posting.categories.location),
        custom_fields=custom_fields(ctx, "jobs", integration_fields),
        integration_fields=integration_fields,
        remote_url=lever_app_page(posting.urls),
        opened_at=_opened_at(posting, requisition),
        closed_at=_closed_at(posting, requisition) if status == JobStatus.CLOSED else None,
        remote_created_at=posting.created_at,
        remote_updated_at=posting.updated_at,
        contact_id=ctx.reference("users", posting.owner or posting.hiring_manager or posting.user),
        job_code=_job_code(posting, requisition),
        remote_data=_remote_data(posting, requisition, ctx),
    )


def _status(posting: Posting) -> JobStatus | str | None:
    return _STATUS.get(posting.state, posting.state) if posting.state else None


def _employment_type(posting: Posting, requisition: Requisition | None) -> EmploymentType | str | None:
    text = said(posting.categories.commitment) or said(requisition.employment_status if requisition else None)
    if not text:
        return None
    words = re.sub(r"[\W_]+", " ", text.lower())
    return next((kind for pattern, kind in _EMPLOYMENT if pattern.search(words)), text)


def _remote_work(workplace_type: str | None) -> RemoteWorkStatus | str | None:
    if not workplace_type:
        return None
    return _REMOTE_WORK.get(re.sub(r"[\s_-]+", "", workplace_type.lower()), workplace_type)


def _opened_at(posting: Posting, requisition: Requisition | None) -> datetime | None:
    if requisition is not None and requisition.time_to_fill_start_at is not None:
        return requisition.time_to_fill_start_at
    return posting.created_at if posting.state in _WAS_OPEN else None


def _closed_at(posting: Posting, requisition: Requisition | None) -> datetime | None:
    """Return when a closed job closed, by what Lever says now.

    A posting bears no such time: its last update is the nearest that a database which is built anew, and has
    not seen it close, can know as well.
    """
    closed = (requisition.closed_at or requisition.time_to_fill_end_at) if requisition else None
    return closed or posting.updated_at


def _job_code(posting: Posting, requisition: Requisition | None) -> str | None:
    codes = [
        *posting.requisition_codes,
        posting.req_code,
        requisition.requisition_code if requisition else None,
    ]
    return next((code for code in codes if said(code)), None)


def _remote_data(posting: Posting, requisition: Requisition | None, ctx: Context) -> JsonObject | None:
    raw = ctx.remote("/postings", posting)
    return raw and {**raw, **(ctx.remote("/requisitions", requisition) or {})}


DERIVATION = ByRecord(
    "jobs",
    "postings",
    Posting,
    lambda posting, around: rows(
        posting,
        around.floor.requisitions_of(posting.id, posting.requisition_codes),
        around.floor.requisition_fields,
        around.ctx,
    ),
    besides=("requisitions", "requisition_fields"),
)
