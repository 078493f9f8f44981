"""The actions: what is written to Lever, and the files that it lists.

An id in a path goes over the one in the body, which may repeat it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import ValidationError

from lever_assets.actions.catalogue import BY_NAME
from lever_assets.actions.engine.errors import of_input
from lever_assets.actions.engine.unknown_fields import read
from lever_assets.actions.fetching.fetcher import LARGEST
from lever_assets.actions.tracking import Tracked
from lever_assets.api import created
from lever_assets.api.acting import Asked
from lever_assets.api.answers import success
from lever_assets.api.asking import IntegrationId, OurAddress, ThePartsHere
from lever_assets.api.bodies import JsonBody, described_by
from lever_assets.api.errors import ApiError, Code, invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.shapes import acted
from lever_assets.api.shapes.envelope import Done, Nothing, Success
from lever_assets.api.shapes.reads import Candidate

router = APIRouter(prefix=f"{PREFIX}/ats", tags=["Unified ATS API"])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names this request, for ever: with the same one it is done once, and answers the same",
    ),
]
Answering = Callable[..., Awaitable[Response]]


def _of_candidate(action: str) -> Answering:
    async def answer(
        candidate_id: str,
        parts: ThePartsHere,
        integration: IntegrationId,
        given: JsonBody,
        key: Key = None,
    ) -> Response:
        return await parts.acting.answer(
            Asked(integration, action, {**given, "candidate_id": candidate_id}, key)
        )

    return answer


def _of_application(action: str) -> Answering:
    async def answer(
        application_id: str,
        parts: ThePartsHere,
        integration: IntegrationId,
        given: JsonBody,
        key: Key = None,
    ) -> Response:
        return await parts.acting.answer(
            Asked(integration, action, {**given, "application_id": application_id}, key)
        )

    return answer


@dataclass(frozen=True)
class _Endpoint:
    """An endpoint of an action that answers no data; `operation` is its name in Kombo's clients."""

    method: str
    below: str
    action: str
    operation: str


_BELOW_CANDIDATES = (
    _Endpoint("POST", "tags", "add_candidate_tag", "addCandidateTag"),
    _Endpoint("DELETE", "tags", "remove_candidate_tag", "removeCandidateTag"),
    _Endpoint("POST", "attachments", "add_candidate_attachment", "addCandidateAttachment"),
    _Endpoint("POST", "result-links", "add_candidate_result_link", "addCandidateResultLink"),
)
_BELOW_APPLICATIONS = (
    _Endpoint("PUT", "stage", "move_application_to_stage", "moveApplicationToStage"),
    _Endpoint("POST", "reject", "reject_application", "rejectApplication"),
    _Endpoint("POST", "result-links", "add_application_result_link", "addApplicationResultLink"),
    _Endpoint("POST", "notes", "add_application_note", "addApplicationNote"),
    _Endpoint("POST", "attachments", "add_application_attachment", "addApplicationAttachment"),
)


def _told(action: str, *in_path: str) -> dict[str, Any]:
    """Return what OpenAPI is told of an action: title, description, and its input as the body."""
    found = BY_NAME[action]
    told: dict[str, Any] = {"summary": found.title, "description": found.description}
    return told if found.reads else {**told, "openapi_extra": described_by(found.input, *in_path)}


def _add(path: str, own_id: str, each: _Endpoint, answer: Answering) -> None:
    router.add_api_route(
        f"{path}/{each.below}",
        answer,
        methods=[each.method],
        operation_id=each.operation,
        response_model=Done[Nothing],
        **_told(each.action, own_id),
    )


for _each in _BELOW_CANDIDATES:
    _add("/candidates/{candidate_id:path}", "candidate_id", _each, _of_candidate(_each.action))
for _each in _BELOW_APPLICATIONS:
    _add("/applications/{application_id:path}", "application_id", _each, _of_application(_each.action))


@router.post(
    "/candidates",
    operation_id="createCandidate",
    response_model=Done[Candidate],
    **_told("create_candidate"),
)
async def create_candidate(
    parts: ThePartsHere, integration: IntegrationId, given: JsonBody, key: Key = None
) -> Response:
    """Create a candidate with an application."""
    asked = Asked(integration, "create_candidate", given, key, shown=created.candidate)
    return await parts.acting.answer(asked)


