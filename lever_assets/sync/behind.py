"""What a failure of reading leaves: the tables as far as what was read, and a sentence that says so."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever.resources import all_below, embedded_in
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import SettingsError
from lever_assets.store import StoreError
from lever_assets.sync.map.deriving import derive_all
from lever_assets.sync.session import Session


def mapped_from(resources: Collection[str], exclusion: Exclusion) -> list[str]:
    """Return the models that are mapped from any of these resources, or from what came inside them."""
    embedded = filter(None, map(embedded_in, resources))
    read = {*resources, *(each.name for each in embedded)}
    return [each.name for each in exclusion.kept if not read.isdisjoint(DERIVATIONS[each.name].reads)]


@contextmanager
def mapping_before_failing(session: Session, resource: str) -> Iterator[None]:
    """Map what was read when reading `resource` in the block fails for good, and have the error say so.

    For an orchestrator that leaves out whatever comes after a step that fails: all of that is mapped.
    """
    try:
        yield
    except (StoreError, SettingsError, ConnectionTroubleError):
        raise
    except Exception as error:
        behind = _map_what_comes_after(session, resource)
        error.add_note(f"What was read is in the tables; behind Lever stay {_listed(behind)}.")
        raise


def _map_what_comes_after(session: Session, resource: str) -> list[str]:
    """Derive every model that waits for the resource, and return those that are mapped from it.

    All is ready: it was seen to before the resource was read.
    """
    held_up = {resource, *(each.name for each in all_below(resource))}
    behind = mapped_from(held_up, session.exclusion)
    left_out = set(behind)
    for model in session.exclusion.kept:
        if left_out & set(model.after):
            left_out.add(model.name)
    waiting = [each.name for each in session.exclusion.kept if each.name in left_out]
    for _ in derive_all(session, waiting):
        pass
    return behind


def say_what_is_behind(error: BaseException, unread: Collection[str], exclusion: Exclusion) -> None:
    """Have the error say which tables are up to date after a sync that did not read these resources."""
    behind = mapped_from(unread, exclusion)
    fresh = [each.name for each in exclusion.kept if each.name not in behind]
    if not fresh:
        standing = "no table is up to date with Lever"
    elif len(behind) <= len(fresh):
        standing = f"up to date with Lever are all but {_listed(behind)}"
    else:
        standing = f"up to date with Lever are only {_listed(fresh)}"
    error.add_note(
        f"What was read is in the tables: {standing}. The next sync goes on where this one stopped."
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = names or ["none"]
    return f"{', '.join(most)} and {last}" if most else last
