"""Taking keys out of Lever's records: what feeds only columns that are left out does not get stored."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

from pydantic import JsonValue

from lever_assets.lever.records import JsonObject
from lever_assets.mapping.sources import COPIES, LISTS, SOURCES, STRUCTURE

Column = tuple[str, str]
"""A model and one of its columns."""


@dataclass(frozen=True)
class Stripping:
    """What is taken out of one resource's records.

    `paths` are keys, dotted where they lie inside, and go. `only`: of the other keys at the top no more than
    these stay (None: all). `inside`: the resources whose whole records lie in a key, and what goes there.
    """

    paths: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    inside: Mapping[str, "Stripping"] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is taken out at all."""
        return bool(self.paths) or self.only is not None or any(self.inside.values())

    def of(self, record: JsonObject) -> JsonObject:
        """Return the record without what is taken out; the one given stays as it is."""
        kept = record if self.only is None else {key: each for key, each in record.items() if self._may(key)}
        for path in self.paths:
            kept = _without(kept, path.split("."))
        for key, stripping in self.inside.items():
            listed = kept.get(key)
            if stripping and isinstance(listed, list):
                kept = {
                    **kept,
                    key: [stripping.of(each) if isinstance(each, dict) else each for each in listed],
                }
        return kept

    def includes(self, other: "Stripping") -> bool:
        """Tell whether all that `other` takes out is taken out by this one, too."""
        if other.only is not None and (self.only is None or not self.only <= other.only):
            return False
        taken = {*self.paths}
        return all(any(_begins(path, each) for each in taken) for path in other.paths) and all(
            self.inside.get(key, Stripping()).includes(stripping) for key, stripping in other.inside.items()
        )

    def _may(self, key: str) -> bool:
        return any(fnmatchcase(key, each) for each in self.only or ())


def stripping(resource: str, left_out: Collection[Column]) -> Stripping:
    """Return what goes from the records of a resource when these columns are left out.

    A key goes when every column that it is mapped to is left out; a copy of a column's value goes with the
    column unless another one is mapped from it. Keys that no column knows go with `remote_data`.
    """
    kept = _paths(resource, (column for column in _COLUMNS if column not in left_out))
    stays = {*STRUCTURE[resource], *kept}
    unknown_to_all = _listing(resource, "*")
    may_go = [
        *(path for path in _paths(resource, left_out) if path != "*"),
        *(path for path in _COPIED[resource] if _COPIED[resource][path] <= set(left_out)),
    ]
    return Stripping(
        frozenset(path for path in may_go if not any(_overlap(path, each) for each in stays)),
        frozenset(path.partition(".")[0] for path in stays)
        if unknown_to_all and unknown_to_all <= set(left_out)
        else None,
    )


def is_needed(resource: str, left_out: Collection[Column]) -> bool:
    """Tell whether any column that is not left out is mapped from the resource."""
    listed = LISTS.get(resource)
    if listed is not None:
        of, _, path = listed.partition(".")
        return path not in stripping(of, left_out).paths and is_needed(of, left_out)
    return any(_paths(resource, [column]) for column in _COLUMNS if column not in left_out)


@cache
def is_mapped_from(model: str, resource: str, key: str) -> bool:
    """Tell whether a column of the model is mapped from a key of the resource, or from what is inside it."""
    paths = _paths(resource, ((model, column) for column in SOURCES[model])) - {"*"}
    return any(fnmatchcase(key, path.partition(".")[0]) for path in paths)


def _paths(resource: str, columns: Iterable[Column]) -> set[str]:
    """Return the paths inside a resource that these columns are mapped from."""
    every = (path for model, column in columns for path in SOURCES[model][column])
    return {path.partition(".")[2] for path in every if path.partition(".")[0] == resource}


def _listing(resource: str, path: str) -> set[Column]:
    wanted = f"{resource}.{path}"
    return {(model, column) for model, column in _COLUMNS if wanted in SOURCES[model][column]}


def _copies(resource: str) -> Mapping[str, set[Column]]:
    found: dict[str, set[Column]] = {}
    for model, columns in COPIES.items():
        for column, paths in columns.items():
            for path in paths:
                of, _, inside = path.partition(".")
                if of == resource:
                    found.setdefault(inside, set()).add((model, column))
    return found


def _overlap(path: str, other: str) -> bool:
    return _begins(path, other) or _begins(other, path)


def _begins(path: str, beginning: str) -> bool:
    return path == beginning or path.startswith(f"{beginning}.")


def _without(value: JsonObject, path: list[str]) -> JsonObject:
    key, *inner = path
    if not inner:
        return {name: each for name, each in value.items() if not fnmatchcase(name, key)}
    return {name: _deeper(each, inner) if name == key else each for name, each in value.items()}


def _deeper(value: JsonValue, path: list[str]) -> JsonValue:
    if isinstance(value, dict):
        return _without(value, path)
    return [_deeper(each, path) for each in value] if isinstance(value, list) else value


_COLUMNS: tuple[Column, ...] = tuple(
    (model, column) for model, columns in SOURCES.items() for column in columns
)
_COPIED: Mapping[str, Mapping[str, set[Column]]] = {resource: _copies(resource) for resource in STRUCTURE}
