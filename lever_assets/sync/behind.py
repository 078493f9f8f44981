"""What a failure of reading leaves: the tables as far as what was read, and a sentence that says so."""

from collections.abc import Collection, Sequence

from lever_assets.lever.resources import RESOURCES, Embedded, embedded_in
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.exclusion import Exclusion


def mapped_from(resources: Collection[str], exclusion: Exclusion) -> list[str]:
    """Return the models that are mapped from any of these resources, or from what came inside them."""
    embedded = filter(None, map(embedded_in, resources))
    read = {*resources, *(each.name for each in embedded)}
    return [each.name for each in exclusion.kept if not read.isdisjoint(DERIVATIONS[each.name].reads)]


def drivers(models: Collection[str]) -> dict[str, str]:
    """Return, by model, the resource that is asked for whose records these are mapped from, one by one."""
    found = {each: DERIVATIONS[each] for each in models}
    by_record = {model: each.driver for model, each in found.items() if isinstance(each, ByRecord)}
    inside = {each.name: each.parent for each in RESOURCES if isinstance(each, Embedded)}
    return {model: inside.get(driver, driver) for model, driver in by_record.items()}


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
