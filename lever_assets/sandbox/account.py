"""The account's records in SQLite: JSON bodies with the columns that filters need, on disk or in memory.

Pages are put together from the stored bytes without parsing them, and found by keyset, so that a million
opportunities cost no more memory than ten.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from lever_assets.sandbox.pagination import Key
from lever_assets.sandbox.schema import SUB_RESOURCES, TABLES, Record, Table

# Who is reached at which address, kept up to date by the database itself.
EMAILS = """
CREATE TABLE emails (email TEXT COLLATE NOCASE, opportunity TEXT);
CREATE INDEX emails_email ON emails (email);
CREATE INDEX emails_opportunity ON emails (opportunity);
CREATE TRIGGER emails_added AFTER INSERT ON opportunities BEGIN
  DELETE FROM emails WHERE opportunity = NEW.id;
  INSERT INTO emails SELECT value, NEW.id FROM json_each(NEW.body, '$.emails');
END;
CREATE TRIGGER emails_changed AFTER UPDATE ON opportunities BEGIN
  DELETE FROM emails WHERE opportunity = OLD.id;
  INSERT INTO emails SELECT value, NEW.id FROM json_each(NEW.body, '$.emails');
END;
CREATE TRIGGER emails_removed AFTER DELETE ON opportunities BEGIN
  DELETE FROM emails WHERE opportunity = OLD.id;
