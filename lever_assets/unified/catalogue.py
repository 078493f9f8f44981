"""The one list of the unified models: tables, assets, checks and docs are made from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lever_assets.unified import insights as i
from lever_assets.unified import models as m
from lever_assets.unified.models import Ours, Personal, References, UnifiedRow

_REMOTE_DATA = "remote_data"


@dataclass(frozen=True)
class Model:
    """A unified model: its name (table, asset, mapping module), its row and where it shows in the lineage.

    `after` names the models that a person expects before this one; every reference is among them or is
    answered by a deterministic id, so the order is for reading, not for correctness.

    `beside` names the model that has to be kept for this one to be, as it tells more of the same records;
    `repeats`: what columns of that model's name say is said there already, so that it goes with them.
    """

    name: str
    row: type[UnifiedRow]
    after: tuple[str, ...] = ()
    beside: str | None = None
    repeats: bool = False

    @property
    def description(self) -> str:
        """One sentence for people: the docstring of the row."""
        return (self.row.__doc__ or "").strip()

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield (column, referenced model) for every column that holds another row's id."""
        for column, field in self.row.model_fields.items():
            for mark in field.metadata:
                if isinstance(mark, References):
                    yield column, mark.model

    def personal(self) -> Iterator[tuple[str, str]]:
        """Yield (column, why) for every column that tells of a person."""
        for column, field in self.row.model_fields.items():
            for mark in field.metadata:
                if isinstance(mark, Personal):
                    yield column, mark.why

    @cached_property
    def ours(self) -> tuple[str, ...]:
        """The columns that the unified API does not have."""
        fields = self.row.model_fields.items()
        return tuple(
            column for column, field in fields if any(isinstance(each, Ours) for each in field.metadata)
        )

    @cached_property
    def erased(self) -> tuple[str, ...]:
        """The columns that are erased: what is personal and, of any model, Lever's own record."""
        own = tuple(column for column, _ in self.personal())
        return (*own, _REMOTE_DATA) if _REMOTE_DATA in self.row.model_fields else own


MODELS: tuple[Model, ...] = (
    Model("users", m.User),
    Model("roles", m.Role),
    Model("user_roles", m.UserRole, after=("users", "roles")),
    Model("application_stages", m.ApplicationStage),
    Model("rejection_reasons", m.RejectionReason),
    Model("jobs", m.Job, after=("application_stages", "users")),
    Model("job_postings", m.JobPosting, after=("jobs",)),
    Model("job_application_stages", m.JobApplicationStage, after=("jobs", "application_stages")),
    Model("job_hiring_team_members", m.JobHiringTeamMember, after=("jobs", "users")),
    Model("job_user_role_assignments", m.JobUserRoleAssignment, after=("job_hiring_team_members", "roles")),
    Model("screening_questions", m.ScreeningQuestion),
    Model("job_screening_questions", m.JobScreeningQuestion, after=("jobs", "screening_questions")),
    Model("candidates", m.Candidate),
    Model("tags", m.Tag),
    Model("candidate_tags", m.CandidateTag, after=("candidates", "tags")),
    Model("applications", m.Application, after=("candidates", "jobs", "rejection_reasons")),
    Model("interviews", m.Interview, after=("applications",)),
    Model("interviewing_team_members", m.InterviewingTeamMember, after=("interviews", "users")),
    Model("offers", m.Offer, after=("applications",)),
)

"""The 19 models, which every connection has but for what its settings exclude."""

EXTRA_MODELS: tuple[Model, ...] = (
    Model("notes", m.Note, after=("candidates", "applications", "users")),
    Model("scorecards", m.Scorecard, after=("candidates", "applications", "interviews", "users")),
    Model("attachments", m.Attachment, after=("candidates", "applications")),
)
"""What a connection has only if its settings ask for it, by name."""

INSIGHT_MODELS: tuple[Model, ...] = (
    Model(
        "application_stage_changes",
        i.ApplicationStageChange,
        after=("candidates", "applications", "application_stages", "users"),
        beside="candidates",
    ),
    Model("application_origins", i.ApplicationOrigin, after=("applications", "users"), beside="applications"),
    Model("candidate_owners", i.CandidateOwner, after=("candidates", "users"), beside="candidates"),
    Model("people", i.Person, after=("candidates",), beside="candidates", repeats=True),
    Model("requisitions", i.Requisition, after=("users",), beside="jobs"),
    Model("job_requisitions", i.JobRequisition, after=("jobs", "requisitions"), beside="jobs"),
)
"""What a connection has, at no request more, unless its settings switch it off; the HTTP API shows none."""

ALL_MODELS: tuple[Model, ...] = (*MODELS, *EXTRA_MODELS, *INSIGHT_MODELS)

BY_NAME: dict[str, Model] = {model.name: model for model in ALL_MODELS}

ERASABLE: tuple[str, ...] = tuple(model.name for model in ALL_MODELS if model.erased)
"""The models of which anything is erased."""
