"""The steps of the migrations: changes of what stored rows mean, which no comparison of tables can find.

A step speaks of the tables as they were when it was written: it names the columns that it needs, and knows no
rule of the program's that may change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, insert, inspect, select, union, update
from sqlalchemy.schema import SetColumnComment

from lever_assets.store.tables import (
    RAW,
    UNIFIED,
    accounts,
    changes,
    mapped_fields,
    shown_fields,
    sync_state,
)
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.ids import joined, unified_id

_JOB_ROLES = {
    "job:hiring_manager": "hiringManager",
    "job:posting_owner": "owner",
    "job:followers": "followers",
}
_PARTS = re.compile(r"[\s_-]+")

_roles = UNIFIED["roles"]
_user_roles = UNIFIED["user_roles"]
_members = UNIFIED["job_hiring_team_members"]
_assignments = UNIFIED["job_user_role_assignments"]
_users = UNIFIED["users"]
_CONCERNED = {
    *(each.name for each in (_roles, _user_roles, _members, _assignments, _users, changes)),
    *(RAW[name].name for name in ("users", "postings", "requisitions")),
}


def name_roles_as_lever_does(conn: Connection) -> None:
    """Version 1: a role and its id go by Lever's own word, such as `super admin` or `hiringManager`.

    The rows of `roles` get their new id only: what they say is then brought up to Lever by the next mapping,
    which moves their `changed_at`. Of the rows that refer to them nothing but ids is new: it stays.
    """
    if not set(inspect(conn).get_table_names()) >= _CONCERNED:
        return
    having = (select(each.c.connection) for each in (_roles, _user_roles, _assignments))
    for account in conn.execute(union(*having)).scalars().all():
        for table, rows in _OldRoles(conn, account).renamed():
            _rename(conn, table, rows)


@dataclass(frozen=True)
class _Renamed:
    """A row that gets another id; `role_id` and `content` are of rows that refer to a role."""

    old: str
    new: str
    role_id: str | None = None
    content: Mapping[str, str] | None = None


class _Word(NamedTuple):
    """What Lever calls a role, in the account or on jobs."""

    text: str
    on_jobs: bool = False


@dataclass(frozen=True)
class _OldRoles:
    """The roles of one connection by their old ids, and what tells the new ones."""

    conn: Connection
    connection: str

    def renamed(self) -> Iterator[tuple[Any, Sequence[_Renamed]]]:
        # A role of the account that is called like one on jobs makes way for that first.
        for on_jobs in (False, True):
            words = ((old, word) for old, word in self.words.items() if word.on_jobs is on_jobs)
            yield _roles, [_Renamed(old, self._role_id(word)) for old, word in words]
        yield _user_roles, list(self._user_roles())
        yield _assignments, list(self._assignments())

    @cached_property
    def old_words(self) -> Mapping[str, str]:
        """What each role was called, by its old id, whether it has a row or not."""
        return {unified_id(self.connection, "roles", old): old for old in self._spelt}

    @cached_property
    def words(self) -> Mapping[str, _Word]:
        """Lever's word for each role, by its old id."""
        return {own: self._spelt[old] for own, old in self.old_words.items()}

    @cached_property
    def _spelt(self) -> Mapping[str, _Word]:
        """Lever's word for each role that is known to have one, by what it was called."""
        spelt = {old: _Word(word, on_jobs=True) for old, word in _JOB_ROLES.items()}
        for word in sorted(self.words_of_users.values()):
            spelt.setdefault(_normalised(word), _Word(word))
        # Where it is spelt in several ways, the row stays with the one that it went by.
        spelt |= {word: _Word(word) for word in self.words_of_users.values() if word == _normalised(word)}
        return spelt

    @cached_property
    def words_of_users(self) -> Mapping[str, str]:
        """Lever's word for the role of each user, by Lever's id of the user."""
        c = RAW["users"].c
        found = self.conn.execute(select(c.remote_id, c.data).where(c.connection == self.connection))
        words = {row.remote_id: row.data.get("accessRole") for row in found if isinstance(row.data, dict)}
        return {user: word for user, word in words.items() if isinstance(word, str) and _normalised(word)}

    def _role_id(self, word: _Word) -> str:
        beside = ("account",) if word.text in _JOB_ROLES.values() and not word.on_jobs else ()
        return unified_id(self.connection, "roles", joined(word.text, *beside))

    def _user_roles(self) -> Iterator[_Renamed]:
        c = _user_roles.c
        for row in self._of(_user_roles, c.user_id):
            own = self.words_of_users.get(row.source_key, "")
            is_own = _normalised(own) == self.old_words.get(row.role_id)
            word = _Word(own) if is_own else self.words.get(row.role_id)
            if word is not None:
                role = self._role_id(word)
                new = unified_id(self.connection, "user_roles", joined(row.source_key, word.text))
                yield _Renamed(row.id, new, role, {"user_id": row.user_id, "role_id": role})

    def _assignments(self) -> Iterator[_Renamed]:
        for row in self._of(_assignments, _assignments.c.job_user_id):
            word, user = self.words.get(row.role_id), self._user(row.job_user_id, row.source_key)
            if word is not None and user is not None:
                role = self._role_id(word)
                parts = joined(row.source_key, user, word.text)
                new = unified_id(self.connection, "job_user_role_assignments", parts)
                yield _Renamed(row.id, new, role, {"job_user_id": row.job_user_id, "role_id": role})

    def _of(self, table: Any, *columns: Any) -> Sequence[Any]:
        c = table.c
        query = select(c.id, c.role_id, c.source_key, *columns).where(c.connection == self.connection)
        return self.conn.execute(query).all()

    def _user(self, member: str, posting: str) -> str | None:
        """Return Lever's id of the user who is this member of a posting's team."""
        if member in self._known_members:
            return self._known_members[member]
        return next(
            (
                user
                for user in (*self._people.get(posting, ()), *self._requisition_managers)
                if unified_id(self.connection, "job_hiring_team_members", joined(posting, user)) == member
            ),
            None,
        )

    @cached_property
    def _known_members(self) -> Mapping[str, str]:
        query = select(_members.c.id, _users.c.remote_id).join_from(
            _members, _users, _members.c.user_id == _users.c.id
        )
        found = self.conn.execute(query.where(_members.c.connection == self.connection))
        return {row.id: row.remote_id for row in found}

    @cached_property
    def _people(self) -> Mapping[str, Sequence[str]]:
        """The people on postings, for accounts whose users could not be read."""
        return {
            ident: _ids(data, "owner", "hiringManager", "followers") for ident, data in self._raw("postings")
        }

    @cached_property
    def _requisition_managers(self) -> Sequence[str]:
        found = (user for _, data in self._raw("requisitions") for user in _ids(data, "hiringManager"))
        return tuple(dict.fromkeys(found))

    def _raw(self, resource: str) -> Iterator[tuple[str, Any]]:
        c = RAW[resource].c
        found = self.conn.execute(select(c.remote_id, c.data).where(c.connection == self.connection))
        return ((row.remote_id, row.data) for row in found)


