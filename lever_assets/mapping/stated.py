"""What the mappings state of themselves, gathered by model: which of Lever's keys, and which records."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module

from lever_assets.lever.resources import RESOURCES
from lever_assets.mapping import Sources
from lever_assets.mapping.derivation import Derivation
from lever_assets.unified.catalogue import ALL_MODELS

_MAPPINGS = {model.name: import_module(f"lever_assets.mapping.{model.name}") for model in ALL_MODELS}

SOURCES: Mapping[str, Sources] = {model: mapping.SOURCES for model, mapping in _MAPPINGS.items()}
"""By model and column; the columns that every row has (`id`, `connection`) need no more than `remote_id`."""

COPIES: Mapping[str, Sources] = {
    model: mapping.COPIES for model, mapping in _MAPPINGS.items() if hasattr(mapping, "COPIES")
}
"""Where Lever says the same once more, in keys that no column is mapped from: they go with the columns."""

STRUCTURE: Sources = {each.name: (each.id_field, *each.links) for each in RESOURCES}
"""The keys of each resource that stay whatever is excluded: ids, instants, what links and orders records."""

LISTS: Mapping[str, str] = {"sources": "opportunities.sources"}
"""Resources that no model is mapped from: lists of all values of a key, of use as long as the key is kept."""

Column = tuple[str, str]
"""A model and one of its columns."""

COLUMNS: tuple[Column, ...] = tuple(
    (model, column) for model, columns in SOURCES.items() for column in columns
)


def paths_of(resource: str, columns: Iterable[Column]) -> set[str]:
    """Return the paths inside a resource that these columns are mapped from."""
    every = (path for model, column in columns for path in SOURCES[model][column])
    return {path.partition(".")[2] for path in every if path.partition(".")[0] == resource}


@cache
def is_mapped_from(model: str, resource: str, key: str) -> bool:
    """Tell whether a column of the model is mapped from a key of the resource, or from what is inside it."""
    paths = paths_of(resource, ((model, column) for column in SOURCES[model])) - {"*"}
    return any(fnmatchcase(key, path.partition(".")[0]) for path in paths)


WHOLE = "*"
"""The source of rows that come from many records at once: the whole model has one owner, its derivation."""


DERIVATIONS: dict[str, Derivation] = {model: mapping.DERIVATION for model, mapping in _MAPPINGS.items()}
"""How each model is derived from the raw tables."""
