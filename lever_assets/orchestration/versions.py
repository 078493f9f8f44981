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


def version_tags(context: dg.AssetExecutionContext, key: dg.AssetKey) -> dict[str, str]:
    """Return the tags of an asset's materialization that say which data and code it is, and made from what.

    What it is made from has to be told before: one query looks for its last materializations.
    """
    run_id = context.run.run_id
    code = context.assets_def.specs_by_key[key].code_version
    tags = {_DATA_VERSION: run_id, _CODE_VERSION: code or run_id}
    for name, version, event in _inputs(context, key):
        tags[f"{_INPUT_VERSION}/{name}"] = version
        tags[f"{_INPUT_EVENT}/{name}"] = event
    return tags


def _inputs(context: dg.AssetExecutionContext, key: dg.AssetKey) -> Iterator[tuple[str, str, str]]:
    """Yield the names of the assets that one is made from, each with its version and the event's id."""
    inputs = sorted(context.assets_def.asset_deps[key])
    if not inputs:
        return
    found = {each.asset_entry.asset_key: each for each in context.instance.get_asset_records(inputs)}
    for each in inputs:
        entry = found[each].asset_entry if each in found else None
        last = None if entry is None else entry.last_materialization_record
        made = None if last is None else last.asset_materialization
        never, no_event = _NEVER_MADE
        version = never if made is None else (made.tags or {}).get(_DATA_VERSION, never)
        yield each.to_user_string(), version, no_event if last is None else str(last.storage_id)
