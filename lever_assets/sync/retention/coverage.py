"""Which candidates are kept as they arrive, and which of them the last pass over everything kept."""

from collections.abc import Collection, Iterator

from lever_assets.lever.resources import OPPORTUNITIES, Resource
from lever_assets.store import Arrival, created
from lever_assets.store.left_out import NOTHING, Limit
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import COVERED
from lever_assets.sync.session import Session


def kept_of(tx: Transaction, limit: Limit, arrivals: Collection[Arrival]) -> set[str]:
    """Return which of the arrivals are kept, by Lever's ids, whichever filters Lever heeded."""
    if limit.created:
        return created.created_among(tx, [each.remote_id for each in arrivals])
    if limit.changed_since is None:
        return {each.remote_id for each in arrivals}
    changed = ((each.remote_id, each.updated_at or each.created_at) for each in arrivals)
    return {own for own, at in changed if at is not None and at >= limit.changed_since}


def covered(tx: Transaction, resource: Resource) -> Limit:
    """Return what the last pass over everything kept; a database without a note has everything."""
    return COVERED.read(tx, resource.name) or Limit()


def cover_anew(tx: Transaction, resource: Resource) -> None:
    """Let the next pass read the whole list: more of it is to be kept than Lever will tell of by itself."""
    COVERED.keep(tx, NOTHING, resource.name)


def doubts(tx: Transaction, session: Session, resource: Resource, *, whole: bool) -> Iterator[str]:
    """Yield sentences on what the settings keep of `resource`; `whole`: all of it was read."""
    if resource.name != OPPORTUNITIES.name:
        return
    settings = session.settings
    yield from settings.doubts
    if whole and settings.only_created and not created.count(tx):
        setting = session.account.setting("only_created")
        yield (
            f"{setting} keeps what was created through this connector, and this database knows of "
            "nothing: no candidate is kept; if it takes the place of a lost one, give it what that knew with "
            f"{session.account.command('created import FILE')}"
        )
