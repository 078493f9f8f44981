"""Files of what was created through this connector: JSON lines or CSV, out of the database and into one.

Only `created_records` knows it: Lever does not tell by whom a record was made. With LEVER_ONLY_CREATED a lost
database can't be filled again without it.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.store import Store, created
from lever_assets.store.created import Created
from lever_assets.store.transaction import now
from lever_assets.sync.checkpoints import MAPPED
from lever_assets.sync.retention.coverage import cover_anew, covered

_MODELS = ("candidates", "applications")
"""What actions create; opportunities stand under `candidates`."""
_FIELDS = ("model", "remote_id", "created_at", "action_id")
_UNKNOWN = "imported"
"""Stands for the action where a file names none."""
_LONGEST = 200
"""Characters of an id; Lever's have 36."""


class CreatedFileError(Exception):
    """A file can't be taken; says in which line, why, and what it takes."""


def write_created(store: Store, account: str, file: TextIO, *, as_csv: bool) -> int:
    """Write all that was created through this connector, a line each; return how many."""
    with store.reading(account) as tx:
        lines = [_plain(each) for each in created.each_kept(tx)]
    if as_csv:
        writer = csv.DictWriter(file, _FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    else:
        file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in lines)
    return len(lines)


def read_created(file: Iterable[str]) -> list[Created]:
    """Return what a file holds, JSON lines or CSV with a header; raises CreatedFileError.

    Needs `model` and `remote_id`. What else a line has is not looked at, but for `created_at` (ISO 8601,
    without a zone UTC) and `action_id`.
    """
    return [_read(number, line) for number, line in _lines(file)]


def import_created(store: Store, account: str, records: Iterable[Created]) -> int:
    """Keep these records as created through this connector; return how many were not known to be.

    The next sync reads those that LEVER_ONLY_CREATED left out until now, and maps the candidates again: what
    we wrote is read as we write it. Raises BusyError while a sync of the connection is under way.
    """
    with store.exclusive(account), store.writing(account) as tx:
        new = created.keep(tx, records)
        if new:
            MAPPED.forget(tx, "candidates")
            if covered(tx, OPPORTUNITIES).created:
                cover_anew(tx, OPPORTUNITIES)
        return new


def _plain(record: Created) -> dict[str, str]:
    return {**vars(record), "created_at": record.created_at.isoformat()}


def _lines(file: Iterable[str]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the lines that are not blank, by number."""
    numbered = ((number, line) for number, line in enumerate(file, 1) if line.strip("\ufeff \t\r\n"))
    first = next(numbered, None)
    if first is None:
        return
    rest = (line for line in (first, *numbered))
    if first[1].lstrip("\ufeff \t").startswith("{"):
        yield from ((number, _object(number, line)) for number, line in rest)
        return
    yield from _rows(list(rest))


def _object(number: int, line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line.strip("\ufeff"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CreatedFileError(f"line {number} is no JSON object: write one a line, or CSV with a header")
    return found


def _rows(lines: list[tuple[int, str]]) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        reader = csv.DictReader(line.lstrip("\ufeff") for _, line in lines)
        missing = [name for name in _FIELDS[:2] if name not in (reader.fieldnames or ())]
        if missing:
            raise CreatedFileError(
                f"line {lines[0][0]} is neither a JSON object nor a header of CSV: it has no "
                + " and no ".join(missing)
            )
        yield from ((lines[min(reader.line_num, len(lines)) - 1][0], row) for row in reader)
    except csv.Error as error:
        raise CreatedFileError(f"it can't be read as CSV: {error}") from None


def _read(number: int, line: Mapping[str, object]) -> Created:
    model, remote_id = line.get("model"), line.get("remote_id")
    if model not in _MODELS or not isinstance(model, str):
        raise CreatedFileError(f"line {number}: model has to be one of {', '.join(_MODELS)}")
    if not _is_id(remote_id):
        raise CreatedFileError(f"line {number}: remote_id has to be Lever's id of the record")
    action = line.get("action_id") or _UNKNOWN
    if not _is_id(action):
        raise CreatedFileError(f"line {number}: action_id has to be the id of an action, or to be left out")
    return Created(model, str(remote_id), str(action), _instant(number, line.get("created_at")))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() and " " not in value


def _instant(number: int, value: object) -> datetime:
    if value in {None, ""}:
        return now()
    try:
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CreatedFileError(
            f"line {number}: created_at has to be an instant such as 2026-01-31T12:00:00+00:00"
        ) from None
