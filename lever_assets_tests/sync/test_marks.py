"""Whatever clocks and instants say: a mark never runs ahead of us, and what changes is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lever_assets.store import get_state, put_state
from lever_assets.sync.polling import poll
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live

pytestmark = pytest.mark.long

MARKS = [
    f"{kind}:{name}"
    for kind, names in (
        ("watermark", ("postings", "requisitions", "opportunities")),
        ("deletions", ("postings", "opportunities", "applications")),
    )
    for name in names
]
DATES = {
    "hours ahead": timedelta(hours=3),
    "a year ahead": timedelta(days=365),
    "a year behind": -timedelta(days=365),
    "at the end of time": "Fri, 31 Dec 9999 23:59:59 GMT",
    "garbage": "the day before yesterday",
}


@pytest.fixture
def meddler(account: Account) -> Iterator[Meddler]:
    with meddling(account.sandbox.url) as between:
        yield between


def ahead(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def as_in_lever(account: Account) -> bool:
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    return live(account.database) == live(fresh.database)


def something_happens(account: Account) -> None:
    account.sandbox.touch(share=0.2, seed=3)
    account.sandbox.delete("opportunities", account.sandbox.ids("opportunities")[-1])
    account.sandbox.delete("postings", account.sandbox.ids("postings")[-1])


def marks(account: Account) -> dict[str, datetime]:
    with account.session() as session, session.reading() as tx:
        found = {key: get_state(tx, key) for key in MARKS}
    return {key: datetime.fromisoformat(str(mark)) for key, mark in found.items()}


@pytest.mark.parametrize("date", DATES.values(), ids=list(DATES))
def test_a_wrong_date_of_lever_s_hides_no_later_change(
    account: Account, meddler: Meddler, date: timedelta | str
) -> None:
    def dated(_asked: Asked, reply: Reply) -> Reply:
        said = date if isinstance(date, str) else format_datetime(datetime.now(UTC) + date, usegmt=True)
        return replace(reply, headers={**reply.headers, "date": said})

    newest = account.sandbox.ids("opportunities")[3]
    account.sandbox.edit("opportunities", newest, {"updatedAt": int(ahead(500).timestamp() * 1000)})
    meddler.change = dated
    report = account.sync(base_url=meddler.url)
    assert sum("this machine's clock" in each for each in report.warnings) == (date != DATES["garbage"])
    assert all(mark <= datetime.now(UTC) for mark in marks(account).values())
    something_happens(account)
    account.sync(DELTA, base_url=meddler.url)
    assert all(mark <= datetime.now(UTC) for mark in marks(account).values())
    assert as_in_lever(account)


def test_a_mark_that_an_earlier_version_left_in_the_future_is_set_back(account: Account) -> None:
    account.sync()
    with account.session() as session, session.writing() as tx:
        for key in MARKS:
            put_state(tx, key, ahead(30).isoformat())
    something_happens(account)
    with account.session() as session:
        assert poll(session).changed
    account.sync(DELTA)
    assert all(mark <= datetime.now(UTC) for mark in marks(account).values())
    assert as_in_lever(account)


def test_a_full_sync_sets_such_a_mark_back_too(account: Account) -> None:
    account.sync()
    with account.session() as session, session.writing() as tx:
        for key in MARKS:
            put_state(tx, key, ahead(30).isoformat())
    account.sync()
    assert all(mark <= datetime.now(UTC) for mark in marks(account).values())
