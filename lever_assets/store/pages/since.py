"""Which rows changed since an instant, themselves or in what belongs to them: unions of sets of ids.

Which changes count is as the unified API documents it for each list (`updated_after`): mostly that something
was added to a row or taken from it, for some also that what belongs to it changed itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from lever_assets.store.dialects import by_another_index_of
from lever_assets.store.pages.related import of_account
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime

SINCE = bindparam("since", type_=UtcDateTime())
_MANY = 20_000
"""From so many changes on it is quicker to look at each row of the list than to gather all ids."""
_INSTANTS = ("changed_at", "remote_deleted_at")


@dataclass(frozen=True)
class _Below:
    """Rows of `model` lead to those that their `column` refers to; `via`: those count that they refer to."""

    model: str
    column: str
    via: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Above:
    """Rows of `model` lead to those whose `column` refers to them."""

    model: str
    column: str


_COUNTING: dict[str, tuple[_Below | _Above, ...]] = {
    "jobs": (
        _Below("job_application_stages", "job_id"),
        _Below("job_screening_questions", "job_id"),
        _Below("job_screening_questions", "job_id", via=("question_id", "screening_questions")),
        _Below("job_postings", "job_id"),
        _Below("job_hiring_team_members", "job_id"),
    ),
    "candidates": (_Below("applications", "candidate_id"), _Below("candidate_tags", "candidate_id")),
    "applications": (
        _Above("candidates", "candidate_id"),
        _Below("interviews", "application_id"),
        _Below("offers", "application_id"),
    ),
    "users": (_Below("user_roles", "user_id"), _Below("user_roles", "user_id", via=("role_id", "roles"))),
    "interviews": (
        _Below("interviewing_team_members", "interview_id"),
        _Above("applications", "application_id"),
    ),
    "offers": (_Above("applications", "application_id"),),
}
"""Beside the row itself, of each list."""


def changed_since(tx: Transaction, model: str, since: Any) -> tuple[ColumnElement[bool], bool]:
    """Return the condition that a row of a list changed since an instant; `SINCE` is its parameter.

    And whether it is one by a set of ids, which is to be looked up.
    """
    dialect = tx.sql.dialect.name
    if _are_many(tx, model, since):
        return or_(*_row_by_row(dialect, model)), False
    gathered = union_all(*_ids(dialect, model)).subquery()
    return UNIFIED[model].c.id.in_(select(gathered.c[0])), True


def _are_many(tx: Transaction, model: str, since: Any) -> bool:
    looked_at = {model, *(each.model for each in _COUNTING.get(model, ()))}
    counts = []
    for each in sorted(looked_at):
        c = UNIFIED[each].c
        some = (
            select(literal(1))
            .where(c.changed_at >= SINCE, of_account(tx.sql.dialect.name, c))
            .limit(_MANY)
            .subquery()
        )
        counts.append(select(func.count()).select_from(some).scalar_subquery())
    total = counts[0]
    for each_count in counts[1:]:
        total = total + each_count  # type: ignore[assignment]  # a sum of numbers is one
    found = tx.sql.execute(select(total), {"of": tx.account, "since": since}).scalar_one()
    return int(found) >= _MANY


def _ids(dialect: str, model: str) -> Iterator[Select[Any]]:
    own = UNIFIED[model].c
    for instant in _INSTANTS:
        yield select(own.id).where(own[instant] >= SINCE, of_account(dialect, own))
    for each in _COUNTING.get(model, ()):
        for instant in _INSTANTS:
            yield _ids_by(dialect, model, each, instant)


def _ids_by(dialect: str, model: str, by: _Below | _Above, instant: str) -> Select[Any]:
    c, own = UNIFIED[by.model].c, UNIFIED[model].c
    if isinstance(by, _Above):
        changed = select(c.id).where(c[instant] >= SINCE, of_account(dialect, c))
        return select(own.id).where(own[by.column].in_(changed))
    if by.via is None:
        return select(c[by.column]).where(c[instant] >= SINCE, of_account(dialect, c))
    column, linked = by.via
    to = UNIFIED[linked].c
    changed = select(to.id).where(to[instant] >= SINCE, of_account(dialect, to))
    return select(c[by.column]).where(c[column].in_(changed))


def _row_by_row(dialect: str, model: str) -> Iterator[ColumnElement[bool]]:
    """Yield the same as conditions on a row; what belongs to it is found by the reference."""
    own = UNIFIED[model].c
    yield _is_since(dialect, own)
    for each in _COUNTING.get(model, ()):
        other = UNIFIED[each.model].alias()
        if isinstance(each, _Above):
            joined: tuple[ColumnElement[bool], ...] = (other.c.id == own[each.column],)
            yield exists().where(*joined, _is_since(dialect, other.c))
        elif each.via is None:
            yield exists().where(other.c[each.column] == own.id, _is_since(dialect, other.c))
        else:
            column, linked = each.via
            to = UNIFIED[linked].alias()
            yield exists().where(
                other.c[each.column] == own.id, to.c.id == other.c[column], _is_since(dialect, to.c)
            )


def _is_since(dialect: str, c: Any) -> ColumnElement[bool]:
    return or_(*(by_another_index_of(dialect, c[instant]) >= SINCE for instant in _INSTANTS))
