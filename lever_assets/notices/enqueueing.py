"""Putting notices into the outbox: of changed data one for each target that does not know; others each."""

from uuid import uuid4

from lever_assets.connect.known import account_of
from lever_assets.notices.wording import Fields, Integration, api_state, body, setup_status
from lever_assets.settings import NoticeType, Settings, SettingsError
from lever_assets.store import BusyError, Store, outbox
from lever_assets.store.accounts import named_at_first, stored_account
from lever_assets.store.changes import change_marks
from lever_assets.store.outbox import Notice, State
from lever_assets.store.transaction import Transaction
from lever_assets.sync.standing import KEPT, Change, Kept, is_news, keep_standing, standing_now
from lever_assets.sync.targets import Target, wanting
from lever_assets.unified.catalogue import ALL_MODELS, MODELS
from lever_assets.unified.ids import unified_id

_LOCK_SECONDS = 5.0


def enqueue(store: Store, settings: Settings) -> int:
    """Put a notice for each target into the outbox if there is news for it; returns how many.

    News is a change of how the connection stands, and every table that changed since the last notice of that
    which this target took: call it at the end of a sync, or whenever. One that never took any is told of all
    tables that hold data. What is still waiting for one of changed tables is replaced by a notice that says
    that and the news. How the connection stands is kept, whether or not anybody is to be told. Asks nothing
    of anybody; raises StoreError.
    """
    told = _tell_standing(store, settings)
    with store.reading(settings.connection) as tx:
        some = wanting(tx, settings, NoticeType.DATA_CHANGED)
    if not some:
        return told
    with store.writing(settings.connection) as tx:
        marks, integration = change_marks(tx), integration_of(tx)
        return told + sum(_enqueue(tx, each, marks, integration) for each in some)


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
    """Put a notice into the outbox for each target that is to be told of such things; returns how many.

    `once` names what it is about: one for which there is a notice of that type about it gets no other.
    `about` is the assessment order that it tells of: what it says is forgotten when it was sent.
    """
    told = 0
    for each in wanting(tx, settings, of):
        told_once = f"{of} {once} {each.target}"
        notice_id = _fresh_id(tx) if once is None else unified_id(tx.account, "notices", told_once)
        if once is not None and outbox.has(tx, each.target, notice_id):
            continue
        notice = Notice(
            id=notice_id,
            connection=tx.account,
            target=each.target,
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


def tell_flow_failed(tx: Transaction, settings: Settings, of: Integration, log_url: str) -> int:
    """Put into the outbox that somebody could not connect an account; returns how many notices."""
    return put_notice(tx, settings, NoticeType.FLOW_FAILED, of.flow_failed(log_url))


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


def _enqueue(tx: Transaction, told: Target, marks: dict[str, str], integration: Integration) -> bool:
    target = told.target
    before = outbox.last(tx, target)
    if before is not None and before.marks == marks:
        return False
    taken = outbox.last(tx, target, State.DELIVERED)
    known = {} if taken is None else taken.marks
    # A client with a closed list of names refuses a notice that has one of the others.
    names = [each.name for each in (ALL_MODELS if told.extra_models else MODELS)]
    changed = [name for name in names if marks.get(name) != known.get(name)]
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
