"""A week with outages, stops and clocks that disagree; then the tables are those of a fresh sync."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from time_machine import Traveller, travel

from lever_assets.lever import LeverError
from lever_assets.lever.retry import RetryPolicy
from lever_assets.sandbox import Sandbox
from lever_assets.sync.polling import poll
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.sync.tables import DELTA, HOUR, Account, empty_database, live

DAYS = 7
EVERYBODYS: dict[str, Any] = {"offers": "all"}
"""An offer that is made where nobody expects one is seen by who saw the change, not by a fresh sync."""
VISITS_A_DAY = 5
OUTAGES = ("500=1.0", "malformed=1.0", "reset=1.0", "truncate=0.3", "503=0.2")


def anybody(sandbox: Sandbox, chance: random.Random) -> str:
    return chance.choice(sandbox.ids("opportunities"))


def edit_candidate(sandbox: Sandbox, chance: random.Random) -> None:
    changes = {"headline": f"Company {chance.random()}", "tags": [f"tag {chance.randrange(9)}"]}
    sandbox.edit("opportunities", anybody(sandbox, chance), {**changes, "updatedAt": sandbox.now()})


def edit_posting(sandbox: Sandbox, chance: random.Random) -> None:
    posting = chance.choice(sandbox.ids("postings"))
    state = chance.choice(["published", "published", "closed", "internal"])
    sandbox.edit("postings", posting, {"state": state, "updatedAt": sandbox.now()})


def edit_interview(sandbox: Sandbox, chance: random.Random) -> None:
    if found := sandbox.ids("interviews"):
        sandbox.edit("interviews", chance.choice(found), {"subject": f"Another time {chance.random()}"})


def edit_offer(sandbox: Sandbox, chance: random.Random) -> None:
    if found := sandbox.ids("offers"):
        status = chance.choice(["sent", "signed", "denied", "approved"])
        sandbox.edit("offers", chance.choice(found), {"status": status})


def cancel_interview(sandbox: Sandbox, chance: random.Random) -> None:
    if found := sandbox.ids("interviews"):
        sandbox.delete("interviews", chance.choice(found))


def delete_application(sandbox: Sandbox, chance: random.Random) -> None:
    if found := sandbox.ids("applications"):
        sandbox.delete("applications", chance.choice(found))


def archive(sandbox: Sandbox, chance: random.Random) -> None:
    sandbox.archive(anybody(sandbox, chance), chance.choice(sandbox.ids("archive_reasons")))


def set_clock(sandbox: Sandbox, chance: random.Random) -> None:
    """Lever's clock is put right, forwards; ours stays as it is."""
    sandbox.advance(chance.randrange(2 * HOUR))


Deed = Callable[[Sandbox, random.Random], Any]
Deeds = tuple[tuple[int, Deed], ...]
ANNOUNCED: Deeds = (
    (12, edit_candidate),
    (6, lambda sandbox, chance: sandbox.add_opportunity()),
    (8, lambda sandbox, chance: sandbox.move(anybody(sandbox, chance))),
    (5, archive),
    (3, lambda sandbox, chance: sandbox.archive(anybody(sandbox, chance), None)),
    (3, lambda sandbox, chance: sandbox.delete("opportunities", anybody(sandbox, chance))),
    (1, lambda sandbox, chance: sandbox.anonymise(anybody(sandbox, chance))),
    (2, delete_application),
    (2, edit_posting),
    (1, lambda sandbox, chance: sandbox.add_posting()),
    (1, lambda sandbox, chance: sandbox.deactivate(chance.choice(sandbox.ids("users")))),
    (1, set_clock),
)
"""What Lever tells of, by its lists of what changed and what was deleted."""
UNANNOUNCED: Deeds = (
    (4, lambda sandbox, chance: sandbox.add_interview(anybody(sandbox, chance))),
    (3, edit_interview),
    (2, cancel_interview),
    (2, lambda sandbox, chance: sandbox.add_offer(anybody(sandbox, chance))),
    (2, edit_offer),
)
"""What may happen without a word of Lever's."""


class StoppedError(Exception):
    """The process was stopped."""


def visit(account: Account, chance: random.Random) -> None:
    """Do what the sensor does: ask, and read what changed if anything did. Sometimes it is stopped midway."""
    steps = chance.randrange(1, 25) if chance.random() < 0.3 else None

    def count(_report: object) -> None:
        nonlocal steps
        if steps is not None:
            steps -= 1
            if steps == 0:
                raise StoppedError

    with account.session(**EVERYBODYS) as session:
        if poll(session).changed:
            sync(session, DELTA, on_report=count)


@pytest.fixture(autouse=True)
def _no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "wait_after", lambda *_: None)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    """Lever's clock and ours, which go on together."""
    with travel(datetime.now(UTC), tick=True) as clock:
        yield clock


@pytest.mark.long
@pytest.mark.parametrize(
    ("deeds", "last", "seed"),
    [
        (ANNOUNCED, DELTA, 1),
        (ANNOUNCED, DELTA, 2),
        ((*ANNOUNCED, *UNANNOUNCED), Scope(reconcile=True), 2),
    ],
    ids=["told by deltas alone", "the same, another week", "told in part, and reconciled"],
)
def test_after_a_week_every_table_is_that_of_a_fresh_sync(
    account: Account, clock: Traveller, deeds: Deeds, last: Scope, seed: int
) -> None:
    chance, sandbox = random.Random(seed), account.sandbox
    sandbox.set_now(sandbox.now() + chance.randrange(-12, 12) * HOUR)
    account.sync(**EVERYBODYS)
    failed = stopped = 0
    for _ in range(DAYS * VISITS_A_DAY):
        for deed in chance.choices([each for _, each in deeds], [weight for weight, _ in deeds], k=4):
            deed(sandbox, chance)
        clock.shift(timedelta(days=1) / VISITS_A_DAY)
        if chance.random() < 0.25:
            sandbox.set_faults(chance.choice(OUTAGES))
        try:
            visit(account, chance)
        except LeverError:
            failed += 1
        except StoppedError:
            stopped += 1
        sandbox.set_faults()
    assert failed >= 3
    assert stopped >= 1
    clock.shift(timedelta(days=2))  # whatever could not be read is due by then
    account.sync(last, **EVERYBODYS)

    fresh = Account(sandbox, account.folder, empty_database(account.folder))
    fresh.sync(**EVERYBODYS)
    tables, expected = live(account.database), live(fresh.database)
    for model in expected:
        assert tables[model] == expected[model], model
    before = account.tables()
    account.sync(**EVERYBODYS)
    assert account.tables() == before
