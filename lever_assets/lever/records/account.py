"""What an account has few of: users, stages, archive reasons, tags, sources, requisition fields."""

import re

from pydantic import Field

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.record import IdentifiedRecord, Json, Record

_WORD = re.compile(r"\w+")
_NOT_HERE = frozenset(
    {"not", "no", "non", "never", "didn", "wasn", "isn", "without"}
    | {"else", "elsewhere", "other", "another", "different", "someone", "somebody", "competitor"}
)
"""Words beside "hired" that make a reason mean something else, such as "Hired elsewhere"."""


class User(IdentifiedRecord):
    """A person with a Lever account. `access_role` is "super admin" where Lever documents super_admin."""

    name: str | None = None
    username: str | None = None
    email: str | None = None
    access_role: str | None = None
    job_title: str | None = None
    created_at: Instant | None = None
    deactivated_at: Instant | None = None


class Stage(IdentifiedRecord):
    """A stage of the account's pipeline."""

    text: str | None = None


class ArchiveReason(IdentifiedRecord):
    """Why an opportunity is archived; `type` is `hired` or `non-hired`, `status` active or inactive."""

    text: str | None = None
    status: str | None = None
    type: str | None = None

    @property
    def is_hired(self) -> bool:
        """Whether archiving with this reason means that the candidate was hired.

        Some accounts have reasons without a type (docs/lever-api.md, "Seen in other accounts"): their name
        says it then.
        """
        kind = (self.type or "").strip().lower()
        words = set(_WORD.findall((self.text or "").lower()))
        return kind == "hired" if kind else "hired" in words and not words & _NOT_HERE


class Tag(Record):
    """A tag; Lever gives it no id but its text."""

    text: str = Field(min_length=1)
    count: int | None = None


class Source(Record):
    """Where candidates come from; Lever gives it no id but its text."""

    text: str = Field(min_length=1)
    count: int | None = None


class RequisitionField(IdentifiedRecord):
    """Definition of a custom field of requisitions; `type`: date, text, number, dropdown or object."""

    text: str | None = None
    type: str | None = None
    is_required: bool | None = None
    options: Json = None
    subfields: Json = None
