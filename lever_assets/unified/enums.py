"""The enums of the unified API.

An *open* enum's column also holds the raw text of the tool where nothing maps clearly; a *closed* one holds
only these values or null.
"""

from enum import StrEnum


class EmploymentType(StrEnum):
    """Kind of contract of a job (open)."""

    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"
    CONTRACT = "CONTRACT"
    SEASONAL = "SEASONAL"
    INTERNSHIP = "INTERNSHIP"


class JobStatus(StrEnum):
    """Where a job stands (open)."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    DRAFT = "DRAFT"
    ARCHIVED = "ARCHIVED"


class JobVisibility(StrEnum):
    """Who can see and reach a job (open)."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    UNLISTED = "UNLISTED"
    CONFIDENTIAL = "CONFIDENTIAL"


class RemoteWorkStatus(StrEnum):
    """Where the work is done (open)."""

    REMOTE = "REMOTE"
    HYBRID = "HYBRID"
    TEMPORARY = "TEMPORARY"
    ON_SITE = "ON_SITE"


class SalaryPeriod(StrEnum):
    """The period that a salary amount covers (open)."""

    YEAR = "YEAR"
    MONTH = "MONTH"
    TWO_WEEKS = "TWO_WEEKS"
    WEEK = "WEEK"
    DAY = "DAY"
    HOUR = "HOUR"


class JobPostingStatus(StrEnum):
    """Where a job posting stands (closed)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DRAFT = "DRAFT"


class JobPostingVisibility(StrEnum):
    """Who can see a job posting (closed)."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    UNLISTED = "UNLISTED"


class UserStatus(StrEnum):
    """Whether a user can sign in (closed)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class RoleScope(StrEnum):
    """Whether a role counts for the whole account or for one job (closed)."""

    SYSTEM = "SYSTEM"
    JOB = "JOB"


class RoleType(StrEnum):
    """What a role means, whatever the tool calls it (closed)."""

    HIRING_MANAGER = "HIRING_MANAGER"
    RECRUITER = "RECRUITER"
    COORDINATOR = "COORDINATOR"
    SOURCER = "SOURCER"
    INTERVIEWER = "INTERVIEWER"
    ADMIN = "ADMIN"


class QuestionCategory(StrEnum):
    """Why a question is asked, where that matters (closed)."""

    EEO = "EEO"
    DEMOGRAPHIC = "DEMOGRAPHIC"


class QuestionType(StrEnum):
    """The kinds of a screening question's format (closed)."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    FILE = "FILE"
    SINGLE_SELECT = "SINGLE_SELECT"
    MULTI_SELECT = "MULTI_SELECT"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    INFORMATION = "INFORMATION"
    UNKNOWN = "UNKNOWN"


class ApplicationOutcome(StrEnum):
    """How an application stands or ended (closed)."""

    PENDING = "PENDING"
    HIRED = "HIRED"
    DECLINED = "DECLINED"


class OfferStatus(StrEnum):
    """Where an offer stands (closed)."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    SENT = "SENT"
    APPROVED = "APPROVED"
    DRAFT = "DRAFT"
    ABANDONED = "ABANDONED"


class CandidateOwnerRole(StrEnum):
    """What a user has to do with a candidate (closed)."""

    OWNER = "OWNER"
    FOLLOWER = "FOLLOWER"
    SOURCER = "SOURCER"


class AttachmentType(StrEnum):
    """What a file is used for (closed)."""

    CV = "CV"
    COVER_LETTER = "COVER_LETTER"
    OTHER = "OTHER"
