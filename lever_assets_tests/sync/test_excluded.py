"""LEVER_EXCLUDE: models and fields that are neither fetched nor stored, and fetched again when wanted."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from lever_assets.policy.exclusion import NOTHING_EXCLUDED, Exclusion, possible_names
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.tables import RAW, metadata
from lever_assets.sync.planning import plan
from lever_assets.sync.polling import poll
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.resuming import Run
from lever_assets.sync.retention.excluded import apply_exclusion
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import status
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS
from lever_assets_tests.sync.tables import DELTA, Account, Tables, empty_database, live
from lever_assets_tests.sync.test_coverage import middle, note_created

pytestmark = pytest.mark.long

PEOPLE = ("candidates.phone_numbers", "candidates.email_addresses", "users.email")
OFFERS = ("offers",)
ALL_OF_PEOPLE = (
    "candidates",
    "applications",
    "interviews",
    "interviewing_team_members",
    "offers",
    "candidate_tags",
    "tags",
    "rejection_reasons",
)
WITHOUT_OFFER_FORMS = ("offers.integration_fields", "offers.custom_fields", "offers.employment_start_date")


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=24, seed=5, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    """The account and an empty SQLite database."""
    lever.reset_requests()
    return Account(lever, tmp_path, sqlite_database)


@pytest.fixture
def on_either(lever: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """The account and an empty database of either kind."""
    lever.reset_requests()
    return Account(lever, tmp_path, database_url)


@pytest.fixture(scope="module")
def whole(lever: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The live rows that a sync without exclusions gives."""
    folder = tmp_path_factory.mktemp("whole")
    account = Account(lever, folder, empty_database(folder))
    account.sync()
    return live(account.database)


