"""The steps of a section of CONTRIBUTING.md, done on a copy of the tree just as they are written down.

The line before a block of code ends with the file that it is about, as in "in `lever_assets/x.py`:". A block
of kind `diff` changes that file: what its lines with a blank or a minus say must stand there once, and what
those with a blank or a plus say takes its place. A block of any other kind is the whole of a new file.
"Raise `MAPPING_VERSION`" and "`make docs`" are done where they stand.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# The project without what a checkout collects: environments, data, caches, the user's .env.
_PROJECT = ("lever_assets", "lever_assets_tests", "benchmarks", "docs", "dbt", "examples", "deploy", ".ci")
_FILES = ("*.md", "*.toml", "*.yaml", "*.txt", "Makefile", "LICENSE", ".env.example", ".gitignore")
_VERSION = "lever_assets/mapping/__init__.py"
_STEP = re.compile(
    r"`(?P<path>[^`\s]+)`:[ ]*\n\n(?P<indent>[ ]*)```(?P<kind>\w+)\n(?P<block>.*?)^(?P=indent)```$"
    r"|(?P<raise>[Rr]aise\s+`MAPPING_VERSION`)|(?P<docs>`make docs`)",
    re.DOTALL | re.MULTILINE,
)


class StepError(AssertionError):
    """A step that can't be done: what is written down is not so."""


@dataclass(frozen=True)
class Step:
    """A block of the page: the file that it is about, its kind, its lines; or a step in words."""

    name: str
    path: str | None
    kind: str
    lines: tuple[str, ...]

    def do(self, tree: "Tree") -> None:
        """Do it on a copy of the tree; StepError names the block if that does not go."""
        if self.kind in _IN_WORDS or self.path is None:
            _IN_WORDS[self.kind](tree)
            return
        file = tree.folder / self.path
        if self.kind == "diff":
            file.write_text(self._changed(file), encoding="utf-8")
        elif file.exists():
            raise StepError(f"{self.name}: there is such a file")
        else:
            file.write_text("".join(f"{line}\n" for line in self.lines), encoding="utf-8")

    def _changed(self, file: Path) -> str:
        if not file.exists():
            raise StepError(f"{self.name}: there is no such file")
        if odd := [line for line in self.lines if line[:1] not in {"", " ", "-", "+"}]:
            raise StepError(f"{self.name}: a line begins with neither blank, minus nor plus: {odd[0]}")
        before = "".join(f"{line[1:]}\n" for line in self.lines if line[:1] != "+")
        after = "".join(f"{line[1:]}\n" for line in self.lines if line[:1] != "-")
        text = "\n" + file.read_text(encoding="utf-8")
        if (found := text.count(f"\n{before}")) != 1:
            raise StepError(f"{self.name}: these lines are there {found} times, not once:\n{before}")
        return text.replace(f"\n{before}", f"\n{after}")[1:]


def steps(page: str, section: str) -> list[Step]:
    """Return the steps of a section in their order; StepError if a block is not one, or if there is none."""
    found = [part for part in re.split(r"^## ", page, flags=re.M) if part.startswith(f"{section}\n")]
    if len(found) != 1:
        raise StepError(f"there are {len(found)} sections {section!r}")
    read = list(_read(section, found[0]))
    blocks = len(re.findall(r"^[ ]*```\w+$", found[0], flags=re.M))
    if not read or sum(step.kind not in _IN_WORDS for step in read) != blocks:
        raise StepError(f"{section}: a block has no line before it that ends with its file, as in `x.py`:")
    return read


def _read(section: str, text: str) -> Iterator[Step]:
    for number, match in enumerate(_STEP.finditer(text), start=1):
        if match["path"] is None:
            kind, path = ("docs", None) if match["docs"] else ("raise", _VERSION)
            yield Step(f"{section}, step {number} ({match[0]})", path, kind, ())
        else:
            lines = (line.removeprefix(match["indent"]) for line in match["block"].splitlines())
            name = f"{section}, step {number} ({match['path']})"
            yield Step(name, match["path"], match["kind"], tuple(lines))


@dataclass(frozen=True)
class Tree:
    """A copy of the project in a folder of its own."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> "Tree":
        """Copy the project into a folder that is not there yet."""
        folder.mkdir()
        for name in _PROJECT:
            # With what is compiled already: it stays good. Other processes are writing some at this moment.
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*", "secrets"))
        for pattern in _FILES:
            for file in ROOT.glob(pattern):
                shutil.copy2(file, folder)
        return cls(folder)

    def do(self, section: str) -> list[str]:
        """Do the steps of a section, and return the files that they are about, in their order, each once."""
        written = steps((self.folder / "CONTRIBUTING.md").read_text("utf-8"), section)
        for step in written:
            step.do(self)
        return list(dict.fromkeys(step.path for step in written if step.path is not None))

    def files(self) -> dict[str, bytes]:
        """Return the content of every file by its path."""
        files = (path for name in _PROJECT for path in (self.folder / name).rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in files if path.suffix != ".pyc"
        }

    def environment(self, **variables: str) -> dict[str, str]:
        """Return an environment in which the copy is the project, and nothing is set but what is given."""
        ours = ("LEVER_", "DAGSTER_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = {"PYTHONPATH": str(self.folder), "LEVER_DATA_DIR": str(self.folder / "data")}
        return {**kept, **own, **variables}

    def python(self, *arguments: str, **variables: str) -> str:
        """Run Python in the copy; returns what it prints. StepError with all of it if it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,  # mypy, on a machine that has other things to do
        )
        if done.returncode:
            raise StepError(f"python {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done.stdout


def _make_docs(tree: Tree) -> None:
    tree.python("-m", "docs.generate")


def _raise_version(tree: Tree) -> None:
    file = tree.folder / _VERSION
    before = file.read_text("utf-8")
    file.write_text(
        re.sub(r"(?<=^MAPPING_VERSION: int = )\d+", lambda m: f"{int(m[0]) + 1}", before, flags=re.M)
    )
    if file.read_text("utf-8") == before:
        raise StepError(f"{_VERSION} has no MAPPING_VERSION to raise")


_IN_WORDS: dict[str, Callable[[Tree], None]] = {"docs": _make_docs, "raise": _raise_version}