END;
"""

# Up to so many matches of an updated_at filter are sorted; beyond, walking all records is cheaper.
FEW = 2000


@dataclass(frozen=True)
class Where:
    """A condition on a table: SQL clauses joined by AND, and their parameters.

    `updated` repeats the clauses on the `updated` column alone, from which the way to the page is chosen.
    """

    clauses: tuple[str, ...] = ()
    params: tuple[Any, ...] = ()
    updated: tuple[str, ...] = ()
    updated_params: tuple[int, ...] = ()


@dataclass(frozen=True)
class Page:
    """Records as JSON, and the key after which the next page begins (None on the last)."""

    rows: list[bytes] = field(default_factory=list)
    following: Key | None = None


class Account:
    """A mutable Lever account. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        # Nothing here is worth keeping through a power cut, and an fsync costs more than an edit.
        self._db.executescript(
            "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000"
        )
        known = self._db.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'opportunities'"
        ).fetchone()[0]
        # In a file that is opened again, new rows are numbered after everything it holds.
        self._ordinal = -(10**12) if known else 0
        if not known:
            for table in TABLES.values():
                for statement in table.ddl():
                    self._db.execute(statement)
            self._db.execute(
                "CREATE TABLE deleted (resource TEXT, id TEXT, deleted_at INTEGER, deleted_by TEXT,"
                " PRIMARY KEY (resource, id))"
            )
            self._db.execute("CREATE TABLE made_of (description TEXT)")
            self._db.execute("CREATE TABLE contents (id TEXT PRIMARY KEY, content BLOB NOT NULL)")
            self._db.executescript(EMAILS)

    @property
    def database(self) -> sqlite3.Connection:
        """The database, for what is kept beside the records; to be used under `lock`."""
        return self._db

    def close(self) -> None:
        """Give the database back."""
        with self.lock:
            self._db.close()

    def made_of(self) -> str | None:
        """What a finished account says it was generated from; None for an empty or unfinished one."""
        row = self._db.execute("SELECT description FROM made_of").fetchone()
        return str(row[0]) if row else None

    def finish(self, description: str) -> None:
        """Note that the account is whole."""
        self._db.execute("INSERT INTO made_of VALUES (?)", (description,))

    # Reading

    def get(self, resource: str, ident: str, parent: str | None = None) -> bytes | None:
        """One record as JSON; with `parent`, only if it belongs to that opportunity."""
        sql = f"SELECT CAST(body AS BLOB) FROM {TABLES[resource].name} WHERE id = ?"  # noqa: S608 (own table name)
        params: tuple[str, ...] = (ident,)
        if parent is not None:
            sql, params = f"{sql} AND parent = ?", (ident, parent)
        with self.lock:
            row = self._db.execute(sql, params).fetchone()
        return row[0] if row else None

    def record(self, resource: str, ident: str) -> Record | None:
        """One record, parsed."""
        body = self.get(resource, ident)
        return None if body is None else orjson.loads(body)

    def many(self, resource: str, idents: Iterable[str]) -> dict[str, bytes]:
        """Several records by id; those that don't exist are left out."""
        wanted = list(dict.fromkeys(idents))
        marks = ",".join("?" * len(wanted))
        sql = f"SELECT id, CAST(body AS BLOB) FROM {TABLES[resource].name} WHERE id IN ({marks})"  # noqa: S608 (as above)
        with self.lock:
            return dict(self._db.execute(sql, wanted).fetchall())

    def confidentiality(self, resource: str, ident: str) -> str | None:
        """The confidentiality of an opportunity, posting or requisition; None when it doesn't exist."""
        sql = f"SELECT confidentiality FROM {TABLES[resource].name} WHERE id = ?"  # noqa: S608 (as above)
        with self.lock:
            row = self._db.execute(sql, (ident,)).fetchone()
        return (row[0] or "non-confidential") if row else None

    def children(self, resource: str, parent: str) -> list[bytes]:
        """The records of an opportunity, newest first."""
        sql = (
            f"SELECT CAST(body AS BLOB) FROM {TABLES[resource].name} INDEXED BY {resource}_parent"  # noqa: S608 (as above)
            " WHERE parent = ? ORDER BY sort DESC, id DESC"
        )
        with self.lock:
            return [row[0] for row in self._db.execute(sql, (parent,)).fetchall()]

    def newest_of_contact(self, contact: str) -> Record | None:
        """The newest opportunity of a person."""
        with self.lock:
            row = self._db.execute(
                "SELECT CAST(body AS BLOB) FROM opportunities WHERE contact = ?"
                " ORDER BY sort DESC, id DESC LIMIT 1",
                (contact,),
            ).fetchone()
        return orjson.loads(row[0]) if row else None

    def opportunities_of_contact(self, contact: str) -> list[str]:
        """The ids of a person's opportunities, newest first."""
        with self.lock:
            rows = self._db.execute(
                "SELECT id FROM opportunities WHERE contact = ? ORDER BY sort DESC, id DESC", (contact,)
            ).fetchall()
        return [row[0] for row in rows]

    def contact_with_email(self, emails: Iterable[str]) -> str | None:
        """The person with one of these addresses, whatever their case; the one who came last."""
        with self.lock:
            row = self._db.execute(
                "SELECT contact FROM emails JOIN opportunities ON id = opportunity"
                " WHERE email IN (SELECT value FROM json_each(?)) ORDER BY sort DESC, id DESC LIMIT 1",
                (orjson.dumps(list(emails)).decode(),),
            ).fetchone()
        return row[0] if row else None

    def application_of(self, contact: str, posting: str) -> Record | None:
        """The application of a person for a posting."""
        with self.lock:
            row = self._db.execute(
                "SELECT CAST(applications.body AS BLOB) FROM applications"
                " JOIN opportunities ON opportunities.id = applications.parent"
                " WHERE contact = ? AND posting = ? ORDER BY applications.sort DESC LIMIT 1",
                (contact, posting),
            ).fetchone()
        return orjson.loads(row[0]) if row else None

    def content(self, ident: str) -> bytes | None:
        """The bytes of an uploaded file."""
        with self.lock:
            row = self._db.execute("SELECT content FROM contents WHERE id = ?", (ident,)).fetchone()
        return row[0] if row else None

    def page(self, resource: str, where: Where, limit: int, after: Key | None) -> Page:
        """A page of records that match, newest first, after a key."""
        table = TABLES[resource].name
        with self.lock:
            hint = self._way(table, where)
            clauses, params = list(where.clauses), list(where.params)
            if after is not None:
                clauses.append("(sort, id) < (?, ?)")
                params += after
            condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
            rows = self._db.execute(
                f"SELECT sort, id, CAST(body AS BLOB) FROM {table}{hint}{condition}"  # noqa: S608 (own names)
                " ORDER BY sort DESC, id DESC LIMIT ?",
                (*params, limit + 1),
            ).fetchall()
        more = len(rows) > limit
        rows = rows[:limit]
        return Page([row[2] for row in rows], Key(rows[-1][0], rows[-1][1]) if more else None)

    def _way(self, table: str, where: Where) -> str:
        """The index for a page filtered by updatedAt: the filter's if it leaves few, or the order's."""
        if not where.updated:
            return ""
        few = self._db.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} INDEXED BY {table}_updated"  # noqa: S608 (as above)
            f" WHERE {' AND '.join(where.updated)} LIMIT {FEW})",
            where.updated_params,
        ).fetchone()[0]
        return f" INDEXED BY {table}_{'updated' if few < FEW else 'newest'}"

    def count(self, resource: str) -> int:
        """How many records there are."""
        sql = f"SELECT count(*) FROM {TABLES[resource].name}"  # noqa: S608 (as above)
        with self.lock:
            return int(self._db.execute(sql).fetchone()[0])

    def ids(self, resource: str) -> list[str]:
        """All ids, oldest first."""
        sql = f"SELECT id FROM {TABLES[resource].name} ORDER BY sort, id"  # noqa: S608 (as above)
        with self.lock:
            return [row[0] for row in self._db.execute(sql)]

    def deleted(
        self, resource: str, start: int | None, end: int | None, limit: int, after: Key | None
    ) -> Page:
        """What was deleted between two instants (ms, inclusive), newest first."""
        sort, ident = after or Key(2**62, "")
        with self.lock:
            rows = self._db.execute(
                "SELECT deleted_at, id, deleted_by FROM deleted"
                " WHERE resource = ? AND deleted_at >= ? AND deleted_at <= ? AND (deleted_at, id) < (?, ?)"
                " ORDER BY deleted_at DESC, id DESC LIMIT ?",
                (resource, start or 0, 2**62 if end is None else end, sort, ident, limit + 1),
            ).fetchall()
        more, rows = len(rows) > limit, rows[:limit]
        bodies = [orjson.dumps({"id": row[1], "deletedAt": row[0], "deletedBy": row[2]}) for row in rows]
        return Page(bodies, Key(rows[-1][0], rows[-1][1]) if more else None)

    # Writing

    def put(self, resource: str, records: Iterable[tuple[Record, str | None]]) -> None:
        """Store records, each with its opportunity's id if it has one, in one transaction."""
        table = TABLES[resource]
        marks = ",".join("?" * len(table.all_columns))
        sql = f"INSERT OR REPLACE INTO {table.name} ({','.join(table.all_columns)}) VALUES ({marks})"  # noqa: S608 (as above)
        with self.lock:
            self._db.execute("BEGIN")
            try:
                self._db.executemany(sql, (self._row(table, record, parent) for record, parent in records))
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _row(self, table: Table, record: Record, parent: str | None) -> tuple[Any, ...]:
        self._ordinal -= 1
        # A list without instants comes in the order in which it was made.
        sort = record.get(table.ordered_by) or 0 if table.ordered_by else self._ordinal
        # EEO answers have no id of their own; they get the number in which they came.
        ident = record.get(table.key) or f"{-self._ordinal:012d}"
        return (ident, parent, sort, *table.values(record), orjson.dumps(record).decode())

    def replace(self, resource: str, ident: str, record: Record) -> None:
        """Store a changed record where the old one stood."""
        table = TABLES[resource]
        changed = dict(zip(table.columns, table.values(record), strict=True))
        changed |= {"id": record.get(table.key) or ident, "body": orjson.dumps(record).decode()}
        if table.ordered_by:
            changed["sort"] = record.get(table.ordered_by) or 0
        assignments = ", ".join(f"{name} = ?" for name in changed)
        sql = f"UPDATE {table.name} SET {assignments} WHERE id = ?"  # noqa: S608 (as above)
        with self.lock:
            self._db.execute(sql, (*changed.values(), ident))

    def keep_content(self, ident: str, content: bytes) -> None:
        """Keep the bytes of a file under its id."""
        with self.lock:
            self._db.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (ident, content))

    def forget_content(self, ident: str) -> None:
        """Give up the bytes of a file."""
        with self.lock:
            self._db.execute("DELETE FROM contents WHERE id = ?", (ident,))

    def delete(self, resource: str, ident: str, deleted_at: int | None, deleted_by: str | None) -> bool:
        """Remove a record and, for an opportunity, all that hangs on it; False when there was none.

        The deleted-list tells of it at `deleted_at` (ms), or not at all when that is None.
        """
        sql = f"DELETE FROM {TABLES[resource].name} WHERE id = ?"  # noqa: S608 (as above)
        with self.lock:
            gone = self._db.execute(sql, (ident,)).rowcount > 0
            if gone and deleted_at is not None:
                self.note_deleted(resource, [(ident, deleted_at, deleted_by)])
            if gone and resource == "opportunities":
                for child in SUB_RESOURCES:
                    for (child_id,) in self._db.execute(
                        f"SELECT id FROM {child} WHERE parent = ?",  # noqa: S608 (as above)
                        (ident,),
                    ).fetchall():
                        self.delete(child, child_id, deleted_at, deleted_by)
        return gone

    def note_deleted(self, resource: str, entries: Sequence[tuple[str, int, str | None]]) -> None:
        """Fill the deleted-list: id, instant (ms), user."""
        with self.lock:
            self._db.executemany(
                "INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?)",
                [(resource, ident, at, by) for ident, at, by in entries],
            )
