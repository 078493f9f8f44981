"""Parameters that some accounts refuse or ignore."""

from __future__ import annotations

from lever_assets.sandbox.endpoints.filters import milliseconds
from lever_assets.sandbox.endpoints.visibility import CONFIDENTIAL
from lever_assets.sandbox.errors import bad_request, forbidden
from lever_assets.sandbox.quirks.quirk import Asked

LONGEST_SPAN = 30 * 86_400_000
UPDATED = ("updated_at_start", "updated_at_end")


def long_spans(asked: Asked) -> Asked:
    """Refuse a list of deletions that covers more than 30 days, or has an open end."""
    if not asked.route.template.endswith("/deleted"):
        return asked
    names = ("deleted_at_start", "deleted_at_end")
    bounds = [milliseconds(name, text) for name in names for text in (asked.one(name),) if text is not None]
    if len(bounds) < len(names) or bounds[1] - bounds[0] > LONGEST_SPAN:
        raise bad_request("deleted_at_start and deleted_at_end must be at most 30 days apart")
    return asked


def updated_filter_of_requisitions(asked: Asked) -> Asked:
    """Refuse `updated_at_*` where Lever documents no such filter."""
    return updated_filter(asked) if asked.route.resource == "requisitions" else asked


def updated_filter(asked: Asked) -> Asked:
    """Refuse `updated_at_*` on every list."""
    for name in UPDATED:
        if asked.reads and name in asked.query:
            raise bad_request(f"Invalid filter: {name} is not allowed on {asked.route.template}")
    return asked


def all_confidentialities(asked: Asked) -> Asked:
    """Refuse `confidentiality=all`; without the parameter the key gets all that it may see."""
    if not asked.reads or asked.route.resource not in CONFIDENTIAL:
        return asked
    wanted = asked.query.get("confidentiality", [])
    if {"all", "confidential"} & set(wanted):
        raise forbidden("confidential:access:admin")
    return asked if wanted else asked.given("confidentiality", "all")


def expanded_applications(asked: Asked) -> Asked:
    """Refuse `expand=applications`."""
    if asked.reads and "applications" in asked.query.get("expand", []):
        raise forbidden("applications:read:admin")
    return asked


def without_applications(asked: Asked) -> Asked:
    """Ignore `expand=applications`: their ids stay."""
    fields = asked.query.get("expand", [])
    return asked.given("expand", *(each for each in fields if each != "applications"))
