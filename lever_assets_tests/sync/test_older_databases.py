"""Databases that an earlier version of the program filled are brought up to this one."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, update

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.tables import RAW, UNIFIED, changes, schema_version, sync_state
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.ids import joined, unified_id
from lever_assets_tests.sync.tables import Account

pytestmark = pytest.mark.long

Rows = dict[str, dict[str, Any]]
OWN_WORDS = {
    "hiringManager": "job:hiring_manager",
    "owner": "job:posting_owner",
    "followers": "job:followers",
}
"""What we called the roles on jobs before they went by Lever's words."""
MODELS = ("roles", "user_roles", "job_user_role_assignments")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account, one of whose users has a role that it made itself."""
    with running_sandbox(SandboxConfig(opportunities=5, seed=7, rate=0)) as running:
        made, *others = running.ids("users")
        running.edit("users", made, {"accessRole": "Hiring Coordinator (EMEA)"})
        for other in others:
            running.edit("users", other, {"accessRole": "super admin"})
        yield running


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """The account, synced once."""
    made = Account(sandbox, tmp_path, database_url)
    made.sync()
    return made


def old_word(word: str) -> str:
    """Return what a role was called before."""
    return OWN_WORDS.get(word) or re.sub(r"[\s_-]+", "_", word.strip()).lower()


def make_older(account: Account, also: Callable[[Connection], object] = lambda _: None) -> None:
    """Write roles, and what refers to them, as the program before did; and do something `also`."""
    now = stored(account, *MODELS, "users", "job_hiring_team_members")
    words = {own: row["remote_id"] for own, row in now["roles"].items()}
    ids = {own: unified_id("lever", "roles", old_word(word)) for own, word in words.items()}

    def referring(model: str, row: Mapping[str, Any], key: str, *parts: str) -> dict[str, Any]:
        content = {key: row[key], "role_id": ids[row["role_id"]]}
        own = unified_id("lever", model, joined(*parts, old_word(words[row["role_id"]])))
        return {"id": own, **content, "content_hash": hash_of(content)}

    def user_of(row: Mapping[str, Any]) -> str:
        member = now["job_hiring_team_members"][row["job_user_id"]]
        return str(now["users"][member["user_id"]]["remote_id"])

    older: dict[str, Rows] = {model: {} for model in MODELS}
    for own, row in now["roles"].items():
        names = ("remote_label", "scope", "unified_type")
        content = {"remote_id": old_word(words[own]), **{name: row[name] for name in names}}
        older["roles"][own] = {"id": ids[own], **content, "content_hash": hash_of(content)}
    for own, row in now["user_roles"].items():
        older["user_roles"][own] = referring("user_roles", row, "user_id", row["source_key"])
    for own, row in now["job_user_role_assignments"].items():
        parts = (row["source_key"], user_of(row))
        older["job_user_role_assignments"][own] = referring(
            "job_user_role_assignments", row, "job_user_id", *parts
        )
    with account.session() as session, session.writing() as tx:
        for model, renamed in older.items():
            table = UNIFIED[model]
            for own, values in renamed.items():
                tx.sql.execute(update(table).where(table.c.id == own).values(values))
                tx.sql.execute(update(changes).where(changes.c.row_id == own).values(row_id=values["id"]))
        state = sync_state.c
        for mark in tx.sql.execute(select(sync_state).where(state.key.startswith("model:"))).all():
            mapped = {**mark.value, "signature": "of the mapping before"}
            tx.sql.execute(update(sync_state).where(state.key == mark.key).values(value=mapped))
        also(tx.sql)
        tx.sql.execute(update(schema_version).values(version=0))


def hash_of(content: Mapping[str, Any]) -> str:
    return fingerprint(canonical({name: value for name, value in content.items() if value is not None}))


def stored(account: Account, *models: str) -> dict[str, Rows]:
    """Return the rows of these models by id, with all their bookkeeping; opening the database migrates it."""
    return {model: {row["id"]: row for row in rows_of(account, UNIFIED[model])} for model in models}


def rows_of(account: Account, table: Table) -> list[dict[str, Any]]:
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            return [dict(row) for row in tx.sql.execute(select(table)).mappings()]
    finally:
        store.close()


def test_roles_come_to_go_by_lever_s_words_without_anything_being_new_or_gone(account: Account) -> None:
    expected = stored(account, *MODELS)
    make_older(account)

    migrated = stored(account, *MODELS)
    assert migrated["user_roles"] == expected["user_roles"]
    assert migrated["job_user_role_assignments"] == expected["job_user_role_assignments"]
    assert migrated["roles"].keys() == expected["roles"].keys()

    account.sync()
    after = stored(account, *MODELS)
    assert after["user_roles"] == expected["user_roles"]
    assert after["job_user_role_assignments"] == expected["job_user_role_assignments"]
    renamed = {own: row["remote_id"] for own, row in expected["roles"].items()}
    renamed = {own: word for own, word in renamed.items() if word != old_word(word)}
    assert set(renamed.values()) == {"super admin", "Hiring Coordinator (EMEA)", *OWN_WORDS}
    for own, row in expected["roles"].items():
        moved = {name for name in row if after["roles"][own][name] != row[name]}
        assert moved == ({"changed_at"} if own in renamed else set())


def test_the_history_tells_what_came_to_be_called_otherwise_and_no_more(account: Account) -> None:
    ids = {own: row["remote_id"] for own, row in stored(account, "roles")["roles"].items()}
    seen = max(row["id"] for row in rows_of(account, changes))
    make_older(account)
    account.sync()

    every = rows_of(account, changes)
    told = {(row["model"], ids[row["row_id"]], row["kind"]) for row in every if row["id"] > seen}
    assert told == {("roles", word, "updated") for word in ids.values() if word != old_word(word)}
    now = stored(account, *MODELS)
    for model in MODELS:
        assert {row["row_id"] for row in every if row["model"] == model} == set(now[model])


def test_of_two_spellings_the_row_goes_by_the_one_that_it_went_by(account: Account) -> None:
    *_, user = account.sandbox.ids("users")

    def spelt_otherwise(conn: Connection) -> None:
        c = RAW["users"].c
        data = {**conn.execute(select(c.data).where(c.remote_id == user)).scalar_one()}
        data["accessRole"] = "super_admin"
        conn.execute(update(RAW["users"]).where(c.remote_id == user).values(data=data))

    make_older(account, also=spelt_otherwise)
    account.sandbox.edit("users", user, {"accessRole": "super_admin"})
    before = {row["id"] for row in rows_of(account, UNIFIED["roles"])}
    account.sync()

    now = stored(account, *MODELS)
    words = {row["remote_id"]: own for own, row in now["roles"].items() if not row["remote_deleted_at"]}
    assert words["super_admin"] in before
    assert "super admin" in words
    held = [row["role_id"] for row in now["user_roles"].values() if row["source_key"] == user]
    assert held == [words["super_admin"]]


def test_what_refers_to_roles_is_renamed_when_these_are_left_out(account: Account) -> None:
    expected = stored(account, "user_roles", "job_user_role_assignments")
    make_older(account, also=lambda conn: conn.execute(UNIFIED["roles"].delete()))

    assert stored(account, "user_roles", "job_user_role_assignments") == expected


def test_without_the_users_the_people_of_postings_tell_whose_role_it_was(account: Account) -> None:
    expected = stored(account, "job_user_role_assignments")
    make_older(account, also=lambda conn: conn.execute(UNIFIED["users"].delete()))
    assert stored(account, "job_user_role_assignments") == expected
