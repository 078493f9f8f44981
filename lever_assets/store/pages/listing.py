"""A page of a list: its rows by key, and what belongs to them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import BindParameter, ColumnElement, bindparam, select

from lever_assets.store import chosen_fields
from lever_assets.store.dialects import OF, by_another_index_of
from lever_assets.store.pages import applications, candidates, extra, interviews, jobs, offers, small, users
from lever_assets.store.pages.asked import Asked, Page
from lever_assets.store.pages.filters import FILTERS
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.since import changed_since
from lever_assets.store.pages.wire import Odd, Part, without
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import clean
from lever_assets.unified.catalogue import BY_NAME

_AFTER: BindParameter[str] = bindparam("after")
_SIZE: BindParameter[int] = bindparam("size")
_FIELDS = "integration_fields"


@dataclass(frozen=True)
class _List:
    """What is shown of each row, and what adds to the rows what belongs to them."""

    part: Part
    complete: Callable[[Related, list[Row]], None]


def _alone(_related: Related, _rows: list[Row]) -> None:
    """Nothing belongs to these."""


LISTS: Mapping[str, _List] = {
    "jobs": _List(jobs.JOB, jobs.complete),
    "candidates": _List(candidates.CANDIDATE, candidates.complete),
    "applications": _List(applications.APPLICATION, applications.complete),
    "users": _List(users.USER, users.complete),
    "roles": _List(small.ROLE, _alone),
    "tags": _List(small.TAG, _alone),
    "interviews": _List(interviews.INTERVIEW, interviews.complete),
    "offers": _List(offers.OFFER, offers.complete),
    "rejection_reasons": _List(small.REJECTION_REASON, _alone),
    "application_stages": _List(small.APPLICATION_STAGE, _alone),
    "notes": _List(extra.NOTE, extra.complete_notes),
    "scorecards": _List(extra.SCORECARD, extra.complete_scorecards),
    "attachments": _List(extra.ATTACHMENT, _alone),
}
"""By the name of their model."""


def page_of(tx: Transaction, model: str, asked: Asked) -> Page:
    """Return a page of one of `LISTS`: of the account's rows, in the order of `id`."""
    odd: Odd = Counter()
    wanted = _wanted(tx, model, asked)
    if wanted is None:
        return Page([], None, odd)
    listed = LISTS[model]
    part = listed.part
    if not asked.remote_data:
        part = replace(part, hidden=part.hidden | {"remote_data"})
    if asked.ours:
        part = replace(part, names=(*part.names, *BY_NAME[model].ours))
    part, fields = _with_fields(tx, part)
    dialect, c = tx.sql.dialect.name, UNIFIED[model].c
    behind = by_another_index_of(dialect, c.id) if wanted.is_set else c.id
    query = select(*part.selected(dialect)).where(c.connection == OF, behind > _AFTER, *wanted.conditions)
    given = {"of": tx.account, "after": clean(asked.after), "size": asked.size + 1}
    if asked.updated_after is not None:
        given["since"] = asked.updated_after
    found = tx.sql.execute(query.order_by(c.id).limit(_SIZE), given).all()
    rows = list(map(part.reader(dialect, odd), found[: asked.size]))
    last = rows[-1]["id"] if len(found) > asked.size else None
    if part.required:
        rows = [row for row in rows if _is_whole(part, row, odd)]
    for row in rows if fields else ():
        row[_FIELDS] = [each for each in row[_FIELDS] or () if each["key"] in fields]
    listed.complete(Related(tx, odd), rows)
    return Page(rows, last, odd)


def _with_fields(tx: Transaction, part: Part) -> tuple[Part, frozenset[str]]:
    """Return a part that shows those of Lever's further fields that are switched on, and their keys."""
    if _FIELDS not in part.shown:
        return part, frozenset()
    fields = chosen_fields.shown(tx).get(part.model, frozenset())
    if not fields:  # so it is mostly, and then nothing has to be read of them
        return replace(part, hidden=part.hidden | {_FIELDS}), fields
    return replace(part, read=part.read | {_FIELDS}), fields


def _is_whole(part: Part, row: Row, odd: Odd) -> bool:
    lacking = [name for name in ("remote_id", *part.also) if row[name] is None]
    for name in lacking[:1]:
        without(name, part.model, odd)
    return not lacking


@dataclass
class _Wanted:
    """The conditions on rows; `is_set`: one is that the id is of a set, so SQLite is to look these up."""

    conditions: list[ColumnElement[bool]]
    is_set: bool = False


def _wanted(tx: Transaction, model: str, asked: Asked) -> _Wanted | None:
    """Return which rows are wanted; None: none can be, since a filter has nothing to go by."""
    wanted = _Wanted([] if asked.deleted else [UNIFIED[model].c.remote_deleted_at.is_(None)])
    for name, value in asked.filters.items():
        chosen = FILTERS[model][name]
        if asked.excluded.isdisjoint(chosen.columns):
            wanted.conditions.append(chosen.condition(tx.sql.dialect.name, value, asked.deleted))
            wanted.is_set |= chosen.is_set
        elif not asked.ignoring_unsupported:
            return None
    if asked.updated_after is not None:
        condition, is_set = changed_since(tx, model, asked.updated_after)
        wanted.conditions.append(condition)
        wanted.is_set |= is_set
    return wanted
