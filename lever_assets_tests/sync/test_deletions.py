"""What Lever announces as deleted is marked by the next delta, at the cost of a request for each list."""

import time
from pathlib import Path

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live, raw_ids


def with_application(sandbox: Sandbox) -> str:
    """Return an opportunity that has an application."""
    return next(
        each
        for each in sandbox.ids("opportunities")
        if (sandbox.get("opportunities", each) or {})["applications"]
    )


def deleted(account: Account, model: str) -> set[str]:
    return {row["remote_id"] for row in account.tables()[model] if row["remote_deleted_at"] is not None}


def test_a_delta_marks_what_was_deleted_and_all_that_hangs_on_it(account: Account) -> None:
    account.sync()
    gone = with_application(account.sandbox)
    application = (account.sandbox.get("opportunities", gone) or {})["applications"][0]
    account.sandbox.delete("opportunities", gone)
    posting = account.sandbox.ids("postings")[0]
    account.sandbox.delete("postings", posting)
    account.sync(DELTA)

    assert deleted(account, "candidates") == {gone}
    assert application in deleted(account, "applications")
    assert deleted(account, "jobs") == {posting}
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) == live(fresh.database)


def test_a_delta_marks_an_application_that_was_deleted_alone(account: Account) -> None:
    account.sync()
    opportunity = with_application(account.sandbox)
    application = (account.sandbox.get("opportunities", opportunity) or {})["applications"][0]
    account.sandbox.delete("applications", application)
    account.sync(DELTA)

    assert deleted(account, "applications") == {application}
    assert opportunity in raw_ids(account.database, "opportunities")


def test_what_was_deleted_and_came_back_is_alive_after_any_number_of_deltas(account: Account) -> None:
    account.sync()
    gone = account.sandbox.ids("opportunities")[0]
    record = account.sandbox.get("opportunities", gone)
    assert record is not None
    account.sandbox.delete("opportunities", gone)
    account.sync(DELTA)
    assert deleted(account, "candidates") == {gone}
    account.sandbox.create("opportunities", record)
    account.sandbox.edit("opportunities", gone, {"updatedAt": int(time.time() * 1000)})
    for _ in range(3):
        account.sync(DELTA)
        assert gone in raw_ids(account.database, "opportunities")
    assert deleted(account, "candidates") == set()


def test_a_key_that_may_not_read_a_list_of_deletions_syncs_the_rest(
    tmp_path: Path, sqlite_database: str
) -> None:
    denied = frozenset({"applications"})
    with running_sandbox(SandboxConfig(opportunities=30, rate=0, denied=denied)) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        account.sync()
        gone = sandbox.ids("opportunities")[4]
        sandbox.delete("opportunities", gone)
        account.sync(DELTA)
        assert sandbox.requests().of("/applications/deleted") == 1
        assert deleted(account, "candidates") == {gone}
