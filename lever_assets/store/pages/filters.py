"""The filters of each list: by which columns, and the condition that they come to.

What leads to few rows is written as a set of ids, so that both databases look these up: SQLite, which knows
no better, would go through the whole account in the order of the page.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Text, exists, func, literal, select, type_coerce

from lever_assets.store.dialects import among_these, elements_of
from lever_assets.store.folding import same_in_any_case
from lever_assets.store.pages.asked import Column
from lever_assets.store.pages.related import of_account
from lever_assets.store.tables import UNIFIED
from lever_assets.store.values import Texts, UtcDateTime, clean

Condition = Callable[[str, Any, bool], ColumnElement[bool]]
"""Of the dialect, the value that is asked for, and whether rows that are gone count."""


@dataclass(frozen=True)
class Filter:
    """A filter, and the columns without which it can't be answered.

    `is_set`: its condition is that the id is one of a set, which is to be looked up.
    """

    columns: tuple[Column, ...]
    condition: Condition
    is_set: bool = False


def _texts(values: Collection[str]) -> ColumnElement[Any]:
    return literal([clean(each) for each in values], Texts())


def _one_of(model: str, column: str) -> Filter:
    """Return the filter by one of several values that many rows have."""

    def condition(dialect: str, values: Collection[str], _deleted: bool) -> ColumnElement[bool]:
        return among_these(dialect, UNIFIED[model].c[column], _texts(values))

    return Filter(((model, column),), condition)


def _looked_up(model: str, column: str) -> Filter:
    """Return the filter by one of several values that few rows have."""

    def condition(dialect: str, values: Collection[str], _deleted: bool) -> ColumnElement[bool]:
        c = UNIFIED[model].alias().c
        return UNIFIED[model].c.id.in_(select(c.id).where(among_these(dialect, c[column], _texts(values))))

    return Filter(((model, column),), condition, is_set=True)


def _is(model: str, column: str) -> Filter:
    def condition(_dialect: str, value: str, _deleted: bool) -> ColumnElement[bool]:
        return UNIFIED[model].c[column] == clean(value)

    return Filter(((model, column),), condition)


def _created_since(model: str) -> Filter:
    """Return the filter by the day (UTC) on which Lever's record was made."""

    def condition(_dialect: str, value: date, _deleted: bool) -> ColumnElement[bool]:
        begin = datetime.combine(value, time(), UTC)
        return UNIFIED[model].c.remote_created_at >= literal(begin, UtcDateTime())

    return Filter(((model, "remote_created_at"),), condition)


def _named(model: str, column: str, *, inside: bool = False) -> Filter:
    """Return the filter by a text in any case; `inside`: it may stand anywhere in the column."""

    def condition(dialect: str, value: str, _deleted: bool) -> ColumnElement[bool]:
        return same_in_any_case(dialect, UNIFIED[model].c[column], clean(value), inside=inside)

    return Filter(((model, column),), condition)


def _addressed(model: str, column: str) -> Filter:
    def condition(dialect: str, values: Collection[str], _deleted: bool) -> ColumnElement[bool]:
        asked = [each.lower() for each in values]
        return among_these(dialect, func.lower(UNIFIED[model].c[column]), _texts(asked))

    return Filter(((model, column),), condition)


def _with_address(dialect: str, value: str, _deleted: bool) -> ColumnElement[bool]:
    """Return the condition that one of a candidate's addresses is this one, in any case."""
    c = UNIFIED["candidates"].alias().c
    listed, asked = c.email_addresses, clean(value).lower()
    if dialect == "postgresql":
        each = elements_of(listed).lateral()
        address = func.jsonb_extract_path_text(each.c.value, "email_address")
    else:
        each = func.json_each(type_coerce(listed, Text)).table_valued("value")
        address = func.json_extract(each.c.value, "$.email_address")
    has_it = exists(select(literal(1)).select_from(each).where(func.lower(address) == asked))
    return UNIFIED["candidates"].c.id.in_(select(c.id).where(of_account(dialect, c), has_it))


def _applied_to(dialect: str, values: Collection[str], deleted: bool) -> ColumnElement[bool]:
    """Return the condition that a candidate has an application to one of some jobs."""
    a = UNIFIED["applications"].c
    found = select(a.candidate_id).where(among_these(dialect, a.job_id, _texts(values)))
    return UNIFIED["candidates"].c.id.in_(found if deleted else found.where(a.remote_deleted_at.is_(None)))


def _for_jobs_of_lever(dialect: str, values: Collection[str], _deleted: bool) -> ColumnElement[bool]:
    """Return the condition that an application is to one of some jobs, by Lever's ids of these."""
    jobs, a = UNIFIED["jobs"].c, UNIFIED["applications"].alias().c
    named = select(jobs.id).where(among_these(dialect, jobs.remote_id, _texts(values)))
    return UNIFIED["applications"].c.id.in_(select(a.id).where(a.job_id.in_(named)))


def _held_for_jobs(dialect: str, values: Collection[str], _deleted: bool) -> ColumnElement[bool]:
    """Return the condition that an interview's application is to one of some jobs."""
    a, i = UNIFIED["applications"].c, UNIFIED["interviews"].alias().c
    applied = select(a.id).where(among_these(dialect, a.job_id, _texts(values)))
    return UNIFIED["interviews"].c.id.in_(select(i.id).where(i.application_id.in_(applied)))


def _of_all(model: str) -> dict[str, Filter]:
    return {"ids": _looked_up(model, "id"), "remote_ids": _looked_up(model, "remote_id")}


FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "jobs": {
        **_of_all("jobs"),
        "job_codes": _one_of("jobs", "job_code"),
        "post_url": _is("jobs", "post_url"),
        "statuses": _one_of("jobs", "status"),
        "status": _is("jobs", "status"),
        "employment_types": _one_of("jobs", "employment_type"),
        "visibilities": _one_of("jobs", "visibility"),
        "remote_created_after": _created_since("jobs"),
        "name_contains": _named("jobs", "name", inside=True),
    },
    "candidates": {
        **_of_all("candidates"),
        "email": Filter((("candidates", "email_addresses"),), _with_address, is_set=True),
        "job_ids": Filter((("applications", "job_id"),), _applied_to, is_set=True),
        "first_name": _named("candidates", "first_name"),
        "last_name": _named("candidates", "last_name"),
    },
    "applications": {
        **_of_all("applications"),
        "outcomes": _one_of("applications", "outcome"),
        "outcome": _is("applications", "outcome"),
        "job_ids": _looked_up("applications", "job_id"),
        "job_remote_ids": Filter((("jobs", "remote_id"),), _for_jobs_of_lever, is_set=True),
        "current_stage_ids": _looked_up("applications", "current_stage_id"),
        "remote_created_after": _created_since("applications"),
    },
    "users": {**_of_all("users"), "emails": _addressed("users", "email")},
    "roles": {**_of_all("roles"), "scopes": _one_of("roles", "scope")},
    "tags": _of_all("tags"),
    "interviews": {
        **_of_all("interviews"),
        "job_ids": Filter((("applications", "job_id"),), _held_for_jobs, is_set=True),
    },
    "offers": _of_all("offers"),
    "rejection_reasons": _of_all("rejection_reasons"),
    "application_stages": _of_all("application_stages"),
}
"""By list, and by the name of the filter."""
