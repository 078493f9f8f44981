"""A list that an account or a key does not have is skipped and told; all else goes on as if nothing was."""

from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from lever_assets.lever.resources import RESOURCES, Listed
from lever_assets.store import get_state
from lever_assets.sync.fetch.refused import NothingReadableError
from lever_assets.sync.planning import plan
from lever_assets.sync.polling import poll
from lever_assets.sync.session import Scope
from lever_assets.sync.status import status
from lever_assets_tests.meddling import NOT_FOUND, Asked, Change, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live

LISTS = {each.name: each.path for each in RESOURCES if isinstance(each, Listed)}
FORBIDDEN: JsonValue = {"code": "Forbidden", "message": "You don't have permission to access this resource"}
REFUSALS = {404: NOT_FOUND, 403: FORBIDDEN}
NEEDS = {
    "users": {"users", "user_roles"},
    "stages": {"application_stages", "job_application_stages"},
    "archive_reasons": {"rejection_reasons"},
    "tags": set(),
    "sources": set(),
    "requisition_fields": set(),
    "requisitions": {"requisitions", "job_requisitions"},
    "postings": {
        *("jobs", "job_postings", "job_application_stages", "job_hiring_team_members"),
        *("job_user_role_assignments", "screening_questions", "job_screening_questions"),
        "job_requisitions",
    },
    "opportunities": {
        *("candidates", "candidate_tags", "applications", "interviews", "interviewing_team_members"),
        *("application_stage_changes", "application_origins", "candidate_owners", "people"),
        "offers",
    },
}
"""Which models have no rows without a list."""


@pytest.fixture
def opportunities() -> int:
    return 30


def refusing(status: int, *paths: str) -> Change:
    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(status, REFUSALS[status]) if asked.path in paths else reply

    return change


@pytest.fixture
def meddler(account: Account) -> Iterator[Meddler]:
    with meddling(account.sandbox.url) as between:
        yield between


@pytest.fixture(params=[404, 403])
def status_code(request: pytest.FixtureRequest) -> int:
    code: int = request.param
    return code


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("resource", "status_code"),
    [*((each, 404) for each in LISTS), ("requisition_fields", 403), ("opportunities", 403)],
)
def test_every_model_that_does_not_need_it_is_mapped(
    account: Account, meddler: Meddler, resource: str, status_code: int
) -> None:
    meddler.change = refusing(status_code, LISTS[resource])
    report = account.sync(base_url=meddler.url)

    (warning,) = [each for each in report.warnings if "was skipped" in each]
    assert warning.startswith(f"{resource} was skipped: ")
    assert f"GET {LISTS[resource]}, status {status_code}" in warning
    empty = {name for name, rows in account.tables().items() if not rows}
    assert empty == NEEDS[resource]


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("resource", "scope"),
    [
        *((each, DELTA) for each in ("users", "requisitions", "postings", "opportunities")),
        *((each, EVERYTHING) for each in ("requisition_fields", "opportunities")),
    ],
    ids=lambda value: value if isinstance(value, str) else value.key,
)
def test_what_was_read_before_stays_and_is_told_every_time_until_it_is_back(
    account: Account, meddler: Meddler, resource: str, scope: Scope
) -> None:
    account.sync()
    before = live(account.database)
    meddler.change = refusing(404, LISTS[resource])
    report = account.sync(scope, base_url=meddler.url)
    assert [each for each in report.warnings if each.startswith(f"{resource} was skipped: ")]
    assert account.sync(scope, base_url=meddler.url).warnings == report.warnings
    assert live(account.database) == before
    with account.session() as session:
        told = status(session.store, session.name)
        assert {each.resource for each in told.resources if each.denied} == {resource}
        assert told.complete

    meddler.change = None
    assert account.sync(scope, base_url=meddler.url).warnings == ()
    with account.session() as session:
        assert not [each for each in status(session.store, session.name).resources if each.denied]


def test_a_plan_counts_the_rest(account: Account, meddler: Meddler, status_code: int) -> None:
    meddler.change = refusing(status_code, "/requisitions", "/requisition_fields")
    with account.session(base_url=meddler.url) as session:
        made = plan(session)
    assert set(made.denied) == {"requisitions", "requisition_fields"}
    assert made.opportunities == len(account.sandbox.ids("opportunities"))


@pytest.mark.sampled(1)
def test_a_poll_goes_on_with_the_others(account: Account, meddler: Meddler, status_code: int) -> None:
    account.sync()
    meddler.change = refusing(status_code, "/postings", "/requisitions", "/applications/deleted")
    account.sync(DELTA, base_url=meddler.url)
    with account.session(base_url=meddler.url, watch_budget=0) as session:
        assert poll(session).why.startswith("Nothing has changed")
        account.sandbox.touch(share=0.1)
        assert poll(session).why == "Some opportunities have changed."


@pytest.mark.long
def test_a_list_that_comes_to_be_there_is_noticed(account: Account, meddler: Meddler) -> None:
    meddler.change = refusing(403, "/requisitions", "/postings")
    account.sync(base_url=meddler.url)
    with account.session(watch_budget=0) as session:
        assert poll(session).why == "Some postings have changed."
    account.sync(DELTA)
    whole = live(account.database)
    account.sync()
    assert live(account.database) == whole
    assert len(whole["jobs"]) == len(account.sandbox.ids("postings"))


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        ((404, 404), r"Lever has none of the lists .*check LEVER_BASE_URL"),
        ((403, 403), r"The API key may read none of the lists .*grant it the permissions"),
        ((403, 404), r"Lever refuses every list .*check LEVER_BASE_URL and the permissions"),
    ],
)
def test_when_every_list_is_refused_it_is_a_failure(
    account: Account, meddler: Meddler, statuses: tuple[int, int], says: str
) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        code = statuses[asked.path in {"/users", "/postings"}]
        return reply.giving(code, REFUSALS[code])

    meddler.change = change
    for _ in range(2):
        with pytest.raises(NothingReadableError, match=says):
            account.sync(base_url=meddler.url)
    with account.session(base_url=meddler.url) as session, pytest.raises(NothingReadableError, match=says):
        plan(session)

    meddler.change = refusing(404, "/users")  # the first that is read; the others are there
    assert len(account.sync(base_url=meddler.url).warnings) == 1


def test_when_every_list_is_refused_a_poll_says_so(account: Account, meddler: Meddler) -> None:
    account.sync()
    meddler.change = lambda _, reply: reply.giving(404, NOT_FOUND)
    with (
        account.session(base_url=meddler.url, watch_budget=0) as session,
        pytest.raises(NothingReadableError, match="check LEVER_BASE_URL"),
    ):
        poll(session)


def test_a_list_that_is_refused_leaves_no_unfinished_pass(account: Account, meddler: Meddler) -> None:
    meddler.change = refusing(404, "/postings")
    account.sync(base_url=meddler.url)
    with account.session() as session, session.reading() as tx:
        assert get_state(tx, "pass:postings:..") is None
