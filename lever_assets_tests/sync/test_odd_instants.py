"""An `updatedAt` that was never true freezes nothing: what is read later counts."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.session import Scope
from lever_assets_tests.sync.tables import DELTA, Account, raw_ids

pytestmark = pytest.mark.long

RECONCILE = Scope(reconcile=True)


def in_ms(days: float) -> int:
    return int((datetime.now(UTC) + timedelta(days=days)).timestamp() * 1000)


def called(account: Account, opportunity: str) -> str:
    """Return the name that the candidate has in the tables."""
    rows = {row["remote_id"]: row for row in account.tables()["candidates"]}
    return " ".join(filter(None, (rows[opportunity]["first_name"], rows[opportunity]["last_name"])))


def frozen(account: Account) -> str:
    """Sync while an opportunity bears an instant a year ahead; then it changes, and bears a true one."""
    opportunity = account.sandbox.ids("opportunities")[0]
    account.sandbox.edit("opportunities", opportunity, {"name": "Old Name", "updatedAt": in_ms(365)})
    account.sync()
    assert called(account, opportunity) == "Old Name"
    account.sandbox.edit("opportunities", opportunity, {"name": "New Name", "updatedAt": in_ms(0)})
    return opportunity


@pytest.mark.parametrize("scope", [Scope(), DELTA, RECONCILE], ids=["full", "delta", "reconcile"])
def test_a_record_that_bore_a_future_instant_is_brought_up_to_date(anywhere: Account, scope: Scope) -> None:
    opportunity = frozen(anywhere)
    anywhere.sync(scope)
    assert called(anywhere, opportunity) == "New Name"


def test_a_single_read_brings_it_up_to_date(anywhere: Account) -> None:
    opportunity = frozen(anywhere)

    async def refresh() -> None:
        with anywhere.session() as session:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(refresh())
    assert called(anywhere, opportunity) == "New Name"


def test_an_instant_that_went_back_in_time_is_taken(small: Account) -> None:
    opportunity = small.sandbox.ids("opportunities")[0]
    small.sync()
    small.sandbox.edit("opportunities", opportunity, {"name": "As Before", "updatedAt": in_ms(-2000)})
    small.sync()
    assert called(small, opportunity) == "As Before"


def test_a_deletion_that_lever_announces_holds_for_it(anywhere: Account) -> None:
    opportunity = anywhere.sandbox.ids("opportunities")[0]
    anywhere.sandbox.edit("opportunities", opportunity, {"updatedAt": in_ms(365)})
    anywhere.sync()
    anywhere.sandbox.delete("opportunities", opportunity)
    anywhere.sync(DELTA)
    assert opportunity not in raw_ids(anywhere.database, "opportunities")


def test_one_that_was_deleted_and_came_back_with_it_is_alive_after_any_delta(small: Account) -> None:
    opportunity = small.sandbox.ids("opportunities")[0]
    record = small.sandbox.get("opportunities", opportunity)
    assert record is not None
    small.sync()
    small.sandbox.delete("opportunities", opportunity)
    small.sync(DELTA)
    small.sandbox.create("opportunities", {**record, "updatedAt": in_ms(365)})
    for _ in range(3):
        small.sync(DELTA)
        assert opportunity in raw_ids(small.database, "opportunities")
