"""Along the pages of every list that a sync reads: short and empty ones, and tokens that Lever forgets."""

from collections.abc import Iterator

import pytest

from lever_assets.sandbox import Sandbox
from lever_assets.store import raw
from lever_assets.sync.polling import poll
from lever_assets_tests.meddling import Meddler, meddling
from lever_assets_tests.sync.paging import Paging
from lever_assets_tests.sync.tables import DELTA, Account, Tables, live


@pytest.fixture
def beside(few: Sandbox) -> Iterator[Meddler]:
    """Somebody before the account that a test may change."""
    with meddling(few.url) as between:
        yield between


def begun(meddler: Meddler, path: str) -> int:
    """Return how often a list was asked for from its beginning."""
    return sum(each.path == path and "offset" not in each.params for each in meddler.asked)


def test_a_list_whose_token_is_refused_in_the_middle_begins_anew_in_the_same_run(
    steady: Account, usual: Tables, meddler: Meddler
) -> None:
    meddler.change = paging = Paging(expiring=True)
    assert steady.sync(base_url=meddler.url).warnings == ()
    below = {path for path in paging.refused if path.endswith("/interviews")}
    assert below
    assert {"/users", "/stages", "/postings", "/opportunities", "/requisitions"} <= set(paging.refused)
    assert {begun(meddler, path) for path in paging.refused} == {2}
    assert live(steady.database) == usual


@pytest.mark.parametrize("gaps", [pytest.param(False, marks=pytest.mark.long), True], ids=["short", "empty"])
def test_short_and_empty_pages_with_more_to_come_are_followed(
    steady: Account, usual: Tables, meddler: Meddler, gaps: bool
) -> None:
    meddler.change = Paging(gaps=gaps)
    assert steady.sync(base_url=meddler.url).warnings == ()
    assert live(steady.database) == usual


@pytest.mark.parametrize("habit", [{"gaps": True}, {"expiring": True}], ids=["empty pages", "refused tokens"])
def test_a_delta_reads_what_changed_and_what_was_deleted_to_the_end(
    small: Account, beside: Meddler, habit: str
) -> None:
    paging = Paging(gaps=habit == "empty pages", expiring=habit == "refused tokens")
    small.sync()
    lists, more = ("opportunities", "postings"), paging.size + 1
    gone = {name: small.sandbox.ids(name)[:more] for name in lists}
    changed = {name: small.sandbox.ids(name)[-more:] for name in lists}
    for name in lists:
        for each in gone[name]:
            small.sandbox.delete(name, each)
        for each in changed[name]:
            small.sandbox.edit(name, each, {"text": "changed", "updatedAt": small.sandbox.now()})
    beside.change = paging
    assert small.sync(DELTA, base_url=beside.url).warnings == ()

    with small.session() as session, session.reading() as tx:
        for name in lists:
            stored = {row.remote_id: row for row in raw.read(tx, name, [*gone[name], *changed[name]])}
            assert {each for each, row in stored.items() if row.deleted} == set(gone[name])
            assert {row.data.get("text") for row in stored.values() if not row.deleted} == {"changed"}
    if paging.expiring:
        paths = {*(f"/{name}" for name in lists), *(f"/{name}/deleted" for name in lists)}
        assert paths <= set(paging.refused)


@pytest.mark.parametrize("what", ["changed", pytest.param("deleted", marks=pytest.mark.long)])
def test_a_poll_looks_beyond_an_empty_page(small: Account, beside: Meddler, what: str) -> None:
    small.sync()
    beside.change = Paging(gaps=True)
    with small.session(base_url=beside.url, watch_budget=0) as session:
        assert not poll(session).changed
        own = small.sandbox.ids("opportunities")[0]
        if what == "deleted":
            small.sandbox.delete("opportunities", own)
        else:
            small.sandbox.edit(
                "opportunities", own, {"headline": "changed", "updatedAt": small.sandbox.now()}
            )
        assert poll(session).changed
