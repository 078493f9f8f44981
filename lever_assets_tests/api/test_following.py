"""Whatever happens meanwhile, who follows `updated_after` and cursors ends with what the tables have."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from lever_assets.store.transaction import now
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets.webhooks.draining import drain
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.by_hand import wire
from lever_assets_tests.api.served import Served
from lever_assets_tests.api.test_lists import LISTS
from lever_assets_tests.sync.tables import Account, unified_tables
from lever_assets_tests.sync.test_simulated_week import ANNOUNCED, UNANNOUNCED, Deeds, set_clock
from lever_assets_tests.webhooks.conftest import Listening, subscribed

_DEEDS: Deeds = tuple(each for each in (*ANNOUNCED, *UNANNOUNCED) if each[1] is not set_clock)
_SYNCS = (Scope(delta=True), Scope(delta=True), Scope(), Scope(reconcile=True))
_NESTED = {
    "stages": "id",
    "screening_questions": "id",
    "job_postings": "id",
    "hiring_team": "id",
    "applications": "id",
    "tags": "id",
    "interviews": "id",
    "offers": "id",
    "users": "id",
    "system_roles": "remote_id",
}
"""Lists inside a row, of which what was added and removed counts as a change of the row."""
_REFERRED = ("job", "candidate", "current_stage", "application")


@dataclass
class Follower:
    """A client that keeps a list: it goes on where it was, then begins anew with what changed meanwhile."""

    api: Served
    model: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    since: str | None = None
    cursor: str | None = None
    began: str | None = None

    def fetch(self) -> bool:
        """Fetch one page; tell whether it was the last one."""
        if self.cursor is None:
            self.began = wire(now())
        given = {"updated_after": self.since, "cursor": self.cursor}
        query = {name: value for name, value in given.items() if value is not None}
        data = self.api.data(
            "GET", LISTS[self.model][0], params={"page_size": 7, "include_deleted": "true", **query}
        )
        self.rows |= {row["id"]: row for row in data["results"]}
        self.cursor = data["next"]
        if self.cursor is None:
            self.since = self.began
        return self.cursor is None

    def fetch_all(self) -> None:
        """Fetch what is left, and then what changed meanwhile."""
        for _ in range(2):
            while not self.fetch():
                pass


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return what of a row a client is told of when it changes: its own keys, and what is inside lists."""
    own = {name: value for name, value in row.items() if name not in _REFERRED}
    return own | {name: [each[key] for each in row[name]] for name, key in _NESTED.items() if name in row}


def change(api: Served, listening: Listening, chance: random.Random) -> None:
    """Let something happen: in Lever, in a sync, by the events that Lever has sent, or by an action."""
    account, sandbox = api.account, api.account.sandbox
    match chance.choice(["deed", "deed", "deed", "sync", "events", "action"]):
        case "deed":
            [deed] = chance.choices([each for _, each in _DEEDS], [weight for weight, _ in _DEEDS])
            deed(sandbox, chance)
        case "sync":
            with account.session(offers="all") as session:
                sync(session, chance.choice(_SYNCS))
        case "events":
            sandbox.wait_for_webhooks(20)
            with listening.session(offers="all") as session:
                drain(session)
        case _:
            candidate, _ = chance.choice(account.live_ids("candidates"))
            # Who is gone in Lever meanwhile is refused, which is as well.
            account.run("add_candidate_tag", {"candidate_id": candidate, "tag": {"name": fresh("tag")}})


def follow(api: Served, steps: int, seed: int) -> None:
    """Let things happen while clients fetch, and compare."""
    chance = random.Random(seed)
    followers = [Follower(api, model) for model in LISTS]
    account = Account(api.account.sandbox, api.account.folder, api.account.database)
    with subscribed(account) as listening:
        for _ in range(steps):
            change(api, listening, chance)
            for each in chance.sample(followers, 4):
                each.fetch()
    with api.account.session(offers="all") as session:
        sync(session, Scope(reconcile=True))
    tables = unified_tables(api.account.database)
    for each in followers:
        each.fetch_all()
        anew = Follower(api, each.model)
        anew.fetch_all()
        assert {key: told(row) for key, row in each.rows.items()} == {
            key: told(row) for key, row in anew.rows.items()
        }
        assert {key: (row["changed_at"], row["remote_deleted_at"]) for key, row in each.rows.items()} == {
            row["id"]: (wire(row["changed_at"]), wire(row["remote_deleted_at"])) for row in tables[each.model]
        }


def test_who_follows_ends_with_what_the_tables_have(api: Served) -> None:
    follow(api, steps=20, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
def test_who_follows_for_long_ends_with_what_the_tables_have(api: Served, seed: int) -> None:
    follow(api, steps=200, seed=seed)