@router.post(
    "/jobs/{job_id:path}/applications",
    operation_id="createApplication",
    response_model=Done[acted.CreatedApplication],
    **_told("create_application", "job_id"),
)
async def create_application(
    job_id: str, parts: ThePartsHere, integration: IntegrationId, given: JsonBody, key: Key = None
) -> Response:
    """Create an application for a job."""
    whole = {**given, "job_id": job_id}
    asked = Asked(integration, "create_application", whole, key, shown=created.application)
    return await parts.acting.answer(asked)


@router.get(
    "/candidates/{candidate_id:path}/attachments",
    operation_id="getCandidateAttachments",
    response_model=Done[acted.FilesOfCandidate],
    **_told("get_candidate_attachments"),
)
async def get_candidate_attachments(
    candidate_id: str, parts: ThePartsHere, integration: IntegrationId, here: OurAddress
) -> Response:
    """List the files of a candidate, with links that are good for seven days."""
    given = {"candidate_id": candidate_id}
    return await parts.acting.answer(
        Asked(integration, "get_candidate_attachments", given, link=parts.links.of(here))
    )


@router.get(
    "/applications/{application_id:path}/attachments",
    operation_id="getApplicationAttachments",
    response_model=Done[acted.FilesOfApplication],
    **_told("get_application_attachments"),
)
async def get_application_attachments(
    application_id: str, parts: ThePartsHere, integration: IntegrationId, here: OurAddress
) -> Response:
    """List the files of an application's candidate, with links that are good for seven days."""
    given = {"application_id": application_id}
    return await parts.acting.answer(
        Asked(integration, "get_application_attachments", given, link=parts.links.of(here))
    )


_NO_LIMIT = acted.FileLimits(max_file_size_bytes=LARGEST)
_ONE = acted.FileLimits(min_amount=1, max_amount=1, max_file_size_bytes=LARGEST)
_SEVERAL = acted.FileTypes(CV=_NO_LIMIT, COVER_LETTER=_NO_LIMIT, OTHER=_NO_LIMIT)
_ALONE = acted.FileTypes(CV=_ONE, COVER_LETTER=_ONE, OTHER=_ONE)
_FILES = {
    "ats_create_candidate": _SEVERAL,
    "ats_create_application": _SEVERAL,
    "ats_add_application_attachment": _ALONE,
    "ats_add_candidate_attachment": _ALONE,
}


@router.get(
    "/actions/{action}",
    operation_id="getActionDetails",
    response_model=Success[acted.ActionDetails],
    summary="Get what files an action takes",
)
def get_action(action: str, parts: ThePartsHere, integration: IntegrationId) -> Response:
    """Say which files an action takes."""
    parts.connections.connection(integration).see_that_it_is_connected()
    if action not in _FILES:
        raise invalid(f"There is nothing to say of this action; there are {', '.join(_FILES)}.", 404)
    limits = acted.AttachmentRestrictions(types=_FILES[action])
    return success(acted.ActionDetails(attachment_restrictions=limits).model_dump(mode="json"))


def _not_available(parts: ThePartsHere, integration: IntegrationId) -> Response:
    """Say that Lever has nothing like it."""
    parts.connections.connection(integration).see_that_it_is_set_up()
    raise ApiError(Code.ACTION_NOT_AVAILABLE, "Lever has no such action.")


@router.post(
    "/import-tracked-application",
    operation_id="importTrackedApplication",
    summary="Import tracked application",
    response_model=Done[acted.TrackedApplication],
    openapi_extra=described_by(Tracked),
)
async def import_tracked_application(
    parts: ThePartsHere, integration: IntegrationId, given: JsonBody
) -> Response:
    """Take an application over that was not created here, as one of ours; Kombo's body has no key for it."""
    return await parts.acting.tracked(integration, partial(_tracked, given))


def _tracked(given: dict[str, Any]) -> tuple[Tracked, tuple[str, ...]]:
    """Return which application is meant, with a sentence for each unknown field; raises ApiError."""
    if given.get("lever") is None:
        raise ApiError(
            Code.ACTION_NOT_AVAILABLE,
            "Kombo has no such action for Lever. Here the key `lever` says which application is meant.",
        )
    try:
        return read(Tracked, given, ignore_unknown=True)
    except ValidationError as error:
        raise invalid(of_input(error).message) from None


for _method, _operation in (("POST", "createInterview"), ("PATCH", "updateInterview")):
    router.add_api_route(
        "/applications/{application_id:path}/interviews",
        _not_available,
        methods=[_method],
        operation_id=_operation,
        response_model=Done[Nothing],
    )
