"""Where the columns of a model come from, as its mapping states it.

Dagster's own UI shows no lineage of columns, so a column's description says it, too. It is kept with the
definition: each materialization would be larger by it, and it is never anything new.
"""

from functools import cache

import dagster as dg

from lever_assets.lever.resources import BY_NAME, Embedded
from lever_assets.mapping.stated import SOURCES
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.policy.exclusion import Exclusion

_SHOWN = 3


def told_sources(model: str, column: str) -> str:
    """Return which of Lever's keys a column is mapped from, in a sentence; empty: from none alone."""
    paths = SOURCES[model].get(column, ())
    if not paths:
        return ""
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN])
    more = len(paths) - _SHOWN
    return f"From {shown} and {more} more." if more > 0 else f"From {shown}."


def column_lineage(model: str, keys: Keys, exclusion: Exclusion) -> dg.TableColumnLineage:
    """Return from which part of which raw record each column of a model is mapped, but for those left out."""
    left_out = exclusion.fields(model)
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(keys.raw(resource), part)
                for resource, part in _parts(model, column)
                if exclusion.needs(resource)
            ]
            for column in SOURCES[model]
            if column not in left_out
        }
    )


@cache
def _parts(model: str, column: str) -> tuple[tuple[str, str], ...]:
    """Return the resources that land in an asset, each with the column there, or what is inside its JSON."""
    return tuple(dict.fromkeys(map(_part, SOURCES[model][column])))


def _part(path: str) -> tuple[str, str]:
    name, _, key = path.partition(".")
    resource = BY_NAME[name]
    inside = ["data", key.rstrip("*").rstrip(".")]
    if isinstance(resource, Embedded):  # it lands with its parent
        inside.insert(1, name)
    parent = resource.parent if isinstance(resource, Embedded) else name
    return parent, ".".join(filter(None, inside))
