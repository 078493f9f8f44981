"""The database: whether it can be used, what it is, its tables, its room."""

from lever_assets.prerequisites.findings import Finding, Group, Verdict, as_sentence
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store, StoreError
from lever_assets.store.condition import Condition, condition
from lever_assets.store.errors import DamagedError, NewerSchemaError, UnfitError

_PATIENCE = 5.0
"""Seconds that another program's lock is waited for."""
_LEAST = 100_000_000
"""Bytes without which a sync soon fails."""
_WHY = {
    "database": "All that is read is kept there.",
    "tables": "They are made and moved on by this program when it opens the database.",
    "free space": "A full disk stops a sync, and erasing writes a second copy of the database.",
}


def opened(settings: Settings) -> tuple[Store | None, list[Finding]]:
    """Open the database, as any command does; return it, if it can be used, and the findings on it."""
    try:
        store = Store.open(settings.tables_url, lock_wait=_PATIENCE)
    except StoreError as error:
        return None, unusable(error)
    try:
        with store.reading(settings.connection) as tx:
            found = condition(tx)
    except StoreError as error:
        store.close()
        return None, unusable(error)
    return store, [_can_be_used(store, found), _tables(found), room(found)]


def _finding(
    subject: str, verdict: Verdict, detail: str, remedy: str = "", *, required: bool = True
) -> Finding:
    return Finding(Group.DATABASE, subject, verdict, _WHY[subject], detail, remedy, required=required)


def unusable(error: StoreError) -> list[Finding]:
    """Return the findings on a database that can't be opened or read."""
    of_tables = isinstance(error, NewerSchemaError | UnfitError | DamagedError)
    verdict = Verdict.CANT_TELL if isinstance(error, BusyError) else Verdict.MISSING
    subject, others = ("tables", ["database"]) if of_tables else ("database", ["tables"])
    untold = [_finding(each, Verdict.CANT_TELL, "As said of the other.") for each in (*others, "free space")]
    return [_finding(subject, verdict, as_sentence(error.problem), as_sentence(error.remedy)), *untold]


def _can_be_used(store: Store, found: Condition) -> Finding:
    what = f"{found.version} at {store.name}"
    if found.writable:
        return _finding("database", Verdict.FINE, what)
    remedy = "Give this user the right to write to it; a copy for reading alone can't be synced into."
    return _finding("database", Verdict.MISSING, f"{what} can't be written.", remedy)


def _tables(found: Condition) -> Finding:
    return _finding("tables", Verdict.FINE, f"Version {found.tables}, as this program's.")


def room(found: Condition) -> Finding:
    """Return the finding on the room that is left for the database."""
    size = f"the database has {_bytes(found.size)}"
    if found.free is None:
        return _finding("free space", Verdict.CANT_TELL, f"PostgreSQL does not tell; {size}.", required=False)
    detail = f"{_bytes(found.free)} are free, {size}."
    if found.free >= _LEAST + found.size:
        return _finding("free space", Verdict.FINE, detail)
    remedy = "Make room on the disk, or move the database (LEVER_DATA_DIR, LEVER_DATABASE_URL)."
    return _finding("free space", Verdict.MISSING, detail, remedy, required=found.free < _LEAST)


def _bytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
