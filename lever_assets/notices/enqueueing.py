"""Putting notices into the outbox: of changed data one for each URL that does not know yet; others each."""

from uuid import uuid4

from lever_assets.connect.known import account_of
from lever_assets.notices.wording import Fields, Integration, api_state, body, setup_status
from lever_assets.settings import NoticeType, Settings, SettingsError
from lever_assets.store import BusyError, Store, outbox
from lever_assets.store.accounts import named_at_first, stored_account
from lever_assets.store.changes import change_marks
from lever_assets.store.outbox import Notice, State, target_of
from lever_assets.store.transaction import Transaction
from lever_assets.sync.standing import KEPT, Change, Kept, is_news, keep_standing, standing_now
from lever_assets.unified.catalogue import MODELS
from lever_assets.unified.ids import unified_id

_LOCK_SECONDS = 5.0


def enqueue(store: Store, settings: Settings) -> int:
    """Put a notice for each URL of `LEVER_NOTICE_URLS` into the outbox if there is news; returns how many.

    News is a change of how the connection stands, and every table that changed since the last notice of that
    which this URL took: call it at the end of a sync, or whenever. A URL that never took any is told of every
    table that holds data. What is still waiting for a URL of changed tables is replaced by a notice that says
    that and the news. How the connection stands is kept, whether or not a URL is to be told. Asks nothing of
    anybody; raises StoreError.
    """
    told = _tell_standing(store, settings)
    if not settings.tells(NoticeType.DATA_CHANGED):
        return told
    with store.writing(settings.connection) as tx:
        marks, integration = change_marks(tx), integration_of(tx)
        return told + sum(_enqueue(tx, target_of(url), marks, integration) for url in settings.notice_targets)


def integration_of(tx: Transaction) -> Integration:
    """Return the transaction's account as notices tell of it."""
    row = stored_account(tx)
    if row is None:
        return Integration(named_at_first(tx), tx.account)
    return Integration(row.named_at_first, row.organization_name or row.connection, row.email, row.origin_id)


def put_notice(
    tx: Transaction,
    settings: Settings,
    of: NoticeType,
    data: Fields,
    *,
    once: str | None = None,
    about: str | None = None,
) -> int:
    """Put a notice into the outbox for each URL, if they are to be told of such things; returns how many.

    `once` names what it is about: a URL for which there is a notice of that type about it gets no other.
    `about` is the assessment order that it tells of: what it says is forgotten when it was sent.
    """
    if not settings.tells(of):
        return 0
    told = 0
    for url in settings.notice_targets:
        told_once = f"{of} {once} {target_of(url)}"
        notice_id = _fresh_id(tx) if once is None else unified_id(tx.account, "notices", told_once)
        if once is not None and outbox.has(tx, target_of(url), notice_id):
            continue
        notice = Notice(
            id=notice_id,
            connection=tx.account,
            target=target_of(url),
            models=[],
            marks={},
            body=body(notice_id, of, data),
            attempts=0,
            due_at=tx.instant,
            type=of.value,
            about=about,
        )
        told += outbox.add(tx, notice)
    return told


def take_leave(tx: Transaction, settings: Settings, of: Integration) -> None:
    """Put into the outbox that a connection was removed, and forget how it stood: one of its name is new."""
    KEPT.forget(tx)
    put_notice(tx, settings, NoticeType.DELETED, of.deleted(tx.instant))


def _tell_standing(store: Store, settings: Settings) -> int:
    """Keep how a connection stands, and put a notice of each change of that into the outbox."""
    try:
        account, own = account_of(store, settings)
    except SettingsError:  # whoever syncs it is told; what changed in the tables is news all the same
        return 0
    with store.reading(account.name) as tx:
        if not is_news(tx, standing_now(tx, account, own)):
            return 0
    try:
        # One after the other: two that find the same change would both tell it.
        with store.exclusive(f"{account.name} standing", _LOCK_SECONDS), store.writing(account.name) as tx:
            change = keep_standing(tx, standing_now(tx, account, own))
            return 0 if change is None else _tell(tx, settings, change)
    except BusyError:
        return 0  # somebody else is telling it


def _tell(tx: Transaction, settings: Settings, change: Change) -> int:
    integration, before, now = integration_of(tx), change.before, change.now
    told = 0
    if before is None:
        told += put_notice(tx, settings, NoticeType.CREATED, integration.created())
    as_told = None if before is None else _in_api(before)
    as_is = _in_api(now)
    if before is not None and as_told != as_is:
        data = integration.state_changed(*as_is, tx.instant)
        told += put_notice(tx, settings, NoticeType.STATE_CHANGED, data)
    for issue in change.raised:
        data = integration.issue_changed(issue, None)
        told += put_notice(tx, settings, NoticeType.ISSUE_CHANGED, data)
    for issue in change.resolved:
        data = integration.issue_changed(issue, tx.instant)
        told += put_notice(tx, settings, NoticeType.ISSUE_CHANGED, data)
    return told


def _in_api(kept: Kept) -> tuple[str, str]:
    return api_state(kept.state), setup_status(kept.state, was_read=kept.was_read)


def _enqueue(tx: Transaction, target: str, marks: dict[str, str], integration: Integration) -> bool:
    before = outbox.last(tx, target)
    if before is not None and before.marks == marks:
        return False
    taken = outbox.last(tx, target, State.DELIVERED)
    known = {} if taken is None else taken.marks
    changed = [model.name for model in MODELS if marks.get(model.name) != known.get(model.name)]
    if not changed:
        return False
    waiting = outbox.last(tx, target, State.PENDING)
    notice_id = _fresh_id(tx)
    notice = Notice(
        id=notice_id,
        connection=tx.account,
        target=target,
        models=changed,
        marks=marks,
        body=body(notice_id, NoticeType.DATA_CHANGED, integration.data_changed(changed)),
        # A URL that is out of order is not tried more often because much changes.
        attempts=0 if waiting is None else waiting.attempts,
        due_at=tx.instant if waiting is None else waiting.due_at,
    )
    return outbox.put(tx, notice)


def _fresh_id(tx: Transaction) -> str:
    return unified_id(tx.account, "notices", uuid4().hex)