def let_notices_wait_side_by_side(conn: Connection) -> None:
    """Version 2: several notices of a connection may wait for a URL; of changed data it is one at most."""
    conn.exec_driver_sql("DROP INDEX IF EXISTS ux_notice_outbox_pending")


def keep_decisions_in_tables_of_their_own(conn: Connection) -> None:
    """Version 3: what users have decided is no checkpoint any more, since those may be forgotten.

    A connection that was removed and whose rows were kept has a row of `accounts` again; which Lever it was
    connected to is not known. The names of fields, and those that are shown, are in tables of their own.
    """
    inspector = inspect(conn)
    tables = set(inspector.get_table_names())
    if sync_state.name not in tables:
        return
    there = {each["name"] for each in inspector.get_columns(sync_state.name)}
    if not there >= {"connection", "key", "value", "updated_at"}:  # it is made anew, empty
        return
    if accounts.name in tables:
        columns = {each["name"] for each in inspector.get_columns(accounts.name)}
        _keep_removed(conn, _kept_under(conn, _REMOVED), columns)
        _forget(conn, _REMOVED)
    _fill(conn, mapped_fields, (row for each in _kept_under(conn, _MAPPED) for row in _mapped(each)))
    _fill(conn, shown_fields, (row for each in _kept_under(conn, _SHOWN) for row in _shown(each)))
    _forget(conn, _MAPPED, _SHOWN)


