"""What is told of Lever follows what Lever says now: a database that is built anew says the same."""

from pathlib import Path

import pytest

from lever_assets.lever.instants import from_epoch_ms
from lever_assets_tests.sync.tables import Account, empty_database, live

DAY = 86_400_000


@pytest.mark.long
def test_a_closed_job_forgets_a_requisition_that_was_detached(account: Account, tmp_path: Path) -> None:
    sandbox = account.sandbox
    requisition = sandbox.ids("requisitions")[0]
    (posting, *_) = (sandbox.get("requisitions", requisition) or {})["postings"]
    then = sandbox.now() - 90 * DAY
    sandbox.edit("postings", posting, {"state": "closed", "requisitionCodes": [], "reqCode": None})
    for each in sandbox.ids("requisitions"):
        sandbox.edit("requisitions", each, {"postings": []})
    closed = {"status": "closed", "closedAt": then, "postings": [posting], "updatedAt": sandbox.now()}
    sandbox.edit("requisitions", requisition, closed)
    account.sync()
    assert _closed_at(account, posting) == from_epoch_ms(then)

    sandbox.edit("requisitions", requisition, {"postings": [], "updatedAt": sandbox.now() + 1})
    account.sync()
    fresh = Account(sandbox, tmp_path, empty_database(tmp_path))
    fresh.sync()
    edited = (sandbox.get("postings", posting) or {})["updatedAt"]
    assert _closed_at(account, posting) == _closed_at(fresh, posting) == from_epoch_ms(edited)
    assert live(account.database)["jobs"] == live(fresh.database)["jobs"]


@pytest.mark.long
def test_a_closed_job_that_is_edited_is_as_in_a_new_database(account: Account, tmp_path: Path) -> None:
    sandbox = account.sandbox
    for each in sandbox.ids("requisitions"):
        sandbox.edit("requisitions", each, {"postings": [], "requisitionCode": None})
    posting = sandbox.ids("postings")[0]
    sandbox.edit("postings", posting, {"state": "closed"})
    account.sync()
    sandbox.edit("postings", posting, {"text": "Chef", "updatedAt": sandbox.now() + DAY})
    account.sync()
    fresh = Account(sandbox, tmp_path, empty_database(tmp_path))
    fresh.sync()
    assert live(account.database)["jobs"] == live(fresh.database)["jobs"]


def _closed_at(account: Account, posting: str) -> object:
    (job,) = [row for row in live(account.database)["jobs"] if row["remote_id"] == posting]
    return job["closed_at"]
