"""What an action adds is in the tables of extra models at once; without them nothing is read for it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.recruiting import Recruiting, synced_account

EXTRA = {"extra_models": ("notes", "attachments")}
FILE = {"name": "cover letter.txt", "data": "SGk=", "content_type": "text/plain"}


def rows(account: Recruiting, model: str, candidate: str) -> list[dict[str, Any]]:
    table = UNIFIED[model]
    with account.session(**EXTRA) as session, session.reading() as tx:
        query = select(table).where(table.c.candidate_id == candidate, table.c.remote_deleted_at.is_(None))
        return [dict(row) for row in tx.sql.execute(query).mappings()]


def notes_read(account: Recruiting) -> int:
    return account.sandbox.requests().by_endpoint.get("GET /opportunities/:id/notes", 0)


@pytest.fixture
def with_extra(tmp_path: Path, sqlite_database: str) -> Any:
    """A small account that is read with notes and attachments."""
    with running_sandbox(SandboxConfig(opportunities=20, seed=3, rate=0)) as sandbox:
        account = synced_account(sandbox, tmp_path, sqlite_database)
        with account.session(**EXTRA) as session:
            sync(session, Scope())
        yield account


def test_what_is_added_is_there_at_once(with_extra: Recruiting) -> None:
    person = with_extra.person()
    with_extra.sandbox.reset_requests()
    note = {"application_id": person.application, "content": "Called them", "content_type": "PLAIN_TEXT"}
    assert with_extra.run("add_application_note", note, settings=EXTRA).succeeded
    assert notes_read(with_extra) == 2
    attachment = {"candidate_id": person.candidate, "attachment": {**FILE, "type": "COVER_LETTER"}}
    user = with_extra.sandbox.ids("users")[0]
    added = with_extra.run("add_candidate_attachment", attachment, settings={**EXTRA, "perform_as": user})
    assert added.succeeded, added.error

    assert "Called them" in {row["content_html"] for row in rows(with_extra, "notes", person.candidate)}
    papers = {row["id"]: row for row in rows(with_extra, "attachments", person.candidate)}
    assert (FILE["name"], "COVER_LETTER") in {(row["file_name"], row["type"]) for row in papers.values()}
    candidate = {"candidate_id": person.candidate}
    listed: Any = with_extra.run("get_candidate_attachments", candidate, settings=EXTRA).data
    assert {each["id"] for each in listed["results"]} == set(papers)
    assert with_extra.sandbox.requests().of("/opportunities/:id/feedback") == 0


def test_without_the_setting_no_list_is_read_for_the_tables(account: Recruiting) -> None:
    person = account.person()
    account.sandbox.reset_requests()
    note = {"application_id": person.application, "content": "Called them", "content_type": "PLAIN_TEXT"}
    assert account.run("add_application_note", note).succeeded

    assert notes_read(account) == 1  # before it writes, the action sees which are there
