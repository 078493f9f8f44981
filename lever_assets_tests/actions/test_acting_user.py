"""Who an action acts as: a user whom Lever has as active, else nothing is sent."""

from collections.abc import Iterator

import pytest

from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.sandbox.writing import user_of


@pytest.fixture
def dismissed(account: Recruiting) -> Iterator[str]:
    """Somebody who was deactivated in Lever after the last sync."""
    user = user_of(account.sandbox)
    account.sandbox.edit("users", user, {"deactivatedAt": account.sandbox.now()})
    yield user
    account.sandbox.edit("users", user, {"deactivatedAt": None})


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("add_application_note", {"content": "Nobody says this"}),
        ("add_candidate_tag", {"tag": {"name": "Nobody's"}}),
        (
            "add_candidate_attachment",
            {"attachment": {"name": "a.txt", "type": "OTHER", "content_type": "text/plain", "data": "YQ=="}},
        ),
    ],
)
@pytest.mark.parametrize("given_by", ["input", "setting"])
def test_nobody_acts_as_who_was_deactivated(
    account: Recruiting, dismissed: str, name: str, rest: dict[str, object], given_by: str
) -> None:
    person = account.person()
    whose = (
        {"application_id": person.application}
        if "application" in name
        else {"candidate_id": person.candidate}
    )
    account.sandbox.reset_requests()
    if given_by == "setting":
        answer = account.run(name, {**whose, **rest}, settings={"perform_as": dismissed})
    else:
        answer = account.run(name, {**whose, **rest, "remote_fields": {"lever": {"perform_as": dismissed}}})
    assert answer.error is not None
    assert f"The user {dismissed} is deactivated in Lever" in str(answer.error["message"])
    assert ("It was given by LEVER_PERFORM_AS" in str(answer.error["message"])) == (given_by == "setting")
    assert all(each.startswith("GET ") for each in account.sandbox.requests().by_endpoint)
