"""Where a database is: its URL made right, the file that a SQLite URL names, and the options it may have."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from lever_assets import private
from lever_assets.store.errors import StoreError, UnfitError, UnreachableError

_OF_SQLITE_FILES = frozenset({"mode", "cache", "immutable", "nolock", "psow", "vfs"})
"""What SQLite takes in a file's URI (sqlite.org/uri.html)."""
_RAW_SCHEMA = "raw_schema"
"""An option of ours, which no driver sees: where the tables are is all in the URL (`Settings.tables_url`)."""


def database_url(text: str) -> URL:
    """Return the URL with its driver; raise StoreError if it isn't one of SQLite or PostgreSQL.

    `postgres://` and `postgresql://` get psycopg 3. SQLite must be a file: memory would not outlive the
    program.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database URL can't be understood",
            "write it like sqlite:///lever.db or postgresql://user:password@host/database",
        ) from None
    backend = url.drivername.split("+")[0]
    if backend in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(
            f"a {backend} database can't be used",
            "use SQLite (sqlite:///lever.db) or PostgreSQL (postgresql://...)",
        )
    if sqlite_file(url) is None:
        raise StoreError("a SQLite database in memory can't be used", "name a file: sqlite:///lever.db")
    return url.set(drivername="sqlite")


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite URL; None for PostgreSQL and for a database in memory."""
    if not url.drivername.startswith("sqlite") or url.database in {None, "", ":memory:"}:
        return None
    name = str(url.database)
    if name.startswith("file:"):
        name = name.removeprefix("file:")
    return None if name == ":memory:" else Path(name)


def raw_schema(url: URL) -> str | None:
    """Return the schema of the raw and bookkeeping tables; None: they are beside the others."""
    found = url.query.get(_RAW_SCHEMA)
    return found if isinstance(found, str) else None


def without_ours(options: dict[str, object]) -> None:
    """Take out of a driver's options what is none of its."""
    options.pop(_RAW_SCHEMA, None)


def immutable_url(url: URL) -> URL | None:
    """Return the URL that reads a SQLite file where nothing can be written; None if that would be wrong.

    SQLite wants to make its log and an index of it beside the file, also to read it (sqlite.org/wal.html,
    "Read-Only Databases"), unless the file is declared immutable. So it is while it has no log: nobody has it
    open, and all that was committed is in it.
    """
    file = sqlite_file(url)
    if file is None or not file.is_file():
        return None
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        return None
    return url.set(
        database=f"file:{quote(str(file.absolute()))}", query={"mode": "ro", "immutable": "1", "uri": "true"}
    )


def check_options(url: URL) -> None:
    """Raise UnfitError when the URL has an option that does not exist."""
    if url.drivername == "sqlite":
        known = {"timeout", "uri"} | (_OF_SQLITE_FILES if url.query.get("uri") == "true" else frozenset())
        hint = "SQLite's own need sqlite:///file:lever.db?uri=true&mode=..."
    else:
        from psycopg.pq import Conninfo  # noqa: PLC0415 - not with SQLite: see errors.py

        known = {_RAW_SCHEMA} | {option.keyword.decode() for option in Conninfo.get_defaults()}
        hint = "PostgreSQL's documentation, 34.1.2, has those that there are"
    unknown = sorted(set(url.query) - known)
    if unknown:
        raise UnfitError(f"the database URL has an unknown option {unknown[0]!r}", f"take it out; {hint}")


def make_room(file: Path) -> None:
    """Make a SQLite file, for its owner alone, and its folder; UnreachableError when that can't be made."""
    try:
        private.make_folder(file.parent)
    except OSError as error:
        raise UnreachableError(
            f"the folder {file.parent} can't be made ({error.strerror})",
            "choose another place for the database",
        ) from error
    # Candidates are nobody else's business, and SQLite's further files follow. If it can't be made,
    # opening it says why.
    with suppress(OSError):
        file.touch(mode=private.FILE, exist_ok=False)
