"""The lists of the unified ATS models, and what there is none of for Lever; nothing here asks Lever."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from lever_assets.api import lists, shapes
from lever_assets.api.asking import IntegrationId, ThePartsHere
from lever_assets.api.connection import Connection
from lever_assets.api.guard import PREFIX
from lever_assets.api.lists import answer, not_available, reading

router = APIRouter(prefix=f"{PREFIX}/ats", tags=["Unified ATS API"])
elsewhere = APIRouter(prefix=PREFIX, include_in_schema=False)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


@router.get("/jobs", operation_id="getJobs", summary="Get jobs", response_model=shapes.Jobs)
def jobs(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("jobs")],
    query: Annotated[lists.JobsQuery, Query()],
) -> Response:
    """Return jobs with their stages, screening questions, postings and hiring team."""
    return answer(parts, connection, "jobs", query)


@router.get(
    "/candidates", operation_id="getCandidates", summary="Get candidates", response_model=shapes.Candidates
)
def candidates(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("candidates")],
    query: Annotated[lists.CandidatesQuery, Query()],
) -> Response:
    """Return candidates with their applications and tags."""
    return answer(parts, connection, "candidates", query)


@router.get(
    "/applications",
    operation_id="getApplications",
    summary="Get applications",
    response_model=shapes.Applications,
)
def applications(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("applications")],
    query: Annotated[lists.ApplicationsQuery, Query()],
) -> Response:
    """Return applications with their candidate, stage, job, interviews and offers."""
    return answer(parts, connection, "applications", query)


@router.get("/users", operation_id="getUsers", summary="Get users", response_model=shapes.Users)
def users(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("users")],
    query: Annotated[lists.UsersQuery, Query()],
) -> Response:
    """Return users with their roles in the account."""
    return answer(parts, connection, "users", query)


@router.get("/roles", operation_id="getRoles", summary="Get roles", response_model=shapes.Roles)
def roles(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("roles")],
    query: Annotated[lists.RolesQuery, Query()],
) -> Response:
    """Return the roles that there are in the account and on jobs."""
    return answer(parts, connection, "roles", query)


@router.get("/tags", operation_id="getTags", summary="Get tags", response_model=shapes.Tags)
def tags(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("tags")],
    query: Annotated[lists.ListQuery, Query()],
) -> Response:
    """Return tags."""
    return answer(parts, connection, "tags", query)


@router.get(
    "/interviews", operation_id="getInterviews", summary="Get interviews", response_model=shapes.Interviews
)
def interviews(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("interviews")],
    query: Annotated[lists.InterviewsQuery, Query()],
) -> Response:
    """Return interviews with who interviews, and the application that they are for."""
    return answer(parts, connection, "interviews", query)


@router.get("/offers", operation_id="getOffers", summary="Get offers", response_model=shapes.Offers)
def offers(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("offers")],
    query: Annotated[lists.ListQuery, Query()],
) -> Response:
    """Return offers with the candidate and the job of their application."""
    return answer(parts, connection, "offers", query)


@router.get(
    "/rejection-reasons",
    operation_id="getRejectionReasons",
    summary="Get rejection reasons",
    response_model=shapes.RejectionReasons,
)
def rejection_reasons(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("rejection_reasons")],
    query: Annotated[lists.ListQuery, Query()],
) -> Response:
    """Return the reasons for which an application is rejected."""
    return answer(parts, connection, "rejection_reasons", query)


@router.get(
    "/application-stages",
    operation_id="getApplicationStages",
    summary="Get application stages",
    response_model=shapes.ApplicationStages,
    deprecated=True,
)
def application_stages(
    parts: ThePartsHere,
    connection: Annotated[Connection, reading("application_stages")],
    query: Annotated[lists.ListQuery, Query()],
) -> Response:
    """Return the stages of the account; those of a job come with the job."""
    return answer(parts, connection, "application_stages", query)


@router.get("/notes", include_in_schema=False)
@router.get("/scorecards", include_in_schema=False)
@router.get("/attachments", include_in_schema=False)
def not_here(connection: Annotated[Connection, reading(None)]) -> Response:  # noqa: ARG001 (it is never got)
    """Say that these are not there."""
    raise not_available()


@elsewhere.api_route("/hris", methods=_METHODS)
@elsewhere.api_route("/hris/{path:path}", methods=_METHODS)
@elsewhere.api_route("/lms", methods=_METHODS)
@elsewhere.api_route("/lms/{path:path}", methods=_METHODS)
def of_others(parts: ThePartsHere, integration: IntegrationId) -> Response:
    """Say that Lever has nothing of what other kinds of tools have."""
    parts.connections.connection(integration)
    raise not_available()
