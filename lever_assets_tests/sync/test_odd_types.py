"""A field of another JSON type than usual costs that field: never the person, nor a row that is stored."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from lever_assets.lever.records.record import LeverObject
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import mapping_errors
from lever_assets.store.mapping_errors import Lost, MappingError
from lever_assets.sync.status import status
from lever_assets_tests.sync.tables import DELTA, Account, Tables, live

SECRET = "Augusta Ada King"
ODD: list[Any] = [True, -1, 1e308, SECRET, [], [1, SECRET], [{}], {}, {"id": {"a": 1}}, {SECRET: [SECRET]}]
STRUCTURE = {
    *("id", "createdAt", "updatedAt", "opportunityId", "candidateId", "posting", "postings"),
    *("applications", "isAnonymized", "stage", "panel"),
}
"""What the sandbox itself, or the walk through the account, needs."""
RESOURCES = ("opportunities", "applications", "postings", "posting_forms", "requisitions", "users")
CHILDREN = ("interviews", "offers")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account."""
    with running_sandbox(SandboxConfig(opportunities=15, seed=7, rate=0)) as running:
        yield running


def noted(account: Account) -> list[MappingError]:
    with account.session() as session, session.reading() as tx:
        return mapping_errors.listed(tx, lost=Lost.FIELD, limit=10_000)


def spoil(account: Account, seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give one key of each record something odd; yield the record as it was."""
    chance = random.Random(seed)
    for resource in (*RESOURCES, *CHILDREN):
        for ident in account.sandbox.ids(resource):
            good: dict[str, Any] = account.sandbox.get(resource, ident) or {}
            key = chance.choice(sorted(set(good) - STRUCTURE))
            yield resource, ident, {key: good[key]}
            simple = good[key] is None or isinstance(good[key], str)  # where nothing is, a text is not odd
            taken = (str, int, float) if simple else type(good[key])
            odd = [each for each in ODD if isinstance(each, bool) or not isinstance(each, taken)]
            store(account, resource, ident, {key: chance.choice(odd)})


def store(account: Account, resource: str, ident: str, changes: dict[str, Any]) -> None:
    """Change a record of the sandbox, which then understands it as little as anybody."""
    record: dict[str, Any] = account.sandbox.get(resource, ident) or {}
    account.sandbox.account.replace(resource, ident, {**record, **changes})


def touch(account: Account) -> None:
    """Let what lies below opportunities be read again."""
    for ident in account.sandbox.ids("opportunities"):
        store(account, "opportunities", ident, {"updatedAt": account.sandbox.now()})


def test_an_odd_contact_costs_the_contact_and_never_the_person(account: Account) -> None:
    account.sync()
    ident = account.sandbox.ids("opportunities")[0]
    good = account.sandbox.get("opportunities", ident) or {}
    before = {row["remote_id"]: row for row in live(account.database)["candidates"]}[ident]
    account.sandbox.edit(
        "opportunities", ident, {"contact": [SECRET], "emails": {SECRET: 1}, "createdAt": SECRET}
    )
    report = account.sync()

    after = {row["remote_id"]: row for row in live(account.database)["candidates"]}[ident]
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {
        "email_addresses",
        "remote_created_at",
        "remote_data",
        "integration_fields",
        "content_hash",
        "person_id",
    }
    assert (after["email_addresses"], after["remote_created_at"]) == ([], None)
    (note,) = [each for each in noted(account) if each.model == "candidates"]
    assert (note.resource, note.remote_id, note.lost) == ("opportunities", ident, Lost.FIELD)
    assert {part.split(":")[0] for part in note.reason.split("; ")} == {"contact", "emails", "createdAt"}
    assert SECRET not in note.reason
    assert note.payload_hash
    assert [each for each in report.warnings if "candidates" in each] == [
        "1 records of candidates were mapped without a field that could not be read; "
        "the table mapping_errors says why"
    ]
    assert not [each for each in report.warnings if "can't be mapped" in each]

    account.sandbox.edit(
        "opportunities", ident, {key: good[key] for key in ("contact", "emails", "createdAt")}
    )
    assert account.sync().warnings == ()
    assert noted(account) == []
    assert {row["remote_id"]: row for row in live(account.database)["candidates"]}[ident] == before


def test_the_status_tells_what_was_mapped_in_part_from_what_was_not_mapped(account: Account) -> None:
    account.sandbox.edit("opportunities", account.sandbox.ids("opportunities")[0], {"contact": ["c1"]})
    account.sync()
    with account.session() as session:
        told = {each.model: each for each in status(session.store, session.name).models}

    assert (told["candidates"].in_part, told["candidates"].unmappable) == (1, 0)
    assert (told["candidate_tags"].in_part, told["applications"].in_part) == (0, 0)


def noted_of_candidates(account: Account) -> MappingError:
    (note,) = [each for each in noted(account) if each.model == "candidates"]
    return note


def test_a_note_keeps_since_when_it_is_known(account: Account) -> None:
    ident = account.sandbox.ids("opportunities")[0]
    account.sandbox.edit("opportunities", ident, {"contact": ["c1"]})
    account.sync()
    first = noted_of_candidates(account)
    account.sandbox.edit("opportunities", ident, {"contact": ["c2"]})
    account.sync()
    second = noted_of_candidates(account)

    assert first.first_seen_at == second.first_seen_at
    assert second.last_seen_at != first.last_seen_at


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", range(2))
def test_odd_fields_everywhere_cost_no_row_and_heal(account: Account, seed: int) -> None:
    account.sync()
    touch(account)
    account.sync()
    before = live(account.database)
    kept = list(spoil(account, seed))
    touch(account)
    account.sync()

    after = live(account.database)
    for model, rows in before.items():
        assert {row["id"] for row in rows} <= {row["id"] for row in after[model]}, model
    notes = noted(account)
    assert notes
    assert not [each for each in notes if SECRET in each.reason]
    assert not [each for each in notes if each.reason.split(":")[0].split(".")[0] not in LeverObject.keys]

    for resource, ident, good in kept:
        store(account, resource, ident, good)
    touch(account)
    account.sync()
    assert noted(account) == []
    assert {model: len(rows) for model, rows in live(account.database).items()} == {
        model: len(rows) for model, rows in before.items()
    }


def own_columns(tables: Tables) -> Tables:
    """Leave out what holds Lever's record as it came, where nothing is odd."""
    passed_on = {"remote_data", "integration_fields", "content_hash"}
    return {
        model: [{name: row[name] for name in row if name not in passed_on} for row in rows]
        for model, rows in tables.items()
    }


@pytest.mark.long
def test_a_passing_oddity_is_made_up_for_by_the_next_sync_though_nothing_changed_in_lever(
    account: Account,
) -> None:
    kept = list(spoil(account, seed=5))
    account.sync()
    assert noted(account)
    for resource, ident, good in kept:
        store(account, resource, ident, good)
    account.sync(DELTA)
    assert noted(account) == []
    assert own_columns(live(account.database)) == own_columns(account.fresh())


@pytest.mark.long
def test_a_lasting_oddity_is_read_again_at_growing_gaps(account: Account) -> None:
    ident = account.sandbox.ids("opportunities")[0]
    store(account, "opportunities", ident, {"contact": ["c1"]})
    account.sync()
    asked = []
    for _ in range(4):
        account.sandbox.reset_requests()
        account.sync(DELTA)
        asked.append(account.sandbox.requests().of("/opportunities/:id"))
    assert asked[0] == 1
    assert sum(asked) < len(asked)
    assert noted(account)
