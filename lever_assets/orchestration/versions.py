"""The versions that a materialization carries, as Dagster has them for an asset whose output is yielded.

From them Dagster tells that the code has changed since, or what an asset is made from.
"""

from collections.abc import Iterator

import dagster as dg

# Dagster has no public names for these.
_CODE_VERSION = "dagster/code_version"
_DATA_VERSION = "dagster/data_version"
_INPUT_VERSION = "dagster/input_data_version"
_INPUT_EVENT = "dagster/input_event_pointer"
_NEVER_MADE = ("INITIAL", "NULL")
"""The version of an asset that has no materialization, and the event of it."""


def version_tags(
    instance: dg.DagsterInstance, assets: dg.AssetsDefinition, key: dg.AssetKey, version: str
) -> dict[str, str]:
    """Return the tags of an asset's materialization that say which data and code it is, and made from what.

    `version` is that of the data: the id of the run, or of what else made it. What it is made from has to be
    told before: one query looks for its last materializations.
    """
    code = assets.specs_by_key[key].code_version
    tags = {_DATA_VERSION: version, _CODE_VERSION: code or version}
    for name, of_input, event in _inputs(instance, assets, key):
        tags[f"{_INPUT_VERSION}/{name}"] = of_input
        tags[f"{_INPUT_EVENT}/{name}"] = event
    return tags


def _inputs(
    instance: dg.DagsterInstance, assets: dg.AssetsDefinition, key: dg.AssetKey
) -> Iterator[tuple[str, str, str]]:
    """Yield the names of the assets that one is made from, each with its version and the event's id."""
    inputs = sorted(assets.asset_deps[key])
    if not inputs:
        return
    found = {each.asset_entry.asset_key: each for each in instance.get_asset_records(inputs)}
    for each in inputs:
        entry = found[each].asset_entry if each in found else None
        last = None if entry is None else entry.last_materialization_record
        made = None if last is None else last.asset_materialization
        never, no_event = _NEVER_MADE
        version = never if made is None else (made.tags or {}).get(_DATA_VERSION, never)
        yield each.to_user_string(), version, no_event if last is None else str(last.storage_id)
