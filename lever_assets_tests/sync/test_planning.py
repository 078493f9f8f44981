"""A plan says how many requests a full sync makes with the settings as they are: list by list, exactly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.planning import plan
from lever_assets_tests.meddling import Asked, Reply, meddling
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.sync.test_coverage import changed_since, middle, note_created


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account of more than one page that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=130, seed=5, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    return Account(lever, tmp_path, sqlite_database)


def settings_of(account: Account, case: str) -> dict[str, Any]:
    if case == "cutoff":
        return {"candidate_cutoff": middle(account.sandbox, 0.8)}
    if case == "only created":
        note_created(account, *account.sandbox.ids("opportunities")[5:9])
        return {"only_created": True}
    cases: dict[str, dict[str, Any]] = {
        "nothing": {},
        "nothing created": {"only_created": True},
        "exclusions": {"exclude": ("interviews", "interviewing_team_members", "tags", "users.email")},
        "no people": {
            "exclude": (
                "candidates",
                "applications",
                "interviews",
                "offers",
                "candidate_tags",
                "interviewing_team_members",
                "tags",
                "rejection_reasons",
            )
        },
    }
    return cases[case]


CASES = ("nothing", "cutoff", "only created", "nothing created", "exclusions", "no people")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", CASES)
def test_a_full_sync_makes_the_requests_that_were_planned(account: Account, case: str) -> None:
    settings = settings_of(account, case)
    with account.session(**settings) as session:
        made = plan(session)
    report = account.sync(**settings)
    assert {each.resource: each.traffic.requests for each in report.landed} == made.requests
    assert report.requests == made.total


def test_a_plan_counts_the_candidates_that_are_kept(account: Account) -> None:
    cutoff = middle(account.sandbox, 0.8)
    with account.session(candidate_cutoff=cutoff) as session:
        assert plan(session).opportunities == len(changed_since(account.sandbox, cutoff))
    note_created(account, account.sandbox.ids("opportunities")[0])
    with account.session(only_created=True) as session:
        made = plan(session)
    assert made.opportunities == 1
    assert made.requests["interviews"] == 1


@pytest.fixture
def quirky(tmp_path: Path, sqlite_database: str) -> Iterator[Account]:
    """An account of its own, whose Lever may refuse what is asked for."""
    with running_sandbox(SandboxConfig(opportunities=40, seed=5, rate=0)) as running:
        yield Account(running, tmp_path, sqlite_database)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("case", ["nothing", "cutoff"])
@pytest.mark.parametrize(
    ("quirk", "told"),
    [
        ("filters-refused", "refuses updated_at for opportunities"),
        ("confidentiality-refused", "refuses confidentiality for postings"),
        ("expand-refused", "refuses expand for opportunities"),
        ("expand-ignored", "asked for singly"),
    ],
)
def test_what_lever_refuses_is_planned_for_and_told(
    quirky: Account, case: str, quirk: str, told: str
) -> None:
    quirky.sandbox.set_quirks(quirk)
    settings = settings_of(quirky, case)
    with quirky.session(**settings) as session:
        made = plan(session)
    report = quirky.sync(**settings)
    assert {each.resource: each.traffic.requests for each in report.landed} == made.requests
    asks_for_it = quirk != "filters-refused" or case == "cutoff"
    assert any(told in each for each in made.warnings) == asks_for_it


@pytest.mark.sampled(1)
@pytest.mark.parametrize("parameter", ["expand", "confidentiality"])
def test_a_refusal_that_names_no_parameter_is_planned_for_too(account: Account, parameter: str) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        refusal: JsonValue = {"code": "BadRequestError", "message": "Bad request"}
        return reply.giving(400, refusal) if parameter in asked.params else reply

    with meddling(account.sandbox.url, change) as between:
        with account.session(base_url=between.url) as session:
            made = plan(session)
        report = account.sync(base_url=between.url)
    assert {each.resource: each.traffic.requests for each in report.landed} == made.requests
    assert any(f"refuses {parameter} for opportunities" in each for each in made.warnings)


def test_a_list_that_begins_anew_is_counted_once(quirky: Account) -> None:
    quirks = ("offsets-expire", "short-pages")
    quirky.sandbox.set_quirks(*quirks)
    with quirky.session() as session:
        made = plan(session)
    quirky.sandbox.set_quirks(*quirks)  # else what expired does so only once
    report = quirky.sync()
    assert made.opportunities == len(quirky.sandbox.ids("opportunities"))
    assert made.postings == len(quirky.sandbox.ids("postings"))
    real = {each.resource: each.traffic.requests for each in report.landed}
    paged_below = {"interviews"}
    assert {each: real[each] for each in real.keys() - paged_below} == {
        each: made.requests[each] for each in made.requests.keys() - paged_below
    }
    assert made.requests["interviews"] == made.opportunities


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("resource", "quirk"),
    [
        ("stages", "absent=stages"),
        ("opportunities", "denied=opportunities"),
        ("applications", "absent=applications"),
        ("posting_forms", "absent=/postings/:id/apply"),
        ("interviews", "absent=interviews"),
        ("offers", "denied=offers"),
    ],
)
def test_what_is_not_there_is_told_with_the_requests_that_a_sync_makes_to_find_out(
    quirky: Account, resource: str, quirk: str
) -> None:
    quirky.sandbox.set_quirks("expand-ignored", quirk)
    with quirky.session() as session:
        made = plan(session)
    report = quirky.sync()
    assert {each.resource: each.traffic.requests for each in report.landed} == made.requests
    assert made.denied == (resource,)
    for warnings in (made.warnings, report.warnings):
        assert any(each.startswith(f"{resource} was skipped: ") for each in warnings)


def test_one_parent_whose_list_is_refused_is_no_reason_to_skip_the_others(quirky: Account) -> None:
    refusal: JsonValue = {"code": "ResourceNotFound", "message": "There is no such resource"}
    first: list[str] = []

    def change(asked: Asked, reply: Reply) -> Reply:
        if not asked.path.endswith("/interviews"):
            return reply
        first.append(asked.path)
        return reply.giving(404, refusal) if asked.path == first[0] else reply

    with meddling(quirky.sandbox.url, change) as between, quirky.session(base_url=between.url) as session:
        made = plan(session)
    assert not made.denied
    assert made.requests["interviews"] == made.opportunities
    assert len(first) == 2


def test_what_could_be_read_before_is_there_whatever_is_refused_below_what_changed(quirky: Account) -> None:
    quirky.sandbox.set_quirks("expand-ignored")
    quirky.sync()
    application = quirky.sandbox.get("applications", quirky.sandbox.ids("applications")[0])
    assert application is not None
    changed = str(application["opportunityId"])
    quirky.sandbox.edit("opportunities", changed, {"headline": "Changed"})
    refusal: JsonValue = {"code": "ResourceNotFound", "message": "There is no such resource"}

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(404, refusal) if asked.path == f"/opportunities/{changed}/applications" else reply

    with meddling(quirky.sandbox.url, change) as between, quirky.session(base_url=between.url) as session:
        made = plan(session)
    assert not made.denied
    assert any("opportunities by their ids alone" in each for each in made.warnings)


def test_a_plan_without_refusals_tells_nothing(account: Account) -> None:
    with account.session() as session:
        assert plan(session).warnings == ()
