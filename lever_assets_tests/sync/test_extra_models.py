"""LEVER_EXTRA_MODELS: notes, scorecards and attachments are read only where they are asked for."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from lever_assets.policy.exclusion import NOTHING_EXCLUDED, Exclusion
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import mapping_errors
from lever_assets.sync.planning import plan
from lever_assets.sync.polling import poll
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import replay
from lever_assets.sync.status import status
from lever_assets.unified.ids import unified_id
from lever_assets_tests.meddling import Asked, Meddler, Reply
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, live, raw_ids
from lever_assets_tests.sync.test_erasing import everything
from lever_assets_tests.sync.test_not_there import FORBIDDEN

EXTRA = ("notes", "scorecards", "attachments")
RESOURCES = ("notes", "feedback", "files", "resumes")
SECRET_WORDS = ("Whispered about Ada", "Mumbled in the interview", "ada-lovelace-references.pdf")


@pytest.fixture
def person(few: Sandbox) -> str:
    """An opportunity that has a note, a scorecard, a file and a résumé."""
    made: str = few.add_opportunity(name="Ada Lovelace", postings=[few.ids("postings")[0]])["id"]
    with lever_at(few) as lever:
        note = lever.post(f"/opportunities/{made}/notes", json={"value": SECRET_WORDS[0], "secret": True})
        assert note.status_code == 201
    field = {"id": "f", "type": "textarea", "text": "What did you see?", "value": SECRET_WORDS[1]}
    few.add_feedback(made, fields=[field])
    file = {"id": "file", "name": SECRET_WORDS[2], "ext": ".pdf", "uploadedAt": few.now()}
    few.create("files", file, made)
    few.create("resumes", {"id": "resume", "file": {**file, "id": "inside"}}, made)
    return made


def lever_at(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.url, auth=(sandbox.key, ""))


def asked(sandbox: Sandbox) -> dict[str, int]:
    """Return how often each of the lists was asked for."""
    requests = sandbox.requests()
    return {each: requests.of(f"/opportunities/:id/{each}") for each in RESOURCES}


def none_asked() -> dict[str, int]:
    return dict.fromkeys(RESOURCES, 0)


def of_person(account: Account, person: str) -> dict[str, list[dict[str, Any]]]:
    candidate = unified_id("lever", "candidates", person)
    found = live(account.database)
    return {each: [row for row in found.get(each, []) if row["candidate_id"] == candidate] for each in EXTRA}


def extra_rows(account: Account) -> dict[str, int]:
    return {name: len(rows) for name, rows in live(account.database).items() if name in EXTRA}


@pytest.mark.usefixtures("person")
def test_nobody_asks_for_what_no_setting_names(small: Account) -> None:
    report = small.sync()

    assert asked(small.sandbox) == none_asked()
    assert extra_rows(small) == {}
    assert {each.resource for each in report.landed}.isdisjoint(RESOURCES)
    assert {each.model for each in report.derived}.isdisjoint(EXTRA)
    with small.session() as session:
        told = status(session.store, session.name, session.exclusion)
        assert {each.model for each in told.models}.isdisjoint(EXTRA)
        assert set(plan(session).requests).isdisjoint(RESOURCES)


def test_every_record_of_every_opportunity_is_in_its_table(anywhere: Account, person: str) -> None:
    anywhere.sync(extra_models=EXTRA)

    sandbox = anywhere.sandbox
    there = {each: set(sandbox.ids(each)) for each in RESOURCES}
    assert all(there.values())
    assert {each: raw_ids(anywhere.database, each) for each in RESOURCES} == there
    found = live(anywhere.database)
    assert {row["remote_id"] for row in found["notes"]} == there["notes"]
    assert {row["remote_id"] for row in found["scorecards"]} == there["feedback"]
    assert {row["remote_id"] for row in found["attachments"]} == there["files"] | there["resumes"]
    own = of_person(anywhere, person)
    [note], [scorecard], papers = own["notes"], own["scorecards"], own["attachments"]
    assert (note["content_html"], note["is_private"]) == (SECRET_WORDS[0], True)
    assert [each["answer"] for each in scorecard["responses"]] == [SECRET_WORDS[1]]
    assert {(each["type"], each["file_name"]) for each in papers} == {
        ("CV", SECRET_WORDS[2]),
        ("OTHER", SECRET_WORDS[2]),
    }
    [application] = [row for row in found["applications"] if row["candidate_id"] == note["candidate_id"]]
    rows = (note, scorecard, *papers)
    assert {each["application_id"] for each in rows} == {application["id"]}


def test_a_scorecard_leads_to_its_interview_and_its_author(small: Account) -> None:
    small.sync(extra_models=("scorecards",))

    found = live(small.database)
    interviews, users = ({row["id"] for row in found[each]} for each in ("interviews", "users"))
    scorecards = found["scorecards"]
    assert scorecards
    assert {row["interview_id"] for row in scorecards} <= interviews
    assert {row["author_id"] for row in scorecards} <= users


@pytest.mark.parametrize(
    ("model", "lists"),
    [("notes", {"notes"}), ("scorecards", {"feedback"}), ("attachments", {"files", "resumes"})],
)
def test_only_what_is_named_is_asked_for(small: Account, person: str, model: str, lists: set[str]) -> None:
    small.sync(extra_models=(model,))

    assert {each for each, times in asked(small.sandbox).items() if times} == lists
    assert set(extra_rows(small)) == {model}
    assert [each for each in EXTRA if of_person(small, person)[each]] == [model]


def test_a_delta_asks_below_what_changed_and_no_more(anywhere: Account, person: str) -> None:
    anywhere.sync(extra_models=EXTRA)
    anywhere.sync(DELTA, extra_models=EXTRA)
    anywhere.sandbox.reset_requests()

    anywhere.sync(DELTA, extra_models=EXTRA)
    assert asked(anywhere.sandbox) == none_asked()

    with lever_at(anywhere.sandbox) as lever:
        lever.post(f"/opportunities/{person}/notes", json={"value": "Another"})
    anywhere.sync(DELTA, extra_models=EXTRA)
    assert asked(anywhere.sandbox) == dict.fromkeys(RESOURCES, 1)
    assert {row["content_html"] for row in of_person(anywhere, person)["notes"]} == {
        SECRET_WORDS[0],
        "Another",
    }


def test_a_plan_counts_what_a_full_sync_then_asks_for(small: Account, person: str) -> None:
    with small.session(extra_models=EXTRA) as session:
        planned = plan(session).requests
    small.sandbox.reset_requests()
    small.sync(extra_models=EXTRA)

    assert {each: planned[each] for each in RESOURCES} == asked(small.sandbox)


def test_switched_on_later_the_history_is_read_by_a_delta(anywhere: Account, person: str) -> None:
    anywhere.sync()
    before = live(anywhere.database)
    anywhere.sandbox.reset_requests()
    with anywhere.session(extra_models=EXTRA) as session:
        assert poll(session).changed

    report = anywhere.sync(DELTA, extra_models=EXTRA)

    assert any("LEVER_EXTRA_MODELS names notes, scorecards, attachments" in each for each in report.restored)
    opportunities = len(anywhere.sandbox.ids("opportunities"))
    assert asked(anywhere.sandbox) == dict.fromkeys(RESOURCES, opportunities)
    assert anywhere.sandbox.requests().of("/opportunities/:id/offers") == 0
    assert all(of_person(anywhere, person).values())
    found = live(anywhere.database)
    assert {name: found[name] for name in before} == before


def test_switched_off_again_nothing_of_it_is_left(anywhere: Account, person: str) -> None:
    anywhere.sync(extra_models=EXTRA)
    assert all(words in everything(anywhere.database) for words in SECRET_WORDS)
    before = {name: rows for name, rows in live(anywhere.database).items() if name not in EXTRA}

    told = anywhere.sync(DELTA).restored

    assert any("names notes, scorecards, attachments no more" in each for each in told)
    assert not any(words in everything(anywhere.database) for words in SECRET_WORDS)
    assert live(anywhere.database) == before
    assert [raw_ids(anywhere.database, each) for each in RESOURCES] == [set()] * 4
    anywhere.sandbox.reset_requests()
    anywhere.sync(extra_models=("notes",))
    assert of_person(anywhere, person)["notes"]
    assert set(extra_rows(anywhere)) == {"notes"}


@pytest.mark.usefixtures("person")
def test_a_field_of_an_extra_model_can_be_left_out(small: Account) -> None:
    left_out = ("notes.content_html", "attachments.file_name", "attachments.type")
    small.sync(extra_models=EXTRA, exclude=left_out)

    left = everything(small.database)
    assert SECRET_WORDS[0] not in left
    assert SECRET_WORDS[2] not in left
    assert SECRET_WORDS[1] in left
    found = live(small.database)
    assert {row["content_html"] for row in found["notes"]} == {None}
    assert {row["file_name"] for row in found["attachments"]} == {None}


def refusing(*lists: str) -> Any:
    def change(asked: Asked, reply: Reply) -> Reply:
        refused = asked.path.startswith("/opportunities/") and asked.path.endswith(lists)
        return reply.giving(403, FORBIDDEN) if refused else reply

    return change


def test_what_the_key_may_not_read_is_told_and_heals(
    small: Account, few_meddler: Meddler, person: str
) -> None:
    few_meddler.change = refusing("/feedback")
    report = small.sync(extra_models=EXTRA, base_url=few_meddler.url)

    assert [each for each in report.warnings if each.startswith("feedback was skipped")]
    assert set(extra_rows(small)) == {"notes", "attachments"}
    few_meddler.change = refusing()
    again = small.sync(extra_models=EXTRA, base_url=few_meddler.url)

    assert not [each for each in again.warnings if "feedback" in each]
    assert of_person(small, person)["scorecards"]


def test_what_is_refused_later_stays(small: Account, few_meddler: Meddler, person: str) -> None:
    small.sync(extra_models=EXTRA, base_url=few_meddler.url)
    before = of_person(small, person)
    few_meddler.change = refusing(*(f"/{each}" for each in RESOURCES))

    small.sync(extra_models=EXTRA, base_url=few_meddler.url)

    assert of_person(small, person) == before


def test_a_file_that_goes_takes_its_row_alone(small: Account, person: str) -> None:
    small.sync(extra_models=EXTRA)
    small.sandbox.delete("files", "file")
    small.sandbox.edit("opportunities", person, {"updatedAt": small.sandbox.now()})

    small.sync(DELTA, extra_models=EXTRA)

    assert [row["remote_id"] for row in of_person(small, person)["attachments"]] == ["resume"]


def test_a_record_that_is_odd_costs_only_itself(small: Account, person: str) -> None:
    small.sandbox.create("files", {"id": "odd", "name": ["no", "text"], "uploadedAt": 1}, person)
    small.sync(extra_models=EXTRA)

    papers = {row["remote_id"]: row["file_name"] for row in of_person(small, person)["attachments"]}
    assert papers == {"file": SECRET_WORDS[2], "resume": SECRET_WORDS[2], "odd": None}
    with small.session(extra_models=EXTRA) as session, session.reading() as tx:
        listed = mapping_errors.listed(tx, limit=10)
    assert [(each.model, each.resource, each.remote_id) for each in listed] == [
        ("attachments", "files", "odd")
    ]


def test_a_replay_gives_the_same_rows(small: Account, person: str) -> None:
    small.sync(extra_models=EXTRA)
    before = live(small.database)
    with small.session(extra_models=EXTRA) as session:
        reports = replay(session)

    assert live(small.database) == before
    assert set(EXTRA) <= {each.model for each in reports}
    assert of_person(small, person)["notes"]
    with small.session() as session, pytest.raises(SettingsError, match="LEVER_EXTRA_MODELS does not name"):
        replay(session, ["notes"])


def refreshed(account: Account, person: str, **settings: Any) -> None:
    with account.session(**settings) as session:

        async def read() -> None:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [person])

        asyncio.run(read())


def test_one_opportunity_alone_is_refreshed_with_what_is_asked_for(small: Account, person: str) -> None:
    small.sync(extra_models=("notes",))
    with lever_at(small.sandbox) as lever:
        lever.post(f"/opportunities/{person}/notes", json={"value": "Another"})
    small.sandbox.reset_requests()

    refreshed(small, person, extra_models=("notes",))

    assert asked(small.sandbox) == {**none_asked(), "notes": 1}
    assert len(of_person(small, person)["notes"]) == 2


@pytest.fixture(params=["deleted", "anonymised", "left out"])
def going(request: pytest.FixtureRequest) -> str:
    way: str = request.param
    return way


def gone(account: Account, person: str, way: str) -> Mapping[str, Any]:
    """Have a person go in some way; return the settings that it takes."""
    if way == "deleted":
        account.sandbox.delete("opportunities", person)
    elif way == "anonymised":
        account.sandbox.anonymise(person)
    else:
        account.sandbox.archive(person, account.sandbox.ids("archive_reasons")[0])
        account.sync(DELTA, extra_models=EXTRA)  # nobody in a live application is erased for this
        return {"candidate_cutoff": "2030-01-01"}
    return {}


def test_erasure_reaches_all_of_it(anywhere: Account, person: str, going: str) -> None:
    anywhere.sync(extra_models=EXTRA)
    left = everything(anywhere.database)
    assert all(words in left for words in SECRET_WORDS)
    settings = {"extra_models": EXTRA, "retention_days": "0", **gone(anywhere, person, going)}

    anywhere.sync(EVERYTHING if going == "left out" else DELTA, **settings)
    with anywhere.session(**settings) as session:
        erase_due(session)

    left = everything(anywhere.database)
    assert [words for words in SECRET_WORDS if words in left] == []


def test_names_that_there_are_not_are_refused_in_a_sentence() -> None:
    settings = Settings(extra_models=("notes", "panels"), api_key=SecretStr("x"))

    with pytest.raises(SettingsError, match=r"no extra model 'panels'.*notes, scorecards, attachments"):
        Exclusion.of(settings)


def test_what_is_kept_of_an_exclusion_is_what_it_was() -> None:
    settings = Settings(extra_models=("attachments", "notes"), exclude=("offers", "users.email"))
    exclusion = Exclusion.of(settings)

    assert exclusion.stated == ("offers", "users.email", "+notes", "+attachments")
    assert Exclusion.known_among(exclusion.stated) == exclusion
    assert Exclusion.known_among(()) == NOTHING_EXCLUDED
    assert exclusion.models == {"offers", "scorecards"}
