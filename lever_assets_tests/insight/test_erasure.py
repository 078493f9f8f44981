"""Who is erased is in no table, in no byte of the database's file, and in no report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.insight.finishing import bring_up_marts
from lever_assets.insight.report.writing import write_report
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store.transaction import now
from lever_assets.sync.retention.expired import erase_due
from lever_assets_tests.insight.figures import Figures, assert_right, read_off
from lever_assets_tests.insight.worlds import stored_marts
from lever_assets_tests.sync.tables import DELTA, Account
from lever_assets_tests.sync.test_erasing import everything

WORDS = ("Zephyrine", "Quixby", "zq@example.com", "+1 555 0142", "Ask Melusine first")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=12, seed=5, rate=0)) as running:
        yield running


def left_of(account: Account) -> list[str]:
    """Return which of the words are anywhere: in the tables, the files beside them, or the report."""
    with account.session() as session:
        bring_up_marts(session)
        write_report(session, account.folder / "report.html", now())
    files = [each.read_bytes() for each in account.folder.rglob("*") if each.is_file()]
    told = "\n".join([everything(account.database), *(each.decode(errors="replace") for each in files)])
    return [each for each in WORDS if each in told]


@pytest.mark.parametrize("going", ["deleted", "anonymised"])
def test_who_is_erased_is_nowhere(sandbox: Sandbox, tmp_path: Path, database_url: str, going: str) -> None:
    account = Account(sandbox, tmp_path, database_url)
    made = sandbox.add_opportunity(
        name=" ".join(WORDS[:2]),
        emails=[WORDS[2]],
        phones=[{"type": "mobile", "value": WORDS[3]}],
        postings=[sandbox.ids("postings")[0]],
    )["id"]
    requisition = sandbox.ids("requisitions")[0]
    sandbox.edit("requisitions", requisition, {"internalNotes": WORDS[4], "updatedAt": sandbox.now()})
    sandbox.move(made)
    account.sync()
    sandbox.move(made)
    account.sync(DELTA)
    assert left_of(account) == list(WORDS)

    sandbox.delete("requisitions", requisition)
    if going == "deleted":
        sandbox.delete("opportunities", made)
    else:
        sandbox.anonymise(made)
    account.sync_accepting_deletions()
    with account.session(retention_days="0") as session:
        erase_due(session)

    assert left_of(account) == []
    with account.session() as session:
        assert_right(stored_marts(session.store), Figures(read_off(sandbox)))
