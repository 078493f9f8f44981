"""A dry run checks everything, tells the requests, and writes nothing anywhere."""

import pytest

from lever_assets.store import ledger
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.writes import WRITES


@pytest.mark.parametrize("name", [name for name in WRITES if name != "remove_candidate_tag"])
def test_a_dry_run_tells_what_would_be_sent_and_sends_nothing(account: Recruiting, name: str) -> None:
    trial = WRITES[name](account, account.person())
    account.sandbox.reset_requests()
    answer = account.run(name, trial.given, dry_run=True, idempotency_key="dry")

    assert answer.data is not None
    assert answer.data["dry_run"] is True
    assert trial.effects(account) == 0
    assert all(each.startswith("GET") for each in account.sandbox.requests().by_endpoint)
    with account.session() as session, session.reading() as tx:
        assert ledger.find(tx, "dry") is None


def test_the_requests_are_those_that_are_sent_then(account: Recruiting) -> None:
    person = account.person()
    user, theirs = account.live_ids("users")[0]
    given = {
        "candidate_id": person.candidate,
        "label": "Test",
        "url": "https://example.com/1",
        "remote_fields": {"lever": {"perform_as": user}},
    }
    answer = account.run("add_candidate_result_link", given, dry_run=True)

    path = f"/opportunities/{person.opportunity}"
    assert answer.data == {
        "dry_run": True,
        "requests": [
            {
                "method": "POST",
                "path": f"{path}/addLinks",
                "params": {"perform_as": theirs},
                "body": {"links": ["https://example.com/1"]},
            },
            {
                "method": "POST",
                "path": f"{path}/notes",
                "params": {"perform_as": theirs},
                "body": {"value": "Test: https://example.com/1"},
            },
        ],
    }


def test_a_dry_run_refuses_what_would_be_refused(account: Recruiting) -> None:
    answer = account.run("add_candidate_tag", {"candidate_id": "1" * 24, "tag": {"name": "x"}}, dry_run=True)

    assert answer.error is not None
    assert answer.error["title"] == "Unknown candidate"
    assert answer.state is not ActionState.FAILED
