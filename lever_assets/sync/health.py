"""What of a connection needs a person, or is older than it should be: for a monitor."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lever_assets.connect.account import Account
from lever_assets.connect.errors import DisabledError
from lever_assets.connect.states import Standing
from lever_assets.lever.instants import duration
from lever_assets.lever.wording import counted
from lever_assets.sync.status import ResourceStatus, Status

AGE = timedelta(hours=26)
"""How old an account may be that is synced once a day."""
_MEANWHILE = timedelta(minutes=15)
"""So long what was read may wait to be mapped: a sync reads first."""
_ERRORS = "the table mapping_errors says why"


def all_problems(
    account: Account, standing: Standing, found: Status, *, now: datetime, max_age: timedelta | None = None
) -> list[str]:
    """Return a sentence on each thing that somebody should look at, in Lever or here; as `problems`.

    There is none with a connection that was removed.
    """
    if account.is_removed:
        return []
    of_data = list(problems(account, standing, found, now=now, max_age=max_age))
    of_access = (
        told
        for issue, told in zip(standing.issues, standing.problems, strict=True)
        if not any(issue.permission and issue.permission in each for each in of_data)
    )
    return [*of_access, *of_data]


def not_read_whole(account: Account, standing: Standing, found: Status) -> str:
    """Return a sentence on an account that was never read whole, with what is to be done, if anything.

    The first sync of an account that was made by `connect` a running Dagster begins by itself, and of any
    account it goes on with the history: what is left to do by hand is told for where there is none.
    """
    if not account.is_enabled:
        return str(DisabledError(account.name))
    if account.credential is None:
        return str(account.not_connected)
    left = f" (still to be read: {', '.join(found.history_of)})" if found.complete else ""
    told = f"the account was not read whole yet{left}"
    if found.under_way:
        return f"{told}: {under_way(found)}"
    by_hand = f"run {account.command('sync')}"
    by_itself = standing.state.is_synced and (account.is_stored or found.complete)
    return (
        f"{told}: a running Dagster sees to it by itself; without one, {by_hand}"
        if by_itself
        else f"{told}: {by_hand}"
    )


def is_read_whole(found: Status) -> bool:
    """Tell whether all was read once, the history below records too."""
    return found.complete and not found.history_of


def under_way(found: Status) -> str:
    """Return some words on the sync that is under way."""
    return f"a sync is under way ({found.under_way})"


def problems(
    account: Account, standing: Standing, found: Status, *, now: datetime, max_age: timedelta | None = None
) -> Iterator[str]:
    """Yield a sentence on each thing that somebody should look at; none: all is well.

    `max_age`: how long ago all may have been as the tables have it; None: `AGE`.
    """
    age = AGE if max_age is None else max_age
    limit = duration(age.total_seconds())
    if not is_read_whole(found):
        yield not_read_whole(account, standing, found)
    if found.complete and found.fresh_at is not None and now - found.fresh_at > age:
        since = f"{found.fresh_at:%Y-%m-%d %H:%M} UTC"
        yield f"the tables are as of {since}, longer ago than {limit}: no sync has gone well since"
    waiting = sorted({each.resource for each in found.unfinished if now - each.started_at > age})
    if waiting and not found.under_way:
        yield f"a sync that began longer ago than {limit} did not read {', '.join(waiting)}"
    idle = (
        found.complete
        and not (found.unfinished or found.under_way)
        and _was_read_before(found, now - _MEANWHILE)
    )
    if idle and not found.derived:
        yield f"what a sync read is not in the tables yet: run {account.command('sync')}"
    for each in found.resources:
        if each.denied and each.live:
            yield f"{each.denied} What is stored of it is not brought up to date any more."
        if each.held_back:
            yield held_back(account, each)
    failed = failed_reads(found)
    if failed is not None:
        yield failed
    if found.errors:
        yield f"{counted(found.errors, 'record')} could not be mapped, or not as a whole; {_ERRORS}"


def _was_read_before(found: Status, instant: datetime) -> bool:
    """Tell whether nothing was read since: a sync that is under way maps in the end."""
    return all(each.read_at is None or each.read_at < instant for each in found.resources)


def held_back(account: Account, resource: ResourceStatus) -> str:
    """Return a sentence on what the last complete list lacked and is kept."""
    return (
        f"Lever's list lacked {counted(resource.held_back, 'record')} of {resource.resource}, kept so far: "
        f"see in Lever whether they are gone; {account.command('sync --accept-deletions')} takes them out, "
        "and the list is looked at again by itself"
    )


def failed_reads(found: Status) -> str | None:
    """Return a sentence on what could not be read from Lever and is asked for again; None: nothing."""
    if not found.failed_reads.count:
        return None
    again = found.failed_reads.next_at
    when = f", next at {again:%Y-%m-%d %H:%M} UTC" if again else ""
    one = found.failed_read
    such = f" (of {one.model.removeprefix('raw_')}: {one.reason})" if one is not None else ""
    count = found.failed_reads.count
    tried = "is tried again" if count == 1 else "are tried again"
    return f"{counted(count, 'read')} failed and {tried}{when}{such}; {_ERRORS}"
