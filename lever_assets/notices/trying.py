"""A notice that tells of nothing, to see whether a target takes it."""

from secrets import token_hex

from lever_assets.notices.delivering import Outcome, send_one
from lever_assets.notices.destinations import LOCKED, destination
from lever_assets.notices.enqueueing import integration_of
from lever_assets.notices.keeping import TargetError
from lever_assets.notices.wording import body
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store
from lever_assets.sync.targets import Target, targets


def try_out(store: Store, settings: Settings, name: str) -> Outcome:
    """Send a notice of the account of `settings` that no table changed, at once and once; say how that ended.

    It is signed as all others, and is in no log. `name` is a target's, or the host of a URL of
    LEVER_NOTICE_URLS. Raises TargetError if there is none, StoreError.
    """
    with store.reading(settings.connection) as tx:
        found, integration, now = targets(tx, settings), integration_of(tx), tx.instant
    where = destination(settings, _named(found, name), now)
    if where is None:
        return Outcome(None, LOCKED)
    return send_one(where, body(token_hex(12), NoticeType.DATA_CHANGED, integration.data_changed([])))


def _named(found: list[Target], name: str) -> Target:
    for each in found:
        if name == (each.called if each.stored is None else each.stored.name):
            return each
    raise TargetError(f"there is no target {name[:60]!r}: see `lever-assets notices list`")
