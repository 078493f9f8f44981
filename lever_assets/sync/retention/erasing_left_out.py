"""Erasing what the settings left out, long ago: but nobody who is in a live application."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from lever_assets.store import raw
from lever_assets.store.action_erasure import erase_actions
from lever_assets.store.erasure import erase_payloads_of, erase_rows, rows_of
from lever_assets.store.left_out import LeftOut, in_play, left_out_before
from lever_assets.sync.map.derivations import DERIVATIONS
from lever_assets.sync.policy.limit import CANDIDACY, LIMITED
from lever_assets.sync.resources import BY_NAME, RESOURCES
from lever_assets.sync.session import Session, now
from lever_assets.unified.personal import ERASABLE, erased_columns

_AT_ONCE = 500


def erase_left_out(session: Session, before: datetime) -> tuple[Counter[str], Counter[str]]:
    """Erase what was left out before an instant; return how many rows by model and payloads by resource.

    A person is in play while any of their opportunities is open: nothing of theirs is erased then. What is
    stored decides. Each transaction is short.
    """
    rows, payloads = Counter[str](), Counter[str]()
    people: set[str] | None = None
    for found in _batches(session, before):
        ended = [each for each in found if not each.open]
        if ended and people is None:
            with session.store.reading() as conn:
                people = in_play(conn, session.name, LIMITED, CANDIDACY)
        over = [each.remote_id for each in ended if each.person not in (people or ())]
        with session.store.writing() as conn:
            _erase(conn, session, over, rows, payloads)
    return rows, payloads


def _batches(session: Session, before: datetime) -> Iterator[list[LeftOut]]:
    after = ""
    while True:
        with session.store.reading() as conn:
            found = left_out_before(
                conn, session.name, LIMITED, CANDIDACY, before=before, after=after, limit=_AT_ONCE
            )
        yield found
        if len(found) < _AT_ONCE:
            return
        after = found[-1].remote_id


def _erase(
    conn: Connection,
    session: Session,
    opportunities: Sequence[str],
    rows: Counter[str],
    payloads: Counter[str],
) -> None:
    """Erase these opportunities and all that hangs on them, rows before what they were mapped from."""
    name = session.name
    sources = {LIMITED: opportunities}
    for resource in RESOURCES:
        if resource.parent == LIMITED:
            sources[resource.name] = raw.ids_below(conn, name, resource.name, opportunities)
    for model in ERASABLE:
        mapped_from = sources.get(DERIVATIONS[model].driver)
        if mapped_from:
            moment, due = now(), rows_of(conn, name, model, mapped_from)
            erase_actions(conn, name, model, due, now=moment)
            rows[model] += erase_rows(
                conn, name, model, due, erased_columns(model), now=moment, history=session.history
            )
    for resource_name, ids in sources.items():
        field = BY_NAME[resource_name].id_field
        payloads[resource_name] += erase_payloads_of(conn, name, resource_name, field, ids)
