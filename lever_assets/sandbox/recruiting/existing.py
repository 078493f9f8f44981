"""Is there such a stage, posting, user …? What a write names must exist, or Lever answers 400."""

from __future__ import annotations

import orjson

from lever_assets.sandbox.account import Account, Where
from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.schema import Record

SINGULAR = {
    "stages": "stage",
    "archive_reasons": "archive reason",
    "users": "user",
    "postings": "posting",
    "requisitions": "requisition",
}


def must_exist(account: Account, resource: str, ident: str, *, field: str) -> Record:
    """The record that `field` names, or a 400 that says which is unknown."""
    record = account.record(resource, ident)
    if record is None:
        raise bad_request(f"{field}: there is no {SINGULAR[resource]} {ident!r}")
    return record


def active_user(account: Account, ident: str, *, field: str) -> Record:
    """A user who still works here, or a 400."""
    user = must_exist(account, "users", ident, field=field)
    if user["deactivatedAt"] is not None:
        raise bad_request(f"{field}: the user {ident!r} is deactivated")
    return user


def stage_index(account: Account, ident: str) -> int:
    """Where in the pipeline a stage stands, from 0; 0 for one that is gone."""
    stages = [orjson.loads(row)["id"] for row in account.page("stages", Where(), 1000, None).rows]
    return stages.index(ident) if ident in stages else 0
