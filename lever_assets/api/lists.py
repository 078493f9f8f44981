"""The lists: what may be asked of each, and the page that is answered."""

import logging
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from lever_assets.api.answers import success
from lever_assets.api.asking import IntegrationId, Parts, ThePartsHere
from lever_assets.api.connection import Connection
from lever_assets.api.cursors import cursor_behind, row_before
from lever_assets.api.errors import ApiError, Code
from lever_assets.api.parameters import Boolean, Day, Instant, Number, RemoteIds, Texts, Words
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store.pages import Asked, page_of
from lever_assets.unified.enums import (
    ApplicationOutcome,
    EmploymentType,
    JobStatus,
    JobVisibility,
    RoleScope,
)

_log = logging.getLogger("lever_assets.api")
_INSIGHT = "include_insight"
_NO_FILTERS = frozenset(
    {"cursor", "page_size", "updated_after", "include_deleted", "ignore_unsupported_filters", _INSIGHT}
)


class ListQuery(BaseModel):
    """What may be asked of every list."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    cursor: str | None = Field(None, description="`next` of the page before; all else as it was there")
    page_size: Annotated[int, Number] = Field(100, ge=1, le=250, description="How many on a page")
    updated_after: Instant | None = Field(
        None,
        description="Only what changed then or later, itself or in what belongs to it; with "
        "`include_deleted=true` also what was deleted",
    )
    include_deleted: Boolean = Field(False, description="Whether deleted rows are given, too")
    ignore_unsupported_filters: Boolean = Field(
        False,
        description="Whether a filter by a field that is not there is ignored; otherwise it finds nothing",
    )
    ids: Texts | None = Field(None, description="Only these, by `id`; several with commas between")
    remote_ids: RemoteIds | None = Field(None, description="Only these, by Lever's ids, with commas between")

    def filters(self) -> dict[str, Any]:
        """Return the filters that are asked for: no empty list, which asks for all."""
        given = ((name, value) for name, value in self.__dict__.items() if name not in _NO_FILTERS)
        return {name: value for name, value in given if value is not None and value != ()}


class InsightQuery(ListQuery):
    """What may be asked of lists whose rows have columns that the unified API does not have."""

    include_insight: Boolean = Field(
        False, description="Whether rows have the columns of insight, too, which Kombo's API does not have"
    )


class JobsQuery(ListQuery):
    """What may be asked of jobs."""

    job_codes: Texts | None = Field(None, description="Only with one of these job codes")
    post_url: str | None = Field(None, description="Only with this public page")
    statuses: Words[JobStatus] | None = Field(None, description="Only in one of these states")
    status: JobStatus | None = Field(None, description="Only in this state", deprecated=True)
    employment_types: Words[EmploymentType] | None = Field(None, description="Only with these contracts")
    visibilities: Words[JobVisibility] | None = Field(None, description="Only with these visibilities")
    remote_created_after: Day | None = Field(
        None, description="Only made in Lever on this day (UTC) or later"
    )
    name_contains: str | None = Field(None, description="Only with this in the name, in any case")


class CandidatesQuery(InsightQuery):
    """What may be asked of candidates."""

    email: str | None = Field(None, description="Only with this address, in any case")
    job_ids: Texts | None = Field(None, description="Only who applied to one of these jobs")
    first_name: str | None = Field(None, description="Only with this first name, in any case")
    last_name: str | None = Field(None, description="Only with this last name, in any case")


class ApplicationsQuery(InsightQuery):
    """What may be asked of applications."""

    outcomes: Words[ApplicationOutcome] | None = Field(None, description="Only with one of these outcomes")
    outcome: ApplicationOutcome | None = Field(None, description="Only with this outcome", deprecated=True)
    job_ids: Texts | None = Field(None, description="Only to one of these jobs")
    job_remote_ids: RemoteIds | None = Field(None, description="Only to one of these jobs, by Lever's ids")
    current_stage_ids: Texts | None = Field(None, description="Only in one of these stages")
    remote_created_after: Day | None = Field(
        None, description="Only made in Lever on this day (UTC) or later"
    )


class UsersQuery(ListQuery):
    """What may be asked of users."""

    emails: Texts | None = Field(None, description="Only with one of these addresses, in any case")


class RolesQuery(ListQuery):
    """What may be asked of roles."""

    scopes: Words[RoleScope] | None = Field(None, description="Only with one of these scopes")


class InterviewsQuery(InsightQuery):
    """What may be asked of interviews."""

    job_ids: Texts | None = Field(None, description="Only for applications to one of these jobs")


class OfPersonQuery(ListQuery):
    """What may be asked of notes, scorecards and attachments."""

    candidate_ids: Texts | None = Field(None, description="Only of one of these candidates")
    application_ids: Texts | None = Field(
        None, description="Only of one of these applications; what is of no application is left out"
    )


def reading(model: str | None) -> Callable[..., Connection]:
    """Return a dependency: the connection, once it is known that it can be asked for a model; None: for none.

    It comes before the query is looked at. It raises ApiError.
    """

    def connection(parts: ThePartsHere, integration: IntegrationId) -> Connection:
        found = parts.connections.connection(integration)
        found.see_that_it_is_set_up()
        if model is None:
            raise not_available()
        exclusion = Exclusion.of(found.settings)
        if exclusion.lacks_extra(model):
            raise not_available(f"This server does not read {model} (LEVER_EXTRA_MODELS).")
        if not exclusion.keeps(model):
            raise ApiError(
                Code.MODEL_DISABLED, f"{model} are left out of what this server keeps (LEVER_EXCLUDE)."
            )
        return found

    return Depends(connection)  # type: ignore[no-any-return] # a mark that FastAPI reads


def not_available(why: str = "There is no such model for Lever.") -> ApiError:
    """Return the error for what Lever has nothing of, or nobody asked for."""
    return ApiError(Code.MODEL_NOT_AVAILABLE, why)


def answer(parts: Parts, connection: Connection, model: str, query: ListQuery) -> Response:
    """Return a page of a list; raises ApiError for a cursor that is of another question, StoreError."""
    filters = query.filters()
    question = {
        "of": connection.id,
        "list": model,
        "updated_after": query.updated_after,
        "include_deleted": query.include_deleted,
        "ignore_unsupported_filters": query.ignore_unsupported_filters,
        **filters,
    }
    with_ours = isinstance(query, InsightQuery) and query.include_insight
    if with_ours:  # only then, so that cursors of the others fit whatever version gave them
        question[_INSIGHT] = True
    exclusion = Exclusion.of(connection.settings)
    asked = Asked(
        size=query.page_size,
        after=row_before(query.cursor, question) if query.cursor else "",
        updated_after=query.updated_after,
        deleted=query.include_deleted,
        remote_data=connection.settings.remote_data,
        ours=with_ours,
        filters=filters,
        excluded=exclusion.columns,
        ignoring_unsupported=query.ignore_unsupported_filters,
    )
    with parts.reads.reading(connection.name) as tx:
        page = page_of(tx, model, asked)
    for what, times in page.odd.items():
        _log.warning("%s, a page of %s: %s (%d times)", connection.name, model, what, times)
    following = None if page.last is None else cursor_behind(page.last, question)
    return success({"next": following, "results": page.rows})
