"""Erasing the personal data of what is gone in Lever, after the time that the settings give it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.store.erasure import erase_payloads, erase_rows
from lever_assets.sync.session import Session, now
from lever_assets.unified.personal import PERSONAL, RAW_RESOURCES

_AT_ONCE = 500


@dataclass(frozen=True)
class ErasureReport:
    """How much was erased: rows by model, payloads by resource; empty when nothing was due."""

    rows: dict[str, int]
    payloads: dict[str, int]


def erase_due(session: Session) -> ErasureReport:
    """Erase what has been gone for longer than LEVER_RETENTION_DAYS; a second time there is nothing to do.

    In short transactions, so that it may be stopped at any time and never holds up a sync.
    """
    days = session.settings.retention
    if days is None:
        return ErasureReport({}, {})
    moment = now()
    before = moment - timedelta(days=days)
    rows = {model: _rows(session, model, before=before, moment=moment) for model in PERSONAL}
    payloads = {resource: _payloads(session, resource, before=before) for resource in RAW_RESOURCES}
    return ErasureReport(
        {model: count for model, count in rows.items() if count},
        {resource: count for resource, count in payloads.items() if count},
    )


def _rows(session: Session, model: str, *, before: datetime, moment: datetime) -> int:
    erased = 0
    while True:
        with session.store.writing() as conn:
            count = erase_rows(
                conn,
                session.name,
                model,
                PERSONAL[model],
                gone_before=before,
                now=moment,
                limit=_AT_ONCE,
                history=session.history,
            )
        erased += count
        if count < _AT_ONCE:
            return erased


def _payloads(session: Session, resource: str, *, before: datetime) -> int:
    erased = 0
    while True:
        with session.store.writing() as conn:
            count = erase_payloads(conn, session.name, resource, gone_before=before, limit=_AT_ONCE)
        erased += count
        if count < _AT_ONCE:
            return erased