def stored(database: str, *, but: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    store = Store.open(database)
    try:
        with store.reading("lever") as tx:
            return {
                table.name: [dict(row) for row in tx.sql.execute(select(table)).mappings()]
                for table in metadata.sorted_tables
                if table.name not in but
            }
    finally:
        store.close()


def everything_written(database: str) -> str:
    """Return all that the database says, as one text."""
    return orjson.dumps(stored(database), default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def people_of(sandbox: Sandbox) -> set[str]:
    """Return every phone number and address of the account's candidates and users."""
    found = set()
    for each in sandbox.ids("opportunities"):
        record = sandbox.get("opportunities", each) or {}
        found |= {phone["value"] for phone in record["phones"]} | set(record["emails"])
    for each in sandbox.ids("users"):
        found.add((sandbox.get("users", each) or {})["email"])
    return {text for text in found if text}


def with_insight(*names: str) -> Iterator[str]:
    """Yield the names, and what goes with each in the models that tell more of the same."""
    for name in names:
        model, dot, column = name.partition(".")
        yield name
        for each in INSIGHT_MODELS:
            if each.beside == model and (not dot or each.repeats):
                yield f"{each.name}{dot}{column}"


def without(tables: Tables, *excluded: str) -> Tables:
    """Return the tables as an exclusion should leave them, without what follows from it."""
    left = {}
    names = tuple(with_insight(*excluded))
    for table, rows in tables.items():
        nulls = {name.partition(".")[2] for name in names if name.partition(".")[0] == table}
        left[table] = [
            {
                column: None if column in nulls else value
                for column, value in row.items()
                if column not in {"remote_data", "content_hash"}
            }
            for row in rows
            if "" not in nulls
        ]
    return left


def test_an_excluded_model_is_neither_asked_for_nor_stored(account: Account, whole: Tables) -> None:
    report = account.sync(exclude=OFFERS)

    assert account.sandbox.requests().of("/opportunities/:id/offers") == 0
    assert without(live(account.database)) == without(whole, *OFFERS)
    found = stored(account.database)
    assert found["raw_offers"] == found["offers"] == []
    assert "offers" not in {each.resource for each in report.landed}
    assert "offers" not in {each.model for each in report.derived}


def test_without_people_no_opportunity_is_read(account: Account, whole: Tables) -> None:
    account.sync(exclude=ALL_OF_PEOPLE)

    asked = account.sandbox.requests().by_endpoint
    assert [each for each in asked if "opportunities" in each or "applications" in each] == []
    assert not {"GET /tags", "GET /sources", "GET /archive_reasons"} & asked.keys()
    assert without(live(account.database)) == without(whole, *ALL_OF_PEOPLE)
    assert len(live(account.database)["jobs"]) > 0
    account.sandbox.reset_requests()
    account.sync(DELTA, exclude=ALL_OF_PEOPLE)
    assert [each for each in account.sandbox.requests().by_endpoint if "opportunities" in each] == []


def test_an_excluded_field_leaves_no_trace(on_either: Account, whole: Tables) -> None:
    names = (*PEOPLE, *WITHOUT_OFFER_FORMS)
    on_either.sync(exclude=names)

    written = everything_written(on_either.database)
    assert [text for text in people_of(on_either.sandbox) if text in written] == []
    assert without(live(on_either.database)) == without(whole, *names)
    assert all(row["phone_numbers"] is None for row in on_either.tables()["candidates"])


def test_excluding_later_removes_what_is_stored_without_reading_it_again(
    on_either: Account, whole: Tables
) -> None:
    names = (*PEOPLE, *WITHOUT_OFFER_FORMS, "tags", "candidate_tags")
    on_either.sync()
    on_either.sync(DELTA)
    written = everything_written(on_either.database)
    assert all(text in written for text in people_of(on_either.sandbox))
    on_either.sandbox.reset_requests()
    report = on_either.sync(DELTA, exclude=names)

    written = everything_written(on_either.database)
    assert [text for text in people_of(on_either.sandbox) if text in written] == []
    found = stored(on_either.database)
    assert found["raw_tags"] == found["tags"] == []
    assert [row for row in found["changes"] if row["model"] in {"tags", "candidate_tags"}] == []
    assert without(live(on_either.database)) == without(whole, *names)
    assert on_either.sandbox.requests().of("/opportunities/:id/interviews") <= 10  # what is watched
    assert [each.model for each in report.derived if each.counts.changed] == []

    fresh = Account(on_either.sandbox, on_either.folder, empty_database(on_either.folder))
    fresh.sync(exclude=names)
    assert live(on_either.database) == live(fresh.database)


def test_a_second_sync_with_the_same_exclusions_changes_nothing(account: Account) -> None:
    names = (*PEOPLE, *OFFERS)
    account.sync(exclude=names)
    before = stored(account.database, but=("sync_state", "child_reads"))
    account.sync(exclude=names)
    after = stored(account.database, but=("sync_state", "child_reads"))
    for table in after:
        for row in [*before[table], *after[table]]:
            row.pop("last_seen_at", None)
    assert after == before


def test_what_a_run_under_way_brings_back_is_taken_out_by_the_next_sync(account: Account) -> None:
    """A Dagster run has the settings that were when it began, however long it waits for the account."""
    account.sync()
    known = everything_written(account.database)
    settings = account.settings()
    with Session.open(settings, run_id="under way") as session:
        sync(session, DELTA, run=Run("under way", ("users",)), models=[])
    account.sync(exclude=("candidates.email_addresses",))
    with Session.open(settings, run_id="under way") as session:
        sync(session, Scope(), run=Run("under way", ("opportunities",)), models=[])
    account.sync(DELTA, exclude=("candidates.email_addresses",))

    people = [
        account.sandbox.get("opportunities", each) or {} for each in account.sandbox.ids("opportunities")
    ]
    addresses = {each for person in people for each in person["emails"]}
    written = everything_written(account.database)
    assert any(each in known for each in addresses)
    assert [each for each in addresses if each in written] == []


@pytest.mark.parametrize("names", [PEOPLE, OFFERS, ALL_OF_PEOPLE, ("jobs", "applications.outcome")])
def test_including_again_gives_the_tables_of_a_fresh_sync(
    account: Account, whole: Tables, names: tuple[str, ...]
) -> None:
    account.sync(exclude=names)
    account.sync(DELTA)
    assert live(account.database) == whole


def test_including_again_on_postgresql(
    lever: Sandbox, tmp_path: Path, postgresql_database: str, whole: Tables
) -> None:
    account = Account(lever, tmp_path, postgresql_database)
    account.sync()
    account.sync(DELTA, exclude=(*PEOPLE, *OFFERS, "candidates.location", "tags"))
    account.sync(DELTA)
    assert live(account.database) == whole


def test_including_a_model_again_reads_only_what_it_lacks(account: Account) -> None:
    account.sync(exclude=OFFERS)
    account.sandbox.reset_requests()
    account.sync(DELTA, watch_budget=0)

    asked = account.sandbox.requests()
    assert asked.of("/opportunities/:id/interviews") == 0
    with_application = [
        each
        for each in account.sandbox.ids("opportunities")
        if (account.sandbox.get("opportunities", each) or {})["applications"]
    ]
    assert asked.of("/opportunities/:id/offers") == len(with_application)


def test_including_a_field_again_reads_the_lists_and_nothing_below_them(
    account: Account, whole: Tables
) -> None:
    account.sync(exclude=PEOPLE)
    account.sync(DELTA, exclude=PEOPLE[:1], watch_budget=0)
    account.sandbox.reset_requests()
    account.sync(DELTA, watch_budget=0)
    asked = account.sandbox.requests()
    assert asked.of("/opportunities") >= 1
    assert asked.of("/opportunities/:id/interviews") == asked.of("/opportunities/:id/offers") == 0
    assert live(account.database) == whole


def test_what_is_gone_in_lever_is_taken_out_too(tmp_path: Path, sqlite_database: str) -> None:
    with running_sandbox(SandboxConfig(opportunities=20, seed=5, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        account.sync()
        phones = people_of(sandbox)
        for each in sandbox.ids("opportunities")[:5]:
            sandbox.delete("opportunities", each)
        account.sync()
        assert sum(row["remote_deleted_at"] is not None for row in account.tables()["candidates"]) == 5
        account.sync(DELTA, exclude=(*PEOPLE, *WITHOUT_OFFER_FORMS))
        written = everything_written(account.database)
        assert [text for text in phones if text in written] == []


def test_the_history_tells_that_a_column_went_but_not_what_it_held(account: Account) -> None:
    account.sync()
    account.sync(DELTA, exclude=("candidates.location",))
    told = [row for row in stored(account.database)["changes"] if row["kind"] == "updated" and row["columns"]]
    models = {name.partition(".")[0] for name in with_insight("candidates.location")}
    assert {row["model"] for row in told} == models == {"candidates", "people"}
    assert {orjson.dumps(row["columns"]) for row in told} <= {
        b'{"location":{},"remote_data":{}}',
        b'{"remote_data":{}}',
        b'{"location":{}}',  # people hold no record of Lever's
    }
    account.sync(DELTA)
    changes = [row for row in stored(account.database)["changes"] if row["kind"] == "updated"]
    for model in models:
        back = [row["columns"] for row in changes if row["model"] == model]
        assert sum(bool((columns or {}).get("location")) for columns in back) == len(
            [row for row in live(account.database)[model] if row["location"]]
        )


def test_a_stopped_clean_up_is_done_by_the_next_sync(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.sync()
    with monkeypatch.context() as broken, account.session(exclude=PEOPLE) as session:
        broken.setattr("lever_assets.sync.retention.excluded.forget_values_of_model", stop)
        with pytest.raises(KeyboardInterrupt):
            apply_exclusion(session, NOTHING_EXCLUDED)
    account.sync(DELTA, exclude=(*PEOPLE, *WITHOUT_OFFER_FORMS))
    written = everything_written(account.database)
    assert [text for text in people_of(account.sandbox) if text in written] == []


def stop(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt


def refresh(session: Session, ids: list[str]) -> int:
    """Read some opportunities again; return how many requests that took."""

    async def ask() -> int:
        async with session.account.client(session.settings) as lever:
            await refresh_opportunities(lever, session, ids)
            return lever.traffic.requests

    return asyncio.run(ask())


def test_a_targeted_refresh_takes_in_no_more_than_a_sync(account: Account) -> None:
    names = (*PEOPLE, *WITHOUT_OFFER_FORMS, "interviews", "interviewing_team_members", "tags")
    account.sync(exclude=names)
    before = live(account.database)
    account.sandbox.reset_requests()
    with account.session(exclude=names) as session:
        assert refresh(session, account.sandbox.ids("opportunities")) > 0
    assert live(account.database) == before
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == 0
    written = everything_written(account.database)
    assert [text for text in people_of(account.sandbox) if text in written] == []
    with account.session(exclude=ALL_OF_PEOPLE) as session:
        assert refresh(session, account.sandbox.ids("opportunities")) == 0


def test_a_plan_counts_no_requests_for_what_is_left_out(account: Account) -> None:
    with account.session(
        exclude=(*OFFERS, "tags", "screening_questions", "job_screening_questions")
    ) as session:
        made = plan(session)
    assert {"offers", "tags", "posting_forms"} & made.requests.keys() == set()
    account.sandbox.reset_requests()
    report = account.sync(exclude=(*OFFERS, "tags", "screening_questions", "job_screening_questions"))
    assert made.total == report.requests


def test_status_shows_only_what_is_kept(account: Account) -> None:
    account.sync(exclude=OFFERS)
    with account.session(exclude=OFFERS) as session:
        found = status(session.store, session.name, session.exclusion)
    assert "offers" not in {each.resource for each in found.resources} | {each.model for each in found.models}
    assert len(found.models) == len(NOTHING_EXCLUDED.kept) - 1
    assert found.complete


def test_a_model_that_is_left_out_is_not_replayed(account: Account) -> None:
    account.sync(exclude=OFFERS)
    with account.session(exclude=OFFERS) as session:
        assert "offers" not in {each.model for each in replay(session)}
        with pytest.raises(SettingsError, match="LEVER_EXCLUDE leaves out offers"):
            replay(session, ["offers"])


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("offer", r"there is no model 'offer'. Models are users, .*offers"),
        ("candidates.phones", r"no such field. The fields of candidates .* phone_numbers, "),
        ("candidates.id", "ids and references are always kept"),
        ("candidates.changed_at", "ids and references are always kept"),
        ("applications.job_id", "ids and references are always kept"),
        ("user_roles.role_id", "exclude the model"),
        (",".join(model.name for model in MODELS), "names every model"),
    ],
)
def test_names_that_can_not_be_left_out_are_refused(
    monkeypatch: pytest.MonkeyPatch, account: Account, names: str, told: str
) -> None:
    monkeypatch.setenv("LEVER_EXCLUDE", names)
    exclude = Settings.load().exclude
    with pytest.raises(SettingsError, match=f"LEVER_EXCLUDE.*{told}"), account.session(exclude=exclude):
        pytest.fail("the session should not open")


def test_every_possible_name_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in possible_names():
        monkeypatch.setenv("LEVER_EXCLUDE", f" {name.upper()} , ")
        assert Exclusion.of(Settings.load()).names == (name,)
    monkeypatch.setenv("LEVER_EXCLUDE", "")
    assert Exclusion.of(Settings.load()).names == ()


def test_nothing_is_left_out_unless_told() -> None:
    nothing = Exclusion.of(Settings())
    assert RAW.keys() - nothing.resources == {"notes", "feedback", "files", "resumes"}
    assert [each.name for each in nothing.kept] == [each.name for each in (*MODELS, *INSIGHT_MODELS)]
    assert not any(nothing.stripping(resource) for resource in RAW)


def test_the_poll_asks_only_after_what_is_kept_and_notices_a_change_of_the_setting(account: Account) -> None:
    account.sync(exclude=ALL_OF_PEOPLE)
    account.sandbox.reset_requests()
    with account.session(exclude=ALL_OF_PEOPLE) as session:
        assert not poll(session).changed
    assert not [each for each in account.sandbox.requests().by_endpoint if "opportunities" in each]
    with account.session() as session:
        found = poll(session)
    assert found.why == "Other models or fields are left out than before."
    assert found.since is not None
    account.sync(DELTA, watch_budget=0)
    with account.session(watch_budget=0) as session:
        assert not poll(session).changed


def test_the_poll_knows_an_account_of_short_lists_only(account: Account) -> None:
    only_users = tuple(model.name for model in MODELS if model.name != "users")
    account.sync(exclude=only_users)
    with account.session(exclude=only_users) as session:
        assert poll(session).since is not None


EXCLUSIONS = ((), OFFERS, PEOPLE, ("tags", "candidates.location"), ALL_OF_PEOPLE)
SCOPES = (DELTA, DELTA, DELTA, Scope(), Scope(reconcile=True))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_was_switched_in_whichever_order_the_rows_are_those_of_a_fresh_database(
    tmp_path: Path, sqlite_database: str, seed: int
) -> None:
    chance = random.Random(seed)
    with running_sandbox(SandboxConfig(opportunities=12, seed=seed, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, sqlite_database)
        fresh = Account(sandbox, tmp_path, empty_database(tmp_path))
        ours = sandbox.ids("opportunities")[2:6]
        for each in (account, fresh):
            note_created(each, *ours)
        limits: list[dict[str, Any]] = [{}, {"only_created": True}]
        limits += [{"candidate_cutoff": middle(sandbox, share)} for share in (0.3, 0.7)]
        account.sync()
        settings: dict[str, Any] = {}
        for _ in range(5):
            settings = {
                **chance.choice(limits),
                "exclude": chance.choice(EXCLUSIONS),
                "remote_data": chance.random() < 0.7,
            }
            if chance.random() < 0.4:
                sandbox.touch(share=0.2, seed=chance.randrange(100))
            if chance.random() < 0.2:
                sandbox.delete("opportunities", sandbox.ids("opportunities")[-1])
            account.sync(chance.choice(SCOPES), **settings)
            if chance.random() < 0.4:
                with account.session(retention_days="0", **settings) as session:
                    erase_due(session)
        fresh.sync(**settings)
        assert live(account.database) == live(fresh.database)
