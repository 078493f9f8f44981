"""Putting notices into the outbox: one for each URL that does not know yet what has changed."""

from hashlib import sha256
from uuid import uuid4

from lever_assets.notices.wording import data_changed
from lever_assets.settings import Settings
from lever_assets.store import Store, outbox
from lever_assets.store.accounts import named_at_first
from lever_assets.store.changes import change_marks
from lever_assets.store.outbox import Notice, State
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import MODELS
from lever_assets.unified.ids import unified_id


def enqueue(store: Store, settings: Settings) -> int:
    """Put a notice for each URL of `LEVER_NOTICE_URLS` into the outbox if there is news; returns how many.

    News is every table that changed since the last notice that this URL took: call it at the end of a sync,
    or whenever. A URL that never took any is told of every table that holds data. What is still waiting for
    a URL is replaced by a notice that says that and the news. Asks nothing of anybody; raises StoreError.
    """
    if not settings.notice_targets:
        return 0
    with store.writing(settings.connection) as tx:
        marks = change_marks(tx)
        return sum(_enqueue(tx, target_of(url), marks) for url in settings.notice_targets)


def target_of(url: str) -> str:
    """Return what stands for a URL in the outbox: a hash, since the URL may hold a secret."""
    return sha256(url.encode()).hexdigest()[:24]


def _enqueue(tx: Transaction, target: str, marks: dict[str, str]) -> bool:
    before = outbox.last(tx, target)
    if before is not None and before.marks == marks:
        return False
    taken = outbox.last(tx, target, State.DELIVERED)
    known = {} if taken is None else taken.marks
    changed = [model.name for model in MODELS if marks.get(model.name) != known.get(model.name)]
    if not changed:
        return False
    waiting = outbox.last(tx, target, State.PENDING)
    notice_id = unified_id(tx.account, "notices", uuid4().hex)
    notice = Notice(
        id=notice_id,
        connection=tx.account,
        target=target,
        models=changed,
        marks=marks,
        body=data_changed(notice_id, named_at_first(tx), changed),
        # A URL that is out of order is not tried more often because much changes.
        attempts=0 if waiting is None else waiting.attempts,
        due_at=tx.instant if waiting is None else waiting.due_at,
    )
    return outbox.put(tx, notice)
