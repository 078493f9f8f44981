"""Links by which end users connect their accounts, and what the product learns of that."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from lever_assets.api.answers import success
from lever_assets.api.asking import Parts, ThePartsHere
from lever_assets.api.bodies import Bounded, Given
from lever_assets.api.describing import connected
from lever_assets.api.errors import invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.page_links import link_to
from lever_assets.api.shapes.connecting import ConnectedIntegration, ConnectionLink
from lever_assets.api.shapes.envelope import Success
from lever_assets.api.shapes.integrations import Category
from lever_assets.connect.connections import EndUser
from lever_assets.connect.environments import Environment
from lever_assets.connect.links import (
    Language,
    LinkType,
    Purpose,
    UnknownLinkError,
    activate,
    make_link,
)
from lever_assets.store.accounts import named_at_first
from lever_assets.unified.ids import integration_id

router = APIRouter(prefix=PREFIX, tags=["Connect"], route_class=Bounded)

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
Named = Annotated[str, Field(pattern=r"\S", max_length=200)]


class Linking(Given):
    """Who is to connect, and what the page is to be."""

    end_user_email: Email
    end_user_organization_name: Named
    end_user_origin_id: Annotated[str, Field(max_length=200)] | None = None
    remote_environment: str | None = None
    integration_category: Category = "HRIS"
    integration_tool: str | None = None
    language: Language | None = Language.EN
    scope_config_id: str | None = None
    enable_filtering: bool = False
    enable_field_mapping: bool = False
    enable_static_ips: bool = False
    link_type: LinkType = LinkType.EMBEDDED


class Activating(Given):
    """The token that the page gave."""

    token: str


@router.post(
    "/connect/create-link",
    operation_id="createConnectionLink",
    summary="Create connection link",
    response_model=Success[ConnectionLink],
)
def create_connection_link(body: Linking, parts: ThePartsHere, request: Request) -> Response:
    """Make a link by which an end user connects their Lever account, in the widget or from an e-mail."""
    if body.integration_category not in {"ATS", "ASSESSMENT"}:
        raise invalid(
            "integration_category: set integration_category to ATS; Lever is an ATS, and "
            f"{body.integration_category} is what clients send when nothing is given, or none of Lever's."
        )
    if body.integration_tool not in {None, "lever"}:
        raise invalid("integration_tool: this server connects lever alone; leave it out, or send lever.")
    token = make_link(
        parts.store,
        Purpose.CONNECT,
        body.link_type,
        body.language or Language.EN,
        environment=_environment(body.remote_environment),
        end_user=EndUser(
            body.end_user_organization_name.strip(), body.end_user_email, body.end_user_origin_id
        ),
        field_mapping=body.enable_field_mapping,
    )
    return success({"link": link_to(parts, request, token)})


def _environment(given: str | None) -> Environment | None:
    """Return which Lever is meant; None: where the server's settings point."""
    if not given:
        return None
    try:
        return {each.value: each for each in (Environment.PRODUCTION, Environment.SANDBOX)}[given.lower()]
    except KeyError:
        raise invalid(
            "remote_environment: send production or sandbox, or leave it out for the Lever that the server "
            "is set to."
        ) from None


@router.get(
    "/connect/integration-by-token/{token}",
    operation_id="getIntegrationByToken",
    summary="Get integration by token",
    response_model=Success[ConnectedIntegration],
)
def get_integration_by_token(token: str, parts: ThePartsHere) -> Response:
    """Return the integration that was connected, by the token that the widget gave; it is good once."""
    return _activated(parts, token)


@router.post(
    "/connect/activate-integration",
    operation_id="activateIntegration",
    summary="Activate integration",
    response_model=Success[ConnectedIntegration],
)
def activate_integration(body: Activating, parts: ThePartsHere) -> Response:
    """As `integration-by-token`, as older clients ask for it."""
    return _activated(parts, body.token)


def _activated(parts: Parts, token: str) -> Response:
    try:
        name = activate(parts.store, token)
    except UnknownLinkError:
        raise invalid(
            "token: it is not known, was used, or is older than ten minutes: GET /v1/integrations lists what "
            "was connected."
        ) from None
    with parts.store.reading(name) as tx:
        own = integration_id(named_at_first(tx))
    return success(connected(parts.store, parts.connections.connection(own)))
