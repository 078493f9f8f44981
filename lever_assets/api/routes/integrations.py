"""The integrations: how they stand, switching, removing, and links to reconnect or set them up."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import StrictBool

from lever_assets.api import changing, describing
from lever_assets.api.addresses import public_address
from lever_assets.api.answers import success
from lever_assets.api.apart import apart
from lever_assets.api.asking import ThePartsHere
from lever_assets.api.assessment_setup import is_offered
from lever_assets.api.bodies import Bounded, Given
from lever_assets.api.errors import ApiError, invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.page_links import link_to
from lever_assets.api.shapes.connecting import ConnectionLink
from lever_assets.api.shapes.envelope import Nothing, Success
from lever_assets.api.shapes.integrations import Integration, ListedIntegrations
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.connect.links import Language, LinkType, Purpose, make_link
from lever_assets.settings import SettingsError
from lever_assets.sync.field_mapping import own_fields
from lever_assets.sync.session import Session

router = APIRouter(prefix=PREFIX, tags=["General"], route_class=Bounded)
last = APIRouter(prefix=PREFIX, tags=["General"], route_class=Bounded)
"""What takes any id, those with a slash, too, and so has to come after all that is below an integration."""


class Enabling(Given):
    """Whether the integration is to be on."""

    value: StrictBool


class Reconnecting(Given):
    """What the link to reconnect is to be."""

    language: Language | None = Language.EN
    scope_config_id: str | None = None
    link_type: LinkType = LinkType.EMBEDDED


class SettingUp(Given):
    """What the link to set up is to be."""

    link_type: LinkType
    language: Language | None = Language.EN


@router.get(
    "/integrations",
    operation_id="listIntegrations",
    summary="List integrations",
    response_model=Success[ListedIntegrations],
)
def list_integrations(parts: ThePartsHere, request: Request) -> Response:
    """List all integrations of this server. Not one of Kombo's endpoints."""
    address = public_address(parts.settings, request)
    found = []
    for each in parts.connections.every_id():
        try:
            connection = parts.connections.connection(each)
        except (ApiError, ConnectionTroubleError, SettingsError):  # it was removed meanwhile, or damaged
            continue
        if not connection.account.is_stored and connection.account.credential is None:
            continue  # the environment's own, which has no key: there is none
        found.append(describing.listed_integration(parts.reads, connection, address))
    return success({"results": found})


@last.get(
    "/integrations/{integration_id:path}",
    operation_id="getIntegrationDetails",
    summary="Get integration details",
    response_model=Success[Integration],
)
def get_integration_details(integration_id: str, parts: ThePartsHere, request: Request) -> Response:
    """Return an integration with all that it covers."""
    connection = parts.connections.connection(integration_id)
    address = public_address(parts.settings, request)
    return success(describing.integration(parts.reads, connection, address))


@last.delete(
    "/integrations/{integration_id:path}",
    operation_id="deleteIntegration",
    summary="Delete integration",
    response_model=Success[Nothing],
)
@apart
def delete_integration(
    integration_id: str,
    parts: ThePartsHere,
    _: Annotated[dict[str, object] | None, Body()] = None,
) -> Response:
    """Remove an integration: its credentials at once, what was read of it after LEVER_RETENTION_DAYS."""
    changing.remove(parts.store, parts.settings, parts.connections.connection(integration_id))
    return success({})


@router.put(
    "/integrations/{integration_id}/enabled",
    operation_id="setIntegrationEnabled",
    summary="Set integration enabled",
    response_model=Success[Nothing],
)
@apart
def set_integration_enabled(integration_id: str, body: Enabling, parts: ThePartsHere) -> Response:
    """Switch an integration on or off; what was read of it, and its credentials, stay."""
    connection = parts.connections.connection(integration_id)
    changing.switch(parts.store, parts.settings, connection, on=body.value)
    return success({})


@router.post(
    "/integrations/{integration_id}/relink",
    operation_id="createReconnectionLink",
    summary="Create reconnection link",
    response_model=Success[ConnectionLink],
)
def create_reconnection_link(
    integration_id: str,
    parts: ThePartsHere,
    request: Request,
    body: Reconnecting | None = None,
) -> Response:
    """Make a link by which the end user gives an integration new credentials of the same account."""
    given = body or Reconnecting()
    name = parts.connections.connection(integration_id).name
    token = make_link(
        parts.store, Purpose.RELINK, given.link_type, given.language or Language.EN, connection=name
    )
    return success({"link": link_to(parts, request, token)})


@router.post(
    "/integrations/{integration_id}/setup-link",
    operation_id="createSetupLink",
    summary="Create setup link",
    response_model=Success[ConnectionLink],
)
def create_setup_link(
    integration_id: str, body: SettingUp, parts: ThePartsHere, request: Request
) -> Response:
    """Make a link by which the end user says which fields fill your own, and in which stage is assessed."""
    connection = parts.connections.connection(integration_id)
    session = Session.over(parts.store, parts.settings.of(connection.name))
    with session.reading() as tx:
        has_fields = bool(own_fields(session, tx))
    if not has_fields and not is_offered(parts, connection.name):
        raise invalid(
            "There is nothing to set up: the server has no custom fields (LEVER_CUSTOM_FIELDS, or "
            "`lever-assets fields map`), and nobody offers assessments."
        )
    token = make_link(
        parts.store,
        Purpose.SETUP,
        body.link_type,
        body.language or Language.EN,
        connection=connection.name,
        field_mapping=True,
    )
    return success({"link": link_to(parts, request, token)})
