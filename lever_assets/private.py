"""Files and folders for their owner alone: what is in them of candidates is nobody else's business.

What this program makes is made so, whatever the umask; its processes have one of 077, so that Dagster's files
are so too. What an earlier version made, or a Dagster that was started otherwise, is put right at the start.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

FILE = 0o600
FOLDER = 0o700
OTHERS = 0o077
_PROJECT = (".git", "pyproject.toml", "workspace.yaml")
"""A folder with one of these holds more than our data."""


def set_umask() -> int:
    """Have this process, and those that it starts, make everything for its owner alone; return how it was."""
    return os.umask(OTHERS)


@contextmanager
def umask() -> Iterator[None]:
    """Have it so within the block."""
    before = set_umask()
    try:
        yield
    finally:
        os.umask(before)


def make_folder(path: Path) -> None:
    """Make a folder, with those above it that are missing; raises OSError if that can't be."""
    for missing in reversed([each for each in path.parents if not each.exists()]):
        missing.mkdir(mode=FOLDER, exist_ok=True)
    path.mkdir(mode=FOLDER, exist_ok=True)


def write(path: Path, content: str | bytes) -> None:
    """Write a file anew, a text as UTF-8; raises OSError if that can't be."""
    with open(path, "wb", opener=_opener) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def make(path: Path, content: str) -> None:
    """Write a file unless there is one: it comes into being whole, for whoever comes first.

    Raises OSError if that can't be.
    """
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        write(whole, content)
        with suppress(FileExistsError):
            path.hardlink_to(whole)


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another: whoever reads has the one or the other, whole.

    Raises OSError if that can't be.
    """
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        write(whole, content)
        whole.replace(path)


def overwrite(path: Path, content: bytes) -> None:
    """Write the beginning of a file in place: who is killed in between leaves what was there, not nothing.

    Raises OSError if that can't be.
    """
    with open(path, "wb", opener=lambda name, flags: _opener(name, flags & ~os.O_TRUNC)) as file:
        file.write(content)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, FILE)


@cache
def close_to_others(folder: Path) -> None:
    """Take from others what rights they have to a folder, and to all that is in it; once in a process.

    The owner's own rights stay, and so does everything in a folder that is not ours alone (`is_shared`).
    What can't be changed, on a read-only disk for one, is left as it is.
    """
    if is_shared(folder):
        return
    _close(folder)
    waiting: list[str | Path] = [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for each in entries:
                _close(each)
                if each.is_dir(follow_symlinks=False):
                    waiting.append(each.path)


def is_shared(folder: Path) -> bool:
    """Return whether more than our data is in a folder: somebody's home, a project, a place for everybody."""
    with suppress(OSError):
        folder = folder.resolve()
        if folder in {Path(folder.anchor), Path.home()} or folder.stat().st_mode & stat.S_ISVTX:
            return True
        return any((folder / name).exists() for name in _PROJECT)
    return False


def _close(path: "Path | os.DirEntry[str]") -> None:
    with suppress(OSError):
        mode = os.lstat(path).st_mode
        if mode & OTHERS and not stat.S_ISLNK(mode):
            os.chmod(path, stat.S_IMODE(mode) & ~OTHERS)  # noqa: PTH101 - of an entry, too
