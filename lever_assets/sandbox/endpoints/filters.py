"""Query parameters to conditions. Several values of one parameter mean any of them; bounds are inclusive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.errors import bad_request

Query = Mapping[str, list[str]]


@dataclass(frozen=True)
class Filters:
    """The parameters that a list understands.

    `equal`: parameter -> column. `ranges`: `updated_at` (for `updated_at_start` and `_end`) -> column.
    `through`: parameter -> condition with a place for the values. `true_false`: parameter -> condition.
    """

    equal: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, str] = field(default_factory=dict)
    true_false: Mapping[str, str] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)
    confidential: bool = False


FILTERS: dict[str, Filters] = {
    "opportunities": Filters(
        equal={
            "stage_id": "stage",
            "archive_reason_id": "archive_reason",
            "contact_id": "contact",
            "origin": "origin",
            "location": "location",
        },
        ranges={
            "created_at": "sort",
            "updated_at": "updated",
            "archived_at": "archived_at",
            "advanced_at": "advanced",
        },
        true_false={"archived": "archived_at IS NOT NULL", "snoozed": "snoozed IS NOT NULL"},
        through={
            "posting_id": "id IN (SELECT parent FROM applications WHERE posting IN ({}))",
            "tag": "EXISTS (SELECT 1 FROM json_each(body, '$.tags') WHERE value IN ({}))",
            "email": "id IN (SELECT opportunity FROM emails WHERE email IN ({}))",
            "source": "EXISTS (SELECT 1 FROM json_each(body, '$.sources') WHERE value IN ({}))",
            "archived_posting_id": "id IN (SELECT parent FROM applications WHERE posting IN ({})"
            " AND archived_at IS NOT NULL)",
        },
        confidential=True,
    ),
    "postings": Filters(
        equal={
            "state": "state",
            "team": "team",
            "department": "department",
            "location": "location",
            "commitment": "commitment",
            "level": "level",
        },
        ranges={"updated_at": "updated"},
        through={"tag": "EXISTS (SELECT 1 FROM json_each(body, '$.tags') WHERE value IN ({}))"},
        confidential=True,
    ),
    "requisitions": Filters(
        equal={"status": "status", "requisition_code": "code"},
        ranges={"created_at": "sort"},  # by updatedAt they can't be asked for: it is ignored
        confidential=True,
    ),
    "users": Filters(equal={"email": "email", "accessRole": "role"}),
    "archive_reasons": Filters(equal={"type": "type"}),
}
NO_FILTERS = Filters()


def where(resource: str, query: Query, *, confidential_access: bool) -> Where:
    """The condition that a list's parameters mean; a 400 for a value that can't be read.

    A null `updatedAt` matches no updated_at bound. Unknown parameters are ignored, as Lever does.
    """
    filters = FILTERS.get(resource, NO_FILTERS)
    clauses: list[str] = []
    params: list[Any] = []
    updated: list[str] = []
    updated_params: list[int] = []
    if filters.confidential:
        clauses += _confidentiality(query, access=confidential_access)
    if resource == "users" and not flag(query, "includeDeactivated"):
        clauses.append("deactivated IS NULL")
    for name, values in query.items():
        if name in filters.equal:
            clauses.append(f"{filters.equal[name]} IN ({_marks(values)})")
            params += values
        elif name in filters.through:
            clauses.append(filters.through[name].format(_marks(values)))
            params += values
        elif name in filters.true_false:
            condition = filters.true_false[name]
            clauses.append(condition if flag(query, name) else f"NOT ({condition})")
        elif name.endswith(("_start", "_end")):
            prefix, _, bound = name.rpartition("_")
            column = filters.ranges.get(prefix)
            if column is None:
                continue
            clause, instant = (
                f"{column} {'>=' if bound == 'start' else '<='} ?",
                milliseconds(name, values[-1]),
            )
            clauses.append(clause)
            params.append(instant)
            if column == "updated":
                updated.append(clause)
                updated_params.append(instant)
    return Where(tuple(clauses), tuple(params), tuple(updated), tuple(updated_params))


def _confidentiality(query: Query, *, access: bool) -> list[str]:
    # Lever's documentation: unless `confidentiality` says otherwise, lists hold no confidential records.
    wanted = set(query.get("confidentiality", ["non-confidential"]))
    if unknown := wanted - {"all", "confidential", "non-confidential"}:
        raise bad_request(f"confidentiality can't be {sorted(unknown)[0]!r}")
    if "all" in wanted:
        wanted = {"confidential", "non-confidential"}
    clauses = [] if access else ["confidentiality IS NOT 'confidential'"]
    if len(wanted) == 1:
        clauses.append(f"confidentiality IS {'NOT ' if 'non-confidential' in wanted else ''}'confidential'")
    return clauses


def _marks(values: list[str]) -> str:
    return ",".join("?" * len(values))


def flag(query: Query, name: str) -> bool:
    """A true/false parameter, false when absent; a 400 for anything else."""
    text = query.get(name, ["false"])[-1].lower()
    if text not in {"true", "false"}:
        raise bad_request(f"{name} must be true or false")
    return text == "true"


def milliseconds(name: str, text: str) -> int:
    """An instant in epoch milliseconds; a 400 for anything else."""
    try:
        return int(text)
    except ValueError as error:
        raise bad_request(f"{name} must be a timestamp in milliseconds") from error
