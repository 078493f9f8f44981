"""Erasing what the ledger keeps of people: the input of an action, its answer, its warnings.

What keeps a write from being done twice stays: key, hash of the input, state, and ids in steps and answer. An
action that somebody is at work on is left for the next time.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    not_,
    or_,
    select,
    update,
)

from lever_assets.store.addresses import all_erased
from lever_assets.store.dialects import among, by_another_index, text_at
from lever_assets.store.erasure import ERASED
from lever_assets.store.tables import UNIFIED, action_ledger, created_records
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import REMOTE
from lever_assets.unified.models import JsonObject

_NAMED_BY: dict[str, str] = {"candidates": "candidate_id", "applications": "application_id"}
"""The field of an action's input that names a row of a model: our id, or `remote:` and Lever's."""
NAMING: tuple[str, ...] = tuple(_NAMED_BY.values())
IN_ACTIONS: tuple[str, ...] = tuple(_NAMED_BY)
"""The models whose rows actions are on."""
IDS = frozenset(
    {
        *("id", "remote_id", "type", "content_type", "results"),
        *("candidate", "applications", "job", "current_stage"),
    }
)
"""What of an answer tells nothing of a person, and the fields that lead there."""
_LIKE_AN_ID = re.compile(r"[A-Za-z0-9_:-]{1,100}")
"""What an upload is named by, for one, is not: its address may end in the name of the file."""

_c = action_ledger.c


@dataclass(frozen=True)
class ActionSubject:
    """A candidate or application that actions are on: our id, the raw record it was mapped from.

    `gone`: Lever has it no more, or what is personal of it was erased.
    """

    id: str
    source: str
    gone: bool


def erase_actions(tx: Transaction, model: str, row_ids: Collection[str]) -> int:
    """Erase the actions on these candidates or applications, and those that made them; return how many."""
    field = _NAMED_BY.get(model)
    if field is None or not row_ids:
        return 0
    rows, made = UNIFIED[model].c, created_records.c
    remote_ids = list(tx.sql.execute(select(rows.remote_id).where(among(tx.sql, rows.id, row_ids))).scalars())
    named = [*row_ids, *(f"{REMOTE}{each}" for each in remote_ids)]
    made_them = select(made.action_id).where(
        made.connection == tx.account, made.model == model, among(tx.sql, made.remote_id, remote_ids)
    )
    concerned = or_(among(tx.sql, text_at(tx.sql, _c.request, field), named), _c.id.in_(made_them))
    return _erase(tx, concerned)


def erase_actions_of_erased(tx: Transaction) -> int:
    """Erase the actions whose input has an address of somebody who was erased since; return how many."""
    erased = all_erased(tx)
    if not erased:
        return 0
    query = select(_c.id, _c.addresses, _c.created_at).where(
        _c.connection == tx.account, _c.erased_at.is_(None), _c.addresses.is_not(None)
    )
    over = [
        row.id
        for row in tx.sql.execute(query)
        if any(each in erased and erased[each] >= row.created_at for each in row.addresses)
    ]
    return _erase(tx, among(tx.sql, _c.id, over))


def erase_old_actions(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` actions that nobody has touched since an instant; return how many."""
    old = (
        select(_c.id)
        .where(
            _c.connection == tx.account, _c.updated_at <= before, _idle(tx.instant), _c.erased_at.is_(None)
        )
        .limit(limit)
    )
    return _erase(tx, among(tx.sql, _c.id, list(tx.sql.execute(old).scalars())))


def subjects_of_actions(tx: Transaction, model: str) -> list[ActionSubject]:
    """Return the candidates or applications that actions are on, or made, which are not erased yet."""
    rows, made = UNIFIED[model].c, created_records.c
    kept = and_(_c.connection == tx.account, _c.erased_at.is_(None))
    named = select(text_at(tx.sql, _c.request, _NAMED_BY[model])).where(kept).distinct()
    made_by_one = (
        select(made.remote_id)
        .join(action_ledger, _c.id == made.action_id)
        .where(kept, made.connection == tx.account, made.model == model)
    )
    ids = {each for each in tx.sql.execute(named).scalars() if each is not None}
    theirs = {each.removeprefix(REMOTE) for each in ids if each.startswith(REMOTE)}
    theirs.update(tx.sql.execute(made_by_one).scalars())
    if not (ids or theirs):
        return []
    these = or_(among(tx.sql, rows.id, ids), among(tx.sql, rows.remote_id, theirs))
    return _subjects(tx, model, these)


