"""Parameters that Lever refuses: asked for once, no row is missing for it, and the warning quotes Lever."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store.transaction import now
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.meddling import Asked, Change, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, Tables, empty_database, live

SAID = "Please ask your administrator for {}"
WINDOW = Scope(Bounds(lower=now() - timedelta(days=3650)))


LISTS = ("opportunities", "postings")


@pytest.fixture
def beside(few: Sandbox) -> Iterator[Meddler]:
    """Somebody before the account that a test may change."""
    with meddling(few.url) as between:
        yield between


def refusing(parameter: str, status: int) -> Change:
    """Refuse every list that is asked for with a parameter."""

    def change(asked: Asked, reply: Reply) -> Reply:
        return (
            reply.giving(status, {"message": SAID.format(parameter)}) if parameter in asked.params else reply
        )

    return change


def times(meddler: Meddler, path: str, parameter: str) -> int:
    """Return how often a list was asked for with a parameter."""
    return sum(each.path == path and parameter in each.params for each in meddler.asked)


def told(warnings: tuple[str, ...], parameter: str, resource: str) -> bool:
    said = SAID.format(parameter if parameter != "updated_at" else "updated_at_start")
    return any(
        each.startswith(f'Lever refuses {parameter} for {resource}: "{said}"; so ') for each in warnings
    )


@pytest.mark.parametrize("status", [403, pytest.param(400, marks=pytest.mark.long)])
def test_applications_are_read_singly_where_they_may_not_be_expanded(
    steady: Account, usual: Tables, meddler: Meddler, status: int
) -> None:
    meddler.change = refusing("expand", status)
    report = steady.sync(base_url=meddler.url)
    assert live(steady.database) == usual
    assert told(report.warnings, "expand", "opportunities")
    assert times(meddler, "/opportunities", "expand") == 1


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of what a key without the right to confidential data sees of the account `few`."""
    folder = tmp_path_factory.mktemp("open")
    with running_sandbox(
        SandboxConfig(opportunities=8, seed=7, rate=0, confidential_access=False)
    ) as sandbox:
        account = Account(sandbox, folder, empty_database(folder))
        account.sync()
        return live(account.database)


@pytest.mark.parametrize("status", [403, pytest.param(400, marks=pytest.mark.long)])
def test_without_the_right_to_confidential_data_all_else_is_read(
    anywhere: Account, beside: Meddler, open_to_all: Tables, status: int
) -> None:
    beside.change = refusing("confidentiality", status)
    report = anywhere.sync(base_url=beside.url)
    rows = live(anywhere.database)
    assert rows == open_to_all
    assert len(rows["jobs"]) < len(anywhere.sandbox.ids("postings"))
    for name in ("opportunities", "postings", "requisitions"):
        assert told(report.warnings, "confidentiality", name)
        assert times(beside, f"/{name}", "confidentiality") == 1


def test_what_is_stored_of_confidential_data_stays_when_the_right_is_taken_away(
    small: Account, beside: Meddler
) -> None:
    small.sync()
    before = live(small.database)
    beside.change = refusing("confidentiality", 403)
    for scope in (EVERYTHING, DELTA):
        assert told(small.sync(scope, base_url=beside.url).warnings, "confidentiality", "postings")
    assert live(small.database) == before


@pytest.mark.parametrize("status", [400, pytest.param(403, marks=pytest.mark.long)])
def test_without_deactivated_users_the_others_are_read(
    steady: Account, usual: Tables, meddler: Meddler, status: int
) -> None:
    meddler.change = refusing("includeDeactivated", status)
    report = steady.sync(base_url=meddler.url)
    assert told(report.warnings, "includeDeactivated", "users")
    assert times(meddler, "/users", "includeDeactivated") == 1
    rows = live(steady.database)
    active = [row for row in usual["users"] if row["status"] != "INACTIVE"]
    assert 0 < len(active) < len(usual["users"])
    assert rows["users"] == active
    assert rows["candidates"] == usual["candidates"]
    assert rows["applications"] == usual["applications"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("scope", [DELTA, WINDOW], ids=["delta", "window"])
def test_lists_that_can_not_be_asked_for_changes_are_read_whole(
    anywhere: Account, beside: Meddler, scope: Scope
) -> None:
    if scope is DELTA:
        anywhere.sync()
    sandbox = anywhere.sandbox
    for name in LISTS:
        own = sandbox.ids(name)[0]
        sandbox.edit(name, own, {"text": "changed", "headline": "changed", "updatedAt": sandbox.now()})
    beside.change = refusing("updated_at_start", 400)
    report = anywhere.sync(scope, base_url=beside.url)
    for name in LISTS:
        assert told(report.warnings, "updated_at", name)
        assert times(beside, f"/{name}", "updated_at_start") == 1
    found = live(anywhere.database)
    anywhere.sync()
    assert found == live(anywhere.database)


def test_each_run_asks_again(small: Account, beside: Meddler) -> None:
    small.sync()
    beside.change = refusing("updated_at_start", 400)
    for run in (1, 2):
        small.sync(DELTA, base_url=beside.url)
        assert {times(beside, f"/{name}", "updated_at_start") for name in LISTS} == {run}
    beside.change = None
    assert small.sync(DELTA, base_url=beside.url).warnings == ()
