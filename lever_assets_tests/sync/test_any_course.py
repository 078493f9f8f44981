"""Whatever happened, in whatever order, with whatever instants: one clean full sync leaves what Lever has."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.session import Scope
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live

pytestmark = pytest.mark.long

Course = list[tuple[str, int, float | None]]
steps = st.lists(
    st.tuples(
        st.sampled_from(["full", "delta", "reconcile", "single", "edit", "edit", "delete", "vanish"]),
        st.integers(0, 5),
        st.sampled_from([None, -3000.0, -0.01, 0.0, 0.5, 400.0]),
    ),
    min_size=2,
    max_size=7,
)
"""What is done, to which opportunity, and how many days from now its `updatedAt` then lies (None: null)."""


def take(account: Account, step: str, number: int, days: float | None) -> None:
    sandbox = account.sandbox
    ids = sandbox.ids("opportunities")
    if step in {"full", "delta", "reconcile"}:
        account.sync({"full": Scope(), "delta": DELTA, "reconcile": Scope(reconcile=True)}[step])
    elif len(ids) > 1:
        change(account, step, ids[number % len(ids)], days)


def change(account: Account, step: str, opportunity: str, days: float | None) -> None:
    sandbox: Sandbox = account.sandbox
    if step == "single":
        asyncio.run(refresh(account, opportunity))
    elif step == "delete":
        sandbox.delete("opportunities", opportunity)
    elif step == "vanish":
        sandbox.account.delete("opportunities", opportunity, None, None)  # no list tells of it
    else:
        at = None if days is None else int((datetime.now(UTC) + timedelta(days=days)).timestamp() * 1000)
        name = f"Ada Nr{sandbox.now()}"
        sandbox.edit("opportunities", opportunity, {"name": name, "tags": [name], "updatedAt": at})


async def refresh(account: Account, opportunity: str) -> None:
    with account.session() as session:
        async with session.account.client(session.settings) as lever:
            await refresh_opportunities(lever, session, [opportunity])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(course=steps)
def test_any_course_of_reads_and_changes_ends_as_in_lever(course: Course) -> None:
    follow(course)


def follow(course: Course) -> None:
    """Take the steps, and compare."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_sandbox(SandboxConfig(opportunities=6, seed=3, rate=0)) as sandbox,
    ):
        folder = Path(name)
        account = Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}")
        account.sync()
        for step in course:
            take(account, *step)
        account.sync()
        fresh = Account(sandbox, folder, empty_database(folder))
        fresh.sync()
        assert live(account.database) == live(fresh.database)
