"""Assessments: the packages of a vendor, the orders for it, and what it found."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from lever_assets.api.answers import done, success
from lever_assets.api.asking import IntegrationId, Parts, ThePartsHere
from lever_assets.api.bodies import Bounded
from lever_assets.api.connection import Connection
from lever_assets.api.cursors import cursor_behind, row_before
from lever_assets.api.errors import ApiError, Code, invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.parameters import Cursor, Instant, PageSize, texts
from lever_assets.api.shapes import assessment as shapes
from lever_assets.api.shapes.common import Listed
from lever_assets.api.shapes.envelope import Done, Nothing, Success
from lever_assets.assessment.ordering import begin
from lever_assets.assessment.packages import Offered, PackagesError, offer
from lever_assets.assessment.results import Result, ResultError, take
from lever_assets.assessment.showing import shown
from lever_assets.assessment.telling import Told, tell_one
from lever_assets.notices.wording import instant
from lever_assets.store import StoreError, assessments
from lever_assets.sync.session import Session

router = APIRouter(prefix=f"{PREFIX}/assessment", tags=["Assessment & Background Check"], route_class=Bounded)
_SECONDS = 3.5
"""So long Lever may take until the result is answered all the same: Kombo's client waits five."""
_LATER = "The result is kept, and some of it is still to be written to Lever: that is tried again."

_log = logging.getLogger("lever_assets.api")

Ids = Annotated[list[str] | None, Query(description="Only these ids, with commas between")]
Statuses = Annotated[list[str] | None, Query(description="Only in these states, with commas between")]


@router.get(
    "/packages",
    operation_id="getAssessmentPackages",
    summary="Get packages",
    response_model=Success[shapes.Packages],
)
def get_packages(parts: ThePartsHere, integration: IntegrationId) -> Response:
    """Return what the vendor offers."""
    with parts.connections.reading(integration) as (tx, found):
        _see_that_it_is_on(found)
        every = assessments.packages(tx)
    told = [
        {
            "id": each.id,
            "type": each.type,
            "name": each.name,
            "description": each.description,
            "updated_at": None if each.updated_at is None else instant(each.updated_at),
        }
        for each in every
    ]
    return success({"packages": told})


@router.put(
    "/packages",
    operation_id="putAssessmentPackages",
    summary="Set packages",
    response_model=Done[Nothing],
)
def put_packages(parts: ThePartsHere, integration: IntegrationId, body: Offered) -> Response:
    """Let these be all that the vendor offers; what is missing is not ordered any more."""
    found = parts.connections.connection(integration)
    _see_that_it_is_on(found)
    session = _session(parts, found)
    begin(session)
    try:
        return done({}, offer(session, body))
    except PackagesError as error:
        raise invalid(str(error)) from None


@router.get(
    "/orders",
    operation_id="getAssessmentOrders",
    summary="Get orders",
    response_model=Listed[shapes.AssessmentOrder],
)
def get_orders(
    parts: ThePartsHere,
    integration: IntegrationId,
    *,
    cursor: Cursor = None,
    page_size: PageSize = 100,
    ids: Ids = None,
    statuses: Statuses = None,
    created_after: Annotated[Instant | None, Query(description="Only of this time or later")] = None,
) -> Response:
    """Return the orders, by id."""
    with parts.connections.reading(integration) as (tx, found):
        _see_that_it_is_on(found)
        found.see_that_it_is_set_up()
        wanted, states = _split(ids), _states(_split(statuses))
        filters = {"ids": wanted, "statuses": states, "created_after": created_after, "list": "orders"}
        some = assessments.page(
            tx,
            after="" if cursor is None else row_before(cursor, filters),
            limit=page_size + 1,
            ids=wanted,
            statuses=states,
            created_after=created_after,
        )
        here = some[:page_size]
        results = shown(tx, Session.within(tx, parts.store, found.settings).mapping, here)
    behind = cursor_behind(here[-1].id, filters) if len(some) > page_size else None
    return success({"next": behind, "results": results})


@router.put(
    "/orders/{assessment_order_id}/result",
    operation_id="putAssessmentOrdersAssessmentOrderIdResult",
    summary="Update order result",
    response_model=Done[Nothing],
)
def put_result(
    parts: ThePartsHere, integration: IntegrationId, assessment_order_id: str, body: Result
) -> Response:
    """Take what was found, and write it to Lever: at once, or as soon as that goes."""
    found = parts.connections.connection(integration)
    _see_that_it_is_on(found)
    found.see_that_it_is_set_up()
    session = _session(parts, found)
    try:
        is_left = take(session, assessment_order_id, body)
    except ResultError as error:
        raise invalid(str(error)) from None
    return done({}, _doubts(session, assessment_order_id) if is_left else ())


def _see_that_it_is_on(found: Connection) -> None:
    """Raise ApiError where assessments are not switched on; packages may be offered before the first sync."""
    if found.settings.assessment_stage is None:
        raise ApiError(
            Code.MODEL_NOT_AVAILABLE,
            "Assessments are not switched on for this integration: name the stage that orders one "
            "(LEVER_ASSESSMENT_STAGE).",
        )
    replace(found, was_read=True).see_that_it_is_set_up()


def _session(parts: Parts, found: Connection) -> Session:
    return Session.over(parts.store, parts.settings.of(found.name))


def _doubts(session: Session, order_id: str) -> list[str]:
    """Write a result to Lever; return what of that is not done in time, and goes on when nobody waits."""
    told: list[Told] = []

    def write() -> None:
        try:
            told.append(tell_one(session, order_id))
        except StoreError as error:  # it stays due
            _log.error("assessment order %s: the database can't be used: %s", order_id, error)
        if told:
            _log.info("assessment order %s: %s", order_id, "failed" if told[0].failed else "written")

    thread = threading.Thread(target=write, name="assessment result")
    thread.start()
    thread.join(_SECONDS)
    if told and not told[0].failed:
        return []
    return [f"{_LATER} ({told[0].why})" if told and told[0].why else _LATER]


def _split(given: Iterable[str] | None) -> list[str]:
    found = texts(list(given or ()))
    return sorted(set(found)) if isinstance(found, tuple) else []


def _states(given: list[str]) -> list[str]:
    known = [each.value for each in assessments.OrderStatus]
    unknown = [each for each in given if each not in known]
    if unknown:
        raise invalid(f"statuses: write some of {', '.join(known)}, with commas between.")
    return given