def subjects_named(tx: Transaction, model: str, ids: Collection[str]) -> list[ActionSubject]:
    """Return the candidates or applications that have one of these ids, ours or Lever's."""
    rows = UNIFIED[model].c
    these = or_(among(tx.sql, rows.id, ids), among(tx.sql, rows.remote_id, ids))
    return _subjects(tx, model, these)


def runs_of_erased(tx: Transaction) -> set[str]:
    """Return the runs in Dagster that took up last, as far as is known, actions that were erased."""
    query = select(_c.run_id).where(
        _c.connection == tx.account, _c.erased_at.is_not(None), _c.run_id.is_not(None)
    )
    return {run_id for run_id in tx.sql.execute(query).scalars() if run_id is not None}


def is_erased(tx: Transaction, action_id: str) -> bool:
    """Tell whether an action was erased."""
    query = select(_c.id).where(_c.connection == tx.account, _c.id == action_id, _c.erased_at.is_not(None))
    return tx.sql.execute(query).first() is not None


def forget_run_ids(tx: Transaction, *, erased_by: datetime, but: Collection[str]) -> None:
    """Keep of actions that were erased by an instant that their runs are no more, `but` for these."""
    over = and_(_c.connection == tx.account, _c.erased_at <= erased_by, _c.run_id.is_not(None))
    tx.sql.execute(update(action_ledger).where(over, not_(among(tx.sql, _c.run_id, but))).values(run_id=None))


def _subjects(tx: Transaction, model: str, these: ColumnElement[bool]) -> list[ActionSubject]:
    c = UNIFIED[model].c
    gone = and_(c.remote_deleted_at.is_not(None), c.left_out.is_(None))
    query = select(c.id, c.source_key, or_(gone, c.content_hash == ERASED)).where(
        by_another_index(tx.sql, c.connection) == tx.account, these
    )
    return [ActionSubject(row[0], row[1], bool(row[2])) for row in tx.sql.execute(query)]


def _erase(tx: Transaction, concerned: ColumnElement[bool]) -> int:
    mine = and_(_c.connection == tx.account, _idle(tx.instant), _c.erased_at.is_(None), concerned)
    query = select(_c.id, _c.steps, _c.answer).where(mine)
    due = tx.sql.execute(query.with_for_update(skip_locked=True)).all()
    if not due:
        return 0
    tx.sql.execute(
        update(action_ledger)
        .where(_c.id == bindparam("own"))
        .values(
            request={},
            addresses=None,
            warnings=[],
            erased_at=tx.instant,
            steps=bindparam("plain_steps"),
            answer=bindparam("plain_answer"),
        ),
        [
            {
                "own": row.id,
                "plain_steps": [_plain_step(each) for each in row.steps],
                "plain_answer": _plain_answer(row.answer),
            }
            for row in due
        ],
    )
    return len(due)


def _idle(now: datetime) -> ColumnElement[bool]:
    return or_(_c.owner.is_(None), _c.lease_until.is_(None), _c.lease_until <= now)


def _plain_step(step: JsonObject) -> JsonObject:
    plain = dict(step)
    for name in plain.keys() & {"before", "kept"}:
        plain[name] = _like_ids(plain[name])
    return {**plain, "error": None} if "error" in plain else plain


def _like_ids(value: JsonValue) -> JsonValue:
    """Return what Lever gave, with null in place of texts that are no ids."""
    if isinstance(value, list):
        return [_like_ids(each) for each in value]
    if isinstance(value, dict):
        return {name: _like_ids(each) for name, each in value.items()}
    return value if not isinstance(value, str) or _LIKE_AN_ID.fullmatch(value) else None


def _plain_answer(answer: JsonObject | None) -> JsonObject | None:
    """Return the ids of an answer that told what was done; None when there are none."""
    data = only_ids((answer or {}).get("data"))
    return {"data": data, "error": None} if data else None


def only_ids(data: JsonValue) -> JsonValue:
    """Return what of an answer's data tells nothing of a person."""
    if isinstance(data, list):
        return [only_ids(each) for each in data]
    if not isinstance(data, dict):
        return data
    return {name: only_ids(value) for name, value in data.items() if name in IDS}
