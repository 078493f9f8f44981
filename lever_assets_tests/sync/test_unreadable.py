"""What can't be read costs nothing that was good: it is told, and heals when it can be read again."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import mapping_errors
from lever_assets.store.tables import sync_state
from lever_assets.sync.status import status
from lever_assets_tests.sync.tables import DELTA, Account, live


def counts(account: Account) -> dict[str, int]:
    return {model: len(rows) for model, rows in live(account.database).items()}


def told(account: Account, model: str | None = None) -> int:
    with account.session() as session, session.reading() as tx:
        return mapping_errors.count(tx, model)


def with_application(account: Account) -> tuple[str, str]:
    """Return Lever's ids of an opportunity and of its application."""
    for each in account.sandbox.ids("opportunities"):
        record: dict[str, Any] = account.sandbox.get("opportunities", each) or {}
        if record["applications"]:
            return each, record["applications"][0]
    raise AssertionError


def test_an_application_that_can_not_be_read_keeps_its_row(account: Account) -> None:
    account.sync()
    before = counts(account)
    opportunity, application = with_application(account)
    good = account.sandbox.get("applications", application) or {}
    account.sandbox.edit("applications", application, {"customQuestions": [{"fields": "oops"}]})
    account.sandbox.edit("opportunities", opportunity, {"updatedAt": account.sandbox.now()})
    account.sync(DELTA)
    assert counts(account) == before
    assert told(account, "applications") == 1

    account.sandbox.edit("applications", application, {"customQuestions": good["customQuestions"]})
    account.sandbox.edit("opportunities", opportunity, {"updatedAt": account.sandbox.now()})
    account.sync(DELTA)
    assert counts(account) == before
    assert told(account) == 0


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("resource", "broken"),
    [
        ("posting_forms", {"customQuestions": "oops"}),
        ("stages", {"text": {"not": "a text"}}),
        ("archive_reasons", {"text": {"not": "a text"}}),
        ("requisitions", {"compensationBand": {"min": "lots"}}),
    ],
)
def test_what_is_only_looked_up_and_can_not_be_read_deletes_nothing(
    account: Account, resource: str, broken: dict[str, Any]
) -> None:
    account.sync()
    before = counts(account)
    kept = {each: account.sandbox.get(resource, each) or {} for each in account.sandbox.ids(resource)}
    moved = {"updatedAt": account.sandbox.now()} if resource == "requisitions" else {}
    for each in kept:
        account.sandbox.edit(resource, each, {**broken, **moved})
    account.sync()
    assert counts(account) == before
    assert told(account) > 0

    for each, record in kept.items():
        moved = {"updatedAt": account.sandbox.now()} if resource == "requisitions" else {}
        account.sandbox.edit(resource, each, {name: record[name] for name in broken} | moved)
    account.sync()
    assert counts(account) == before
    assert told(account) == 0


@pytest.mark.long
def test_a_record_without_an_id_deletes_nothing_that_is_stored(account: Account) -> None:
    account.sync()
    before = counts(account)
    account.sandbox.set_faults("no-id=1.0")
    account.sync()
    account.sandbox.set_faults()
    assert counts(account) == before
    assert told(account) > 0
    account.sync()
    assert counts(account) == before
    assert told(account) == 0


def test_a_denied_list_does_not_make_the_account_incomplete(tmp_path: Path, sqlite_database: str) -> None:
    denied = SandboxConfig(opportunities=10, rate=0, denied=frozenset({"requisitions"}))
    with running_sandbox(denied) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        account.sync()
        with account.session() as session:
            assert status(session.store, session.name).complete


@pytest.mark.long
def test_finished_passes_leave_nothing_behind(account: Account) -> None:
    account.sync()
    for number in range(3):
        account.sandbox.touch(share=0.1, seed=number)
        account.sync(DELTA)
    with account.session() as session, session.reading() as tx:
        kept = tx.sql.execute(select(sync_state.c.key).where(sync_state.c.key.startswith("pass:"))).scalars()
        assert list(kept) == []
