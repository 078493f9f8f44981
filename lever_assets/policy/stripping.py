"""Which keys of Lever's records go: what feeds only columns that are excluded does not get stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import JsonValue

from lever_assets.lever.records import JsonObject
from lever_assets.mapping.stated import COLUMNS, COPIES, LISTS, SOURCES, STRUCTURE, Column, paths_of


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


def stripping(resource: str, excluded: Collection[Column]) -> Stripping:
    """Return what goes from the records of a resource when these columns are excluded.

    A key goes when every column that it is mapped to is excluded; a copy of a column's value goes with the
    column unless another one is mapped from it. Keys that no column knows go with `remote_data`.
    """
    kept = paths_of(resource, (column for column in COLUMNS if column not in excluded))
    stays = {*STRUCTURE[resource], *kept}
    unknown_to_all = _listing(resource, "*")
    may_go = [
        *(path for path in paths_of(resource, excluded) if path != "*"),
        *(path for path in _COPIED[resource] if _COPIED[resource][path] <= set(excluded)),
    ]
    return Stripping(
        frozenset(path for path in may_go if not any(_overlap(path, each) for each in stays)),
        frozenset(path.partition(".")[0] for path in stays)
        if unknown_to_all and unknown_to_all <= set(excluded)
        else None,
    )


def is_needed(resource: str, excluded: Collection[Column]) -> bool:
    """Tell whether any column that is not excluded is mapped from the resource."""
    listed = LISTS.get(resource)
    if listed is not None:
        of, _, path = listed.partition(".")
        return path not in stripping(of, excluded).paths and is_needed(of, excluded)
    return any(paths_of(resource, [column]) for column in COLUMNS if column not in excluded)


def _listing(resource: str, path: str) -> set[Column]:
    wanted = f"{resource}.{path}"
    return {(model, column) for model, column in COLUMNS if wanted in SOURCES[model][column]}


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


_COPIED: Mapping[str, Mapping[str, set[Column]]] = {resource: _copies(resource) for resource in STRUCTURE}
