"""Tables into a folder, a file each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lever_assets import private
from lever_assets.frames.files import Format, writing
from lever_assets.frames.reading import Tables
from lever_assets.frames.whole import whole
from lever_assets.lever.wording import counted
from lever_assets.store import QuestionError
from lever_assets.store.selecting import Asked


@dataclass(frozen=True)
class Exported:
    """How far a table is: the rows that are in its file."""

    table: str
    rows: int
    file: Path

    def __str__(self) -> str:
        return f"{self.table}: {counted(self.rows, 'row')}"


def folder_of(place: str) -> Path:
    """Return the folder that a path or a file:// URL names; raises QuestionError for another URL."""
    address = urlsplit(place)
    if "://" not in place:
        return Path(place).expanduser()
    if address.scheme == "file" and address.netloc in {"", "localhost"} and address.path:
        return Path(unquote(address.path))
    raise QuestionError(f"{place[:80]!r} is no folder", "give a folder, or a URL such as file:///srv/export")


def export(
    tables: Tables, asked: Asked, folder: Path, format: Format, tell: Callable[[Exported], None]
) -> Exported:
    """Write what is asked of a table into `<table>.<format>` of a folder, which is made if it is not there.

    The file is there when it is whole, and for its owner alone; `tell` is told how far it is. Raises
    QuestionError, OSError if it can't be written.
    """
    private.make_folder(folder)
    path = folder / f"{asked.table}.{format}"
    fields, batches = tables.read(asked)
    count = 0
    with whole(path) as file, writing(format, file, asked.table, fields) as write:
        for rows in batches:
            write(rows)
            count += len(rows)
            tell(Exported(asked.table, count, path))
    return Exported(asked.table, count, path)