_REMOVED, _MAPPED, _SHOWN = "named_at_first", "field_names", "shown_fields"
"""The keys of `sync_state` until then."""


def _kept_under(conn: Connection, key: str) -> Sequence[Any]:
    c = sync_state.c
    return conn.execute(select(c.connection, c.value, c.updated_at).where(c.key == key)).all()


def _forget(conn: Connection, *keys: str) -> None:
    conn.execute(delete(sync_state).where(sync_state.c.key.in_(keys)))


def _keep_removed(conn: Connection, kept: Sequence[Any], columns: set[str]) -> None:
    """Make the rows of accounts that were removed; of one that was connected again the row is there."""
    names = [each.connection for each in kept]
    c = accounts.c
    known = set(conn.execute(select(c.connection).where(c.connection.in_(names))).scalars())
    rows = [
        {
            "connection": each.connection,
            "named_at_first": each.value if isinstance(each.value, str) else each.connection,
            "kind": "api_key",
            "environment": "custom",
            "enabled": False,
            "settings": {},
            **dict.fromkeys(("created_at", "updated_at", "removed_at"), each.updated_at),
        }
        for each in {each.connection: each for each in kept}.values()
        if each.connection not in known
    ]
    if not rows:
        return
    if c.removed_at.name not in columns:
        kind = c.removed_at.type.compile(dialect=conn.dialect)
        conn.exec_driver_sql(f"ALTER TABLE {accounts.name} ADD COLUMN {c.removed_at.name} {kind}")
        if conn.dialect.supports_comments:
            conn.execute(SetColumnComment(c.removed_at))
    conn.execute(insert(accounts), rows)


def _mapped(kept: Any) -> Iterator[dict[str, str]]:
    models = kept.value if isinstance(kept.value, dict) else {}
    for model, names in models.items():
        for name, field in names.items() if isinstance(names, dict) else ():
            if isinstance(field, str):
                yield {"connection": kept.connection, "model": model, "name": name, "field": field}


def _shown(kept: Any) -> Iterator[dict[str, str]]:
    models = kept.value if isinstance(kept.value, dict) else {}
    for model, fields in models.items():
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, str):
                yield {"connection": kept.connection, "model": model, "field": field}


def _fill(conn: Connection, table: Table, rows: Iterable[Mapping[str, str]]) -> None:
    key = [column.name for column in table.primary_key]
    once = {tuple(row[name] for name in key): row for row in rows}  # a torn table has rows twice
    if once:
        table.create(conn, checkfirst=True)
        conn.execute(insert(table), list(once.values()))


def _rename(conn: Connection, table: Any, rows: Sequence[_Renamed]) -> None:
    there = set(conn.execute(select(table.c.id)).scalars())
    fresh = [row for row in rows if row.new not in there]
    if not fresh:
        return
    values: dict[str, Any] = {"id": bindparam("new")}
    if fresh[0].role_id is not None:
        values |= {"role_id": bindparam("role"), "content_hash": bindparam("hash")}
    conn.execute(
        update(table).where(table.c.id == bindparam("old")).values(values),
        [
            {"old": row.old, "new": row.new}
            | ({"role": row.role_id, "hash": fingerprint(canonical(row.content))} if row.role_id else {})
            for row in fresh
        ],
    )
    conn.execute(
        update(changes).where(changes.c.row_id == bindparam("old")).values(row_id=bindparam("new")),
        [{"old": row.old, "new": row.new} for row in fresh],
    )


def _normalised(word: str) -> str:
    return _PARTS.sub("_", word.strip()).strip("_").lower()


def _ids(data: Any, *keys: str) -> Sequence[str]:
    """Return the ids in these keys, which hold an id, an object with one, or a list of either."""
    held = [data.get(key) for key in keys] if isinstance(data, dict) else []
    each = [item for value in held for item in (value if isinstance(value, list) else [value])]
    ids = [item.get("id") if isinstance(item, dict) else item for item in each]
    return tuple(str(ident) for ident in ids if isinstance(ident, str | int))
