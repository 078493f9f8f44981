"""What recruiters do with an opportunity: move it, archive it, tag it. Each act moves updatedAt."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson

from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.existing import must_exist, stage_index
from lever_assets.sandbox.schema import Record


def work_on(changes: Changes, ident: str, edit: Callable[[Record, int], None]) -> Record:
    """Let `edit` alter the opportunity at an instant that becomes its updatedAt."""

    def act(record: Record) -> None:
        at = changes.now()
        record["updatedAt"] = record["lastInteractionAt"] = at
        edit(record, at)

    return changes.change("opportunities", ident, act)


def note_work(changes: Changes, ident: str) -> Record:
    """Something that hangs on the opportunity changed."""
    return work_on(changes, ident, lambda _record, _at: None)


def move(changes: Changes, ident: str, stage: str, user: str | None) -> Record:
    """Put it in a stage; a 400 for one that there isn't. Moved to where it is, nothing changes."""
    must_exist(changes.account, "stages", stage, field="stage")
    index = stage_index(changes.account, stage)

    def act(record: Record, at: int) -> None:
        record["stage"] = stage
        record["lastAdvancedAt"] = at
        step = {"toStageId": stage, "toStageIndex": index, "updatedAt": at}
        record["stageChanges"] = [*record["stageChanges"], step | ({"userId": user} if user else {})]

    with changes.account.lock:
        record = changes.account.record("opportunities", ident)
        if record is not None and record["stage"] == stage:
            return record
        return work_on(changes, ident, act)


def archive(
    changes: Changes,
    ident: str,
    reason: str | None,
    *,
    clean_interviews: bool = False,
    requisition: str | None = None,
) -> Record:
    """Archive it and its application for a reason; None brings both back. A 400 for unknown ids."""
    account = changes.account
    if reason is not None:
        must_exist(account, "archive_reasons", reason, field="reason")
    hired_for = _hired_for(changes, requisition)

    def act(record: Record, at: int) -> None:
        record["archived"] = None if reason is None else {"reason": reason, "archivedAt": at}

    with account.lock:
        record = work_on(changes, ident, act)
        for body in account.children("applications", ident):
            application = orjson.loads(body)
            application["archived"] = record["archived"]
            if reason is None or hired_for is not None:
                application["requisitionForHire"] = hired_for
            account.replace("applications", application["id"], application)
        if clean_interviews and reason is not None:
            _cancel_pending_interviews(changes, ident)
    return record


def _hired_for(changes: Changes, requisition: str | None) -> Record | None:
    if requisition is None:
        return None
    found = must_exist(changes.account, "requisitions", requisition, field="requisitionId")
    return {
        "id": requisition,
        "requisitionCode": found["requisitionCode"],
        "hiringManagerOnHire": found["hiringManager"],
    }


def _cancel_pending_interviews(changes: Changes, ident: str) -> None:
    now = changes.clock.read()
    for body in changes.account.children("interviews", ident):
        interview = orjson.loads(body)
        if interview["date"] > now:
            changes.remove("interviews", interview["id"])


def add_to(changes: Changes, ident: str, field: str, values: Iterable[str]) -> Record:
    """Add to its tags, sources or links what is not there yet."""

    def act(record: Record, _at: int) -> None:
        record[field] = list(dict.fromkeys([*record[field], *values]))

    return work_on(changes, ident, act)


def remove_from(changes: Changes, ident: str, field: str, values: Iterable[str]) -> Record:
    """Take from its tags, sources or links; what is absent is no fault."""
    unwanted = set(values)

    def act(record: Record, _at: int) -> None:
        record[field] = [value for value in record[field] if value not in unwanted]

    return work_on(changes, ident, act)
