"""An integration, and the tools that there are, in the words of the unified API."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue

from lever_assets.api import coverage
from lever_assets.api.connection import Connection
from lever_assets.notices.enqueueing import integration_of
from lever_assets.notices.wording import api_state, instant, setup_status
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store import Store
from lever_assets.store.accounts import any_account
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import unified_id

Described = dict[str, JsonValue]

_SINCE = Checkpoint[datetime]("known_since", Instant)
"""When the environment's own connection was asked for first: it has no row that would say so."""


def integration(store: Store, connection: Connection, address: str) -> Described:
    """Return an integration with all that it covers; `address` is this server's."""
    exclusion, excluded = Exclusion.of(connection.settings), connection.settings.api_exclude_actions
    scope = unified_id(connection.account.named_at_first, "scope_configs", "default")
    listed = listed_integration(store, connection, address)
    return {
        "id": listed["id"],
        "tool": listed["tool"],
        "category": listed["category"],
        "status": listed["status"],
        "setup_status": listed["setup_status"],
        "end_user": listed["end_user"],
        "scope_config": {"id": scope, "name": "Default"},
        "data_expired_at": None,
        "created_at": listed["created_at"],
        "beta": False,
        "read_models": [_read_model(each, exclusion) for each in coverage.read_models()],
        "write_actions": [
            _write_action(each, is_kept=each.id.removeprefix("ats_") not in excluded)
            for each in coverage.write_actions()
        ],
    }


def listed_integration(store: Store, connection: Connection, address: str) -> Described:
    """Return an integration as the list of all has it."""
    with store.reading(connection.name) as tx:
        of, since = integration_of(tx), _created_at(tx)
    if since is None:
        with store.writing(connection.name) as tx:
            since = _created_at(tx) or tx.instant
            _SINCE.keep(tx, since)
    return {
        "id": connection.id,
        "name": connection.name,
        "tool": {**_TOOL, **_pictures(address, "logo_url", "icon_url")},
        "category": "ATS",
        "status": api_state(connection.state),
        "setup_status": setup_status(connection.state, was_read=connection.was_read),
        "end_user": {
            "organization_name": of.organization_name,
            "creator_email": of.email,
            "origin_id": of.origin_id,
        },
        "created_at": instant(since),
    }


def _created_at(tx: Transaction) -> datetime | None:
    row = any_account(tx)
    return _SINCE.read(tx) if row is None else row.created_at


def connected(store: Store, connection: Connection) -> Described:
    """Return what the product learns of an integration that was connected."""
    with store.reading(connection.name) as tx:
        of = integration_of(tx)
    return {
        "tool": "lever",
        "id": connection.id,
        "end_user_origin_id": of.origin_id,
        "end_user_organization_name": of.organization_name,
        "end_user_email": of.email,
        "setup_status": setup_status(connection.state, was_read=connection.was_read),
    }


def tools(category: str, address: str, *, assessing: bool) -> Described:
    """Return the tools of a category: Lever is an ATS; `assessing`: it orders assessments, too."""
    if category != "ats" and not (category == "assessment" and assessing):
        return {"tools": []}
    guide = f"{address}/connect/guide"
    tool: Described = {
        **_TOOL,
        "assets": _pictures(address, "logo_url", "icon_url", "icon_black_url"),
        "paid_api_details_markdown": None,
        "fast_track_details_markdown": None,
        "partner_only_details_markdown": None,
        "connection_guide_url": guide,
        "coverage": {
            "read_models": [_covered(each) for each in coverage.read_models()],
            "write_actions": [_covered(each) for each in coverage.write_actions()],
            "features": [
                {"id": own, "label": label, "coverage_status": coverage.SUPPORTED}
                for own, label in coverage.FEATURES
            ],
        },
    }
    return {"tools": [tool]}


_TOOL: Described = {"id": "lever", "label": "Lever", "internal_label": None}
_FILES = {
    "logo_url": "lever-logo.svg",
    "icon_url": "lever-icon.svg",
    "icon_black_url": "lever-icon-black.svg",
}


def _pictures(address: str, *names: str) -> Described:
    return {name: f"{address}/static/{_FILES[name]}" for name in names}


def _status(*, is_there: bool) -> str:
    return coverage.SUPPORTED if is_there else coverage.UNSUPPORTED


def _covered(part: coverage.Part) -> Described:
    fields: Iterable[Described] = (
        {"id": each.id, "coverage_status": _status(is_there=each.is_there)} for each in part.fields
    )
    return {
        "id": part.id,
        "label": part.label,
        "coverage_status": _status(is_there=part.is_there),
        "fields": list(fields),
    }


def _kept(*, is_there: bool, is_kept: bool) -> Described:
    return {
        "is_available": is_there and is_kept,
        "coverage_status": _status(is_there=is_there),
        "scope_config_setting": "ENABLED" if is_kept else "DISABLED",
        "opted_out_by_customer": False,
    }


def _read_model(part: coverage.Part, exclusion: Exclusion) -> Described:
    fields: list[JsonValue] = [
        {
            "id": each.id,
            **_kept(is_there=each.is_there, is_kept=part.is_kept(exclusion, each)),
        }
        for each in part.fields
    ]
    return {
        "id": part.id,
        "label": part.label,
        **_kept(is_there=part.is_there, is_kept=part.is_kept(exclusion)),
        "fields": fields,
    }


def _write_action(part: coverage.Part, *, is_kept: bool) -> Described:
    fields: list[JsonValue] = [
        {"id": each.id, "is_available": each.is_there, "coverage_status": _status(is_there=each.is_there)}
        for each in part.fields
    ]
    return {
        "id": part.id,
        "label": part.label,
        **_kept(is_there=part.is_there, is_kept=is_kept),
        "fields": fields,
    }
