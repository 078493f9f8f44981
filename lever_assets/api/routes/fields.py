"""The fields of an integration: which are shown, and which fill the user's own."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import StrictBool

from lever_assets.api.afterwards import map_anew
from lever_assets.api.answers import success
from lever_assets.api.asking import Parts, ThePartsHere
from lever_assets.api.bodies import Bounded, Given
from lever_assets.api.cursors import cursor_behind, row_before
from lever_assets.api.errors import invalid
from lever_assets.api.guard import PREFIX
from lever_assets.api.parameters import Cursor, Number, PageSize
from lever_assets.api.shapes import fields as shapes
from lever_assets.api.shapes.envelope import Success
from lever_assets.notices.wording import model_name
from lever_assets.store.field_definitions import FieldDefinition
from lever_assets.sync.field_mapping import (
    KnownField,
    NoFieldError,
    OwnField,
    fill,
    known_fields,
    own_fields,
    show,
)
from lever_assets.sync.session import Session

router = APIRouter(prefix=PREFIX, tags=["General"], route_class=Bounded)

_OF = "/integrations/{integration_id}"
_WAIT_SECONDS = 2.0
"""So long an answer waits for the rows to be mapped anew."""
LargePageSize = Annotated[int, Number, Query(ge=1, le=2000, description="How many on a page")]

F = TypeVar("F", KnownField, OwnField)


class Showing(Given):
    """Whether a field is to be in `integration_fields` of its model; null: as at first, it is not."""

    enable_passthrough: StrictBool | None


class Filling(Given):
    """The field that is to fill a custom field; null: none."""

    integration_field_id: str | None


@router.get(
    f"{_OF}/integration-fields",
    operation_id="getIntegrationFields",
    summary="Get integration fields",
    response_model=Success[shapes.FieldsOfLever],
)
def get_integration_fields(
    integration_id: str, parts: ThePartsHere, cursor: Cursor = None, page_size: LargePageSize = 100
) -> Response:
    """List the fields of Lever's that have no place of their own in a model, as the last sync found them."""
    session = _session(parts, integration_id, to_read=True)
    with session.reading() as tx:
        found = known_fields(session, tx)
    by_id = [(each.definition.id, each) for each in found]
    page, following = _page(by_id, cursor, page_size, f"integration-fields {session.name}")
    return success({"results": [_known(each) for each in page], "next": following, "next_cursor": following})


@router.patch(
    f"{_OF}/integration-fields/{{integration_field_id}}",
    operation_id="updateIntegrationField",
    summary="Update integration field",
    response_model=Success[shapes.FieldOfLever],
)
def update_integration_field(
    integration_id: str, integration_field_id: str, body: Showing, parts: ThePartsHere
) -> Response:
    """Switch a field on or off; from the next read on it is in `integration_fields`, or is not."""
    session = _session(parts, integration_id)
    try:
        with session.writing() as tx:
            field = show(session, tx, integration_field_id, on=bool(body.enable_passthrough))
    except NoFieldError as error:
        raise invalid(f"integration_field_id: {error}.") from None
    return success(_known(field))


@router.get(
    f"{_OF}/custom-fields",
    operation_id="getCustomFields",
    summary="Get custom fields",
    response_model=Success[shapes.CustomFields],
)
def get_custom_fields(
    integration_id: str, parts: ThePartsHere, cursor: Cursor = None, page_size: PageSize = 100
) -> Response:
    """List your own fields (LEVER_CUSTOM_FIELDS, `lever-assets fields map`), and what fills each."""
    session = _session(parts, integration_id, to_read=True)
    with session.reading() as tx:
        found = own_fields(session, tx)
    page, following = _page(
        [(each.id, each) for each in found], cursor, page_size, f"custom-fields {session.name}"
    )
    return success({"results": [_own(each) for each in page], "next": following, "next_cursor": following})


@router.put(
    f"{_OF}/custom-fields/{{custom_field_id}}",
    operation_id="updateCustomFieldMapping",
    summary="Update custom field mapping",
    response_model=Success[shapes.CustomField],
)
def update_custom_field_mapping(
    integration_id: str, custom_field_id: str, body: Filling, parts: ThePartsHere
) -> Response:
    """Let a field of your own be filled by one of Lever's; the rows are mapped anew without asking Lever."""
    session = _session(parts, integration_id)
    try:
        with session.writing() as tx:
            field, is_news = fill(session, tx, custom_field_id, body.integration_field_id)
    except NoFieldError as error:
        raise invalid(f"The request can't be used: {error}.") from None
    if is_news:
        map_anew(parts.store, parts.settings.of(session.name), [field.model]).join(_WAIT_SECONDS)
    return success(_own(field))


def _session(parts: Parts, integration_id: str, *, to_read: bool = False) -> Session:
    connection = parts.connections.connection(integration_id)
    return Session.over(parts.reads if to_read else parts.store, parts.settings.of(connection.name))


def _page(
    found: Sequence[tuple[str, F]], cursor: str | None, size: int, of: str
) -> tuple[list[F], str | None]:
    """Return a page of what is sorted by id, and the cursor of the next one."""
    question = {"fields": of}
    after = "" if cursor is None else row_before(cursor, question)
    left = [each for each in found if each[0] > after]
    page = left[:size]
    following = cursor_behind(page[-1][0], question) if len(left) > size else None
    return [each for _, each in page], following


def _plain(definition: FieldDefinition) -> dict[str, object]:
    return {
        "id": definition.id,
        "key": definition.key,
        "type": "CUSTOM" if definition.is_custom else "DEFAULT",
        "label": definition.label,
    }


def _known(field: KnownField) -> dict[str, object]:
    return {
        **_plain(field.definition),
        "model": model_name(field.definition.model),
        "is_passthrough_enabled": field.is_shown,
        "is_writable": False,
    }


def _own(field: OwnField) -> dict[str, object]:
    return {
        "id": field.id,
        "key": field.key,
        "model": model_name(field.model),
        "label": field.key,
        "description": None,
        "integration_field": None if field.filled_by is None else _plain(field.filled_by),
    }
