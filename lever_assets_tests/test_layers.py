"""What imports what is as docs/architecture.md says, no more and no less, and there are no cycles.

Imports inside functions and for types alone count. So does a module's name in quotes, by which commands are
imported. The tables there are read here: a change of the layers is made in them.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MODULES = {
    str(path.relative_to(ROOT / "lever_assets")): path.read_text("utf-8")
    for path in sorted((ROOT / "lever_assets").rglob("*.py"))
}

Imports = dict[str, set[str]]
"""By module ("sync/run.py"), what it imports: modules of ours likewise, and the names of libraries."""


@cache
def _named(source: str) -> tuple[set[str], set[str]]:
    """Return the dotted names that a source imports, and the texts in it: each could be such a name."""
    imported: set[str] = set()
    texts: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                imported |= {each.name for each in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                imported |= {f"{module}.{each.name}" for each in names}
            case ast.ImportFrom():
                raise AssertionError("imports here are absolute, so that a reader can search for them")
            case ast.Constant(value=str(text)) if "." in text:
                texts.add(text)
    return imported, texts


def imports_of(modules: Mapping[str, str]) -> Imports:
    """Return what each module imports; `modules` holds their sources by path."""
    ours = {_dotted(path): path for path in modules}

    def module(name: str) -> str:
        return ours.get(name) or ours.get(name.rpartition(".")[0]) or name.partition(".")[0]

    found: Imports = {}
    for path, source in modules.items():
        imported, texts = _named(source)
        found[path] = {module(name) for name in imported} | {ours[text] for text in texts & ours.keys()}
        found[path].discard(path)
    return found


def _dotted(path: str) -> str:
    return f"lever_assets.{path.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")


@dataclass(frozen=True)
class Row:
    """A row of a table: the places that its first cell names, and the places in its last one."""

    places: list[str]
    last: list[str]


def table(page: str, heading: str, column: str) -> list[Row]:
    """Return the rows of the table below a heading whose first column has that name."""
    (section,) = [each for each in re.split(r"^#+ ", page, flags=re.M) if each.startswith(f"{heading}\n")]
    (lines,) = re.findall(rf"^\| {column} \|.*\n\| --- .*\n((?:\|.*\n?)+)", section, flags=re.M)
    rows = [[re.findall(r"`([^`]+)`", cell) for cell in line.split(" | ")] for line in lines.splitlines()]
    return [Row(cells[0], cells[-1]) for cells in rows]


def complaints(modules: Mapping[str, str], page: str) -> list[str]:
    """Return a sentence for each import that the page does not allow, and for what it says that is not so."""
    imports = imports_of(modules)
    layers = table(page, "The layers", "folder")
    return [
        *_against_the_order(imports, "", layers),
        *_against_the_order(imports, "sync/", table(page, "The rooms of `sync/`", "folder")),
        *_against_the_order(imports, "actions/", table(page, "Writing back", "folder")),
        *_not_as_told(imports, layers),
        *_not_for_all(imports, table(page, "The layers", "library")),
        *_cycles(imports),
    ]


def _against_the_order(imports: Imports, folder: str, rows: list[Row]) -> Iterator[str]:
    """Each import within a folder leads to a row below, or to another module of its own row."""
    heights = {place: index for index, row in enumerate(rows) for place in row.places}
    others = next((index for index, row in enumerate(rows) if not row.places), None)
    inside = {path: _place(path, folder) for path in imports if path.startswith(folder)}
    yield from (f"{folder}{place} is in the table only" for place in heights.keys() - inside.values())
    unknown = {place for place in inside.values() if place not in heights}
    if others is not None:
        heights |= {place: others for place in unknown if not place.endswith("/")}
    yield from (f"{folder}{place} is not in the table" for place in unknown - heights.keys())
    for path, place in inside.items():
        for imported in sorted(imports[path] & inside.keys()):
            other = inside[imported]
            if {place, other} - heights.keys():
                continue
            alike = place == other or not (place.endswith("/") or other.endswith("/"))
            below = heights[other] > heights[place] or (alike and heights[other] == heights[place])
            if not below:
                yield f"{path} imports {imported}, which is not below it"


def _place(path: str, folder: str) -> str:
    """Return the first folder ("fetch/") or the module ("run.py") of a path below a folder."""
    name, slash, _ = path.removeprefix(folder).partition("/")
    return name + slash


def _not_as_told(imports: Imports, layers: list[Row]) -> Iterator[str]:
    """Each layer imports just what its last cell names."""
    for row in layers:
        found = {
            _place(imported, "")
            for path in imports
            if _place(path, "") in row.places
            for imported in imports[path] & imports.keys()
            if _place(imported, "") != _place(path, "")
        }
        named = " and ".join(row.places)
        yield from (f"{named} imports {each}: the table does not say so" for each in found - set(row.last))
        yield from (f"{named} imports {each}: only the table says so" for each in set(row.last) - found)


def _not_for_all(imports: Imports, rows: list[Row]) -> Iterator[str]:
    """What the table keeps for some (a library, a folder of ours) is imported by them and nobody else."""
    for row in rows:
        for what in row.places:
            by = {path for path in imports if any(_within(each, what) for each in imports[path])}
            by = {path for path in by if not _within(path, what)}
            allowed = {path for path in by if any(_within(path, place) for place in row.last)}
            yield from (f"{path} imports {what}" for path in by - allowed)
            for place in row.last:
                if not any(_within(path, place) for path in by):
                    yield f"{place} imports {what}: only the table says so"


def _within(path: str, place: str) -> bool:
    return path.startswith(place) if place.endswith("/") else path == place


def _cycles(imports: Imports) -> Iterator[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        yield f"modules import each other: {' -> '.join(reversed(error.args[1]))}"


def test_nothing_is_imported_that_the_architecture_does_not_allow() -> None:
    assert complaints(MODULES, ARCHITECTURE) == []


FORBIDDEN = {
    "upward": ("store/tables.py", "import lever_assets.sync.run", "which is not below it"),
    "in a function": (
        "mapping/tags.py",
        "def f():\n    from lever_assets.actions import notes",
        "actions/notes.py, which is not below it",
    ),
    "for types alone": (
        "connect/vault.py",
        "if TYPE_CHECKING:\n    from lever_assets.sync.session import Session",
        "sync/session.py, which is not below it",
    ),
    "in quotes": ("lever/wire.py", 'NAME = "lever_assets.cli.demo"', "cli/demo.py, which is not below it"),
    "Lever in the unified models": (
        "unified/parts.py",
        "from lever_assets.lever import wire",
        "unified/ imports lever/: the table does not say so",
    ),
    "a mapping in the store": (
        "store/raw.py",
        "from lever_assets.mapping import tags",
        "store/raw.py imports mapping/tags.py, which is not below it",
    ),
    "fetching in what is not kept": (
        "sync/retention/coverage.py",
        "from lever_assets.sync.fetch.arrivals import Batch",
        "sync/retention/coverage.py imports sync/fetch/arrivals.py, which is not below it",
    ),
    "a settled rule that asks the sync": (
        "policy/people.py",
        "from lever_assets.sync.session import now",
        "policy/people.py imports sync/session.py, which is not below it",
    ),
    "Dagster in the client": ("lever/client.py", "import dagster as dg", "lever/client.py imports dagster"),
    "Dagster in the sync": ("sync/run.py", "from dagster import asset", "sync/run.py imports dagster"),
    "Dagster in a command": ("cli/syncing.py", "import dagster", "cli/syncing.py imports dagster"),
    "SQL in the client": (
        "lever/client.py",
        "from sqlalchemy.sql import x",
        "lever/client.py imports sqlalchemy",
    ),
    "SQL in a mapping": ("mapping/tags.py", "import sqlalchemy", "mapping/tags.py imports sqlalchemy"),
    "the sandbox in a sync": (
        "sync/run.py",
        "from lever_assets.sandbox import Sandbox",
        "sync/run.py imports sandbox/",
    ),
    "the sandbox in another command": (
        "cli/syncing.py",
        "from lever_assets.sandbox import Sandbox",
        "cli/syncing.py imports sandbox/",
    ),
    "the connector in the sandbox": (
        "sandbox/app.py",
        "from lever_assets.lever import Outgoing",
        "sandbox/ imports lever/: the table does not say so",
    ),
    "mapping in fetching": (
        "sync/fetch/below.py",
        "from lever_assets.sync.map import floor",
        "sync/fetch/below.py imports sync/map/floor.py, which is not below it",
    ),
    "fetching in mapping": (
        "sync/map/floor.py",
        "from lever_assets.sync.fetch.below import x",
        "sync/map/floor.py imports sync/fetch/below.py, which is not below it",
    ),
    "refreshing in fetching": (
        "sync/fetch/below.py",
        "from lever_assets.sync.refresh import targeted",
        "sync/fetch/below.py imports sync/refresh/targeted.py, which is not below it",
    ),
    "a room in what all rooms know": (
        "sync/session.py",
        "from lever_assets.sync.fetch import lists",
        "sync/session.py imports sync/fetch/lists.py, which is not below it",
    ),
    "one action in how any is done": (
        "actions/engine/work.py",
        "from lever_assets.actions import notes",
        "actions/engine/work.py imports actions/notes.py, which is not below it",
    ),
    "creating in how any is done": (
        "actions/engine/steps.py",
        "from lever_assets.actions.creation import person",
        "actions/engine/steps.py imports actions/creation/person.py, which is not below it",
    ),
    "a cycle": (
        "lever/wire.py",
        "def f():\n    import lever_assets.lever.client",
        "modules import each other: ",
    ),
    "a new folder": ("extras/x.py", "", "extras/ is not in the table"),
    "a new room": ("sync/extras/x.py", "", "sync/extras/ is not in the table"),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_an_import_that_is_added_against_it_is_seen(case: str) -> None:
    path, line, expected = FORBIDDEN[case]
    found = complaints({**MODULES, path: f"{MODULES.get(path, '')}\n{line}\n"}, ARCHITECTURE)
    assert any(expected in each for each in found), found


def test_a_table_that_says_what_is_not_so_is_seen() -> None:
    (row,) = [line for line in ARCHITECTURE.splitlines() if line.startswith("| `unified/`")]
    found = complaints(MODULES, ARCHITECTURE.replace(row, row.replace("nothing |", "`private.py` |")))
    assert "unified/ imports private.py: only the table says so" in found
    assert "unified/ is not in the table" in complaints(MODULES, ARCHITECTURE.replace(f"{row}\n", ""))
