"""Whether Lever's events are silent although things happen of which it sends some.

What happens is known from what was read: in an account in which nothing happens no event is missed. Which
events there are: Lever Data API documentation, Webhooks.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import JsonValue

from lever_assets.connect.states import Issue, IssueKind
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.lever.resources import APPLICATIONS, BY_NAME, OPPORTUNITIES
from lever_assets.store import inbox, raw
from lever_assets.store.secrets import WEBHOOKS, secrets_kept_at
from lever_assets.store.transaction import Transaction

_WAIT = timedelta(hours=24)
"""So long it is known that something happened before its event counts as missing."""
_LAG = timedelta(hours=1)
"""An event may take so long; so far clocks may differ."""
_LIVE = timedelta(hours=26)
"""What was read later after it had happened may have been missed while nothing of ours ran."""
_ENOUGH = 3
_LOOKED_AT = 200
"""Records of a resource, those that changed last: an account of a million costs no more than a small one."""
_INTERVIEWS = BY_NAME["interviews"]


def silence(tx: Transaction) -> Issue | None:
    """Return that events are missing; None: they are not, or Lever was not asked for any.

    They are when at least three things were read of which Lever sends events, the first a day ago or before,
    and none has arrived since they happened. Some small queries, no request.
    """
    set_up_at = secrets_kept_at(tx, WEBHOOKS)
    if set_up_at is None:
        return None
    last = inbox.last_received_at(tx)
    heard_at = set_up_at if last is None else max(set_up_at, last)
    if tx.instant - heard_at < _WAIT:
        return None
    missed = sorted(
        read_at
        for happened_at, read_at in _happened(tx)
        if happened_at > heard_at + _LAG and read_at - happened_at < _LIVE and tx.instant - read_at > _LAG
    )
    if len(missed) < _ENOUGH or tx.instant - missed[0] < _WAIT:
        return None
    return Issue(IssueKind.WEBHOOKS_SILENT, missed[0], _told(last, set_up_at))


def _told(last: datetime | None, set_up_at: datetime) -> str:
    since = f"since they were set up at {set_up_at:%Y-%m-%d %H:%M} UTC"
    if last is not None and last > set_up_at:
        since = f"since {last:%Y-%m-%d %H:%M} UTC"
    return (
        f"No event of Lever's has arrived {since}, although things happened there of which it sends events; "
        "they are read all the same, but later. See that webhooks are switched on in Lever (Settings > "
        "Integrations and API > Webhooks), that `lever-assets webhooks serve` runs and can be reached, and "
        "run `lever-assets webhooks setup`, or `lever-assets webhooks setup --remove` if you want none."
    )


def _happened(tx: Transaction) -> Iterator[tuple[datetime, datetime]]:
    """Yield when something happened of which Lever sends an event, and when it was read (UTC)."""
    for resource in (APPLICATIONS, _INTERVIEWS):
        for each in raw.newest(tx, resource.name, _LOOKED_AT):
            if each.created_at is not None:
                yield each.created_at, each.first_seen_at
    for each in raw.newest(tx, OPPORTUNITIES.name, _LOOKED_AT):
        for at in _moved(each.data):
            yield at, each.changed_at


def _moved(opportunity: JsonValue) -> Iterator[datetime]:
    """Yield when an opportunity went into its stage, and when it was archived."""
    if not isinstance(opportunity, dict):  # what somebody wrote by hand
        return
    archived = opportunity.get("archived")
    archived_at = archived.get("archivedAt") if isinstance(archived, dict) else None
    at = {from_epoch_ms_if_any(each) for each in (opportunity.get("lastAdvancedAt"), archived_at)}
    yield from filter(None, at)
