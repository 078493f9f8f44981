from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, open_account, running_sandbox
from lever_assets.sandbox.account import Account
from lever_assets.sandbox.schema import SUB_RESOURCES, TABLES
from lever_assets_tests.sandbox.reading import ALL, every

NOW = int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp() * 1000)

# The keys of recorded and documented records; `opportunityLocation` and `salaryRange` are absent on some.
KEYS = {
    "opportunities": "id name contact headline stage confidentiality location phones emails links archived "
    "tags sources stageChanges origin sourcedBy owner followers applications createdAt "
    "updatedAt lastInteractionAt lastAdvancedAt snoozedUntil urls isAnonymized "
    "dataProtection",
    "applications": "id type candidateId opportunityId posting postingHiringManager postingOwner name "
    "company phone email links comments user customQuestions createdAt archived "
    "requisitionForHire ipAddress referer userAgent acceptLanguage timezone",
    "interviews": "id panel subject note interviewers timezone createdAt date duration location "
    "feedbackTemplate feedbackForms feedbackReminder user stage canceledAt postings "
    "gcalEventUrl opportunityId",
    "panels": "id applications start end timezone canceledAt createdAt externallyManaged "
    "externalUrl feedbackReminder note stage user interviews",
    "offers": "id posting createdAt status creator fields approved approvedAt sentAt sentDocument "
    "signedDocument signatures",
    "notes": "id text fields user secret completedAt createdAt deletedAt",
    "feedback": "id type text instructions fields baseTemplateId interview panel user createdAt "
    "completedAt deletedAt",
    "files": "id downloadUrl ext name uploadedAt status size",
    "resumes": "id file parsedData createdAt",
    "postings": "id text state distributionChannels user owner hiringManager categories tags content "
    "country followers reqCode requisitionCodes urls confidentiality createdAt updatedAt "
    "workplaceType transcribeInterviews screening",
    "posting_forms": "id text customQuestions personalInformation urls consentDisclosures",
    "requisitions": "id createdAt confidentiality status name requisitionCode headcountTotal "
    "headcountHired headcountInfinite backfill creator owner hiringManager internalNotes "
    "compensationBand approval employmentStatus location team department postings "
    "offerIds timeToFillStartAt timeToFillEndAt updatedAt customFields closedAt",
    "requisition_fields": "id text type isRequired",
    "users": "id name username email accessRole photo createdAt deactivatedAt externalDirectoryId "
    "linkedContactIds jobTitle managerId",
    "stages": "id text",
    "archive_reasons": "id text status type",
    "disposition_stages": "stages archiveReasons",
    "tags": "text count",
    "sources": "text count",
    "eeo_responses": "applicationArchivedAt applicationArchivedBy applicationArchiveReason "
    "applicationTitle appliedAt currentStage",
    "eeo_responses_pii": "applicationId opportunityId appliedAt",
}
FIELD_TYPES = (
    "text textarea dropdown multiple-choice multiple-select yes-no date currency number score score-system "
    "file-upload university code instruction"
)
ORIGINS = ("applied", "sourced", "referred", "agency", "internal", "university")
OFFER_STATUSES = "draft approval-sent approved sent sent-manually opened denied signed"
POSTING_STATES = "published internal closed draft pending rejected"
REQUISITION_STATUSES = "open closed onHold pending rejected draft canceled"


def _records(sandbox: Sandbox, resource: str) -> list[dict[str, Any]]:
    return [sandbox.get(resource, ident) or {} for ident in sandbox.ids(resource)]


def _everything(account: Account) -> dict[str, list[bytes | None]]:
    return {name: [account.get(name, ident) for ident in account.ids(name)] for name in TABLES}


@pytest.mark.parametrize("resource", KEYS)
def test_records_have_every_key_that_lever_answers(shared: Sandbox, resource: str) -> None:
    records = _records(shared, resource)
    assert records
    for record in records:
        assert set(KEYS[resource].split()) <= set(record)


def test_one_seed_makes_one_account() -> None:
    accounts = []
    for seed in (7, 7, 8):
        with open_account(SandboxConfig(opportunities=150, seed=seed)) as account:
            accounts.append(_everything(account))
    assert accounts[0] == accounts[1]
    assert accounts[0]["opportunities"] != accounts[2]["opportunities"]


def test_the_day_of_the_account_can_be_chosen() -> None:
    now = datetime(2024, 5, 1, tzinfo=UTC)
    with open_account(SandboxConfig(opportunities=150, now=now)) as account:
        created = [
            (account.record("opportunities", i) or {})["createdAt"] for i in account.ids("opportunities")
        ]
    assert max(created) < now.timestamp() * 1000
    assert max(created) > now.timestamp() * 1000 - 90 * 86_400_000


def test_opportunities_read_like_a_company_of_several_years(shared: Sandbox) -> None:
    records = _records(shared, "opportunities")
    share = {
        name: sum(map(test, records)) / len(records)
        for name, test in {
            "without application": lambda r: not r["applications"],
            "with null updatedAt": lambda r: r["updatedAt"] is None,
            "archived": lambda r: r["archived"] is not None,
            "archived without reason": lambda r: bool(r["archived"]) and r["archived"]["reason"] is None,
            "confidential": lambda r: r["confidentiality"] == "confidential",
            "nameless": lambda r: not r["name"],
            "anonymized": lambda r: r["isAnonymized"],
            "protected": lambda r: r["dataProtection"] is not None,
            "snoozed": lambda r: r["snoozedUntil"] is not None,
            "written in other scripts": lambda r: not r["name"].isascii(),
            "with several organisations": lambda r: ", " in r["headline"],
        }.items()
    }
    assert all(0 < value < 0.9 for value in share.values()), share
    assert 0.01 < share["without application"] < 0.07
    assert {record["origin"] for record in records} == set(ORIGINS)
    assert len({record["contact"] for record in records}) < len(records)
    assert {datetime.fromtimestamp(r["createdAt"] / 1000, UTC).year for r in records} == set(
        range(2022, 2027)
    )
    assert all("opportunityLocation" in record for record in records if record["applications"])
    assert any("opportunityLocation" not in record for record in records)


def test_nothing_but_plans_lies_in_the_future(shared: Sandbox) -> None:
    for resource in ("opportunities", "postings", "requisitions"):
        for record in _records(shared, resource):
            assert record["createdAt"] <= (record["updatedAt"] or NOW) <= NOW
    for offer in _records(shared, "offers"):
        assert all(
            at is None or at <= NOW for at in (offer["createdAt"], offer["approvedAt"], offer["sentAt"])
        )


def test_references_lead_somewhere(shared: Sandbox) -> None:
    known = {
        name: set(shared.ids(name))
        for name in ("users", "stages", "postings", "archive_reasons", "requisitions")
    }
    for record in _records(shared, "opportunities"):
        users = [record["owner"], record["sourcedBy"], *record["followers"]]
        users += [change.get("userId") for change in record["stageChanges"]]
        assert {user for user in users if user} <= known["users"]
        assert {change["toStageId"] for change in record["stageChanges"]} | {record["stage"]} <= known[
            "stages"
        ]
        assert record["stageChanges"][-1]["toStageId"] == record["stage"]
        assert (record["archived"] or {}).get("reason") in known["archive_reasons"] | {None}
    for application in _records(shared, "applications"):
        assert application["posting"] in known["postings"]
        opportunity = shared.get("opportunities", application["opportunityId"]) or {}
        assert opportunity["applications"] == [application["id"]]
    offers = set(shared.ids("offers"))
    for requisition in _records(shared, "requisitions"):
        assert set(requisition["postings"]) <= known["postings"]
        assert set(requisition["offerIds"]) <= offers


def test_applications_come_in_every_type_and_answer_questions(shared: Sandbox) -> None:
    applications = _records(shared, "applications")
    assert {application["type"] for application in applications} == {"posting", "referral", "user"}
    assert any(application["requisitionForHire"] for application in applications)
    fields = [
        field
        for application in applications
        for question_set in application["customQuestions"]
        for field in question_set["fields"]
    ]
    assert {field["type"] for field in fields} == set(FIELD_TYPES.split())
    answered = {field["type"] for field in fields if field["value"] is not None}
    assert answered == set(FIELD_TYPES.split()) - {"instruction"}


def test_jobs_come_in_every_state_and_shape(shared: Sandbox) -> None:
    postings = _records(shared, "postings")
    assert {posting["state"] for posting in postings} == set(POSTING_STATES.split())
    assert {posting["workplaceType"] for posting in postings} == {"unspecified", "onsite", "remote", "hybrid"}
    channels = [posting["distributionChannels"] for posting in postings if posting["state"] == "published"]
    assert all(wanted in channels for wanted in (None, [], ["public"], ["internal"], ["public", "internal"]))
    assert {"salaryRange" in posting for posting in postings} == {True, False}
    assert {posting["confidentiality"] for posting in postings} == {"confidential", "non-confidential"}
    assert all((posting["urls"] is None) == (posting["state"] == "draft") for posting in postings)
    assert max(len(posting["requisitionCodes"]) for posting in postings) > 1
    requisitions = _records(shared, "requisitions")
    assert {requisition["status"] for requisition in requisitions} == set(REQUISITION_STATUSES.split())
    assert "unlimited" in [requisition["headcountTotal"] for requisition in requisitions]
    assert any(isinstance(value, dict) for r in requisitions for value in r["customFields"].values())


def test_forms_ask_for_eeo_in_the_us_only(shared: Sandbox) -> None:
    for form in _records(shared, "posting_forms"):
        posting = shared.get("postings", form["id"]) or {}
        assert ("eeoQuestions" in form) == (posting["country"] == "US")


def test_interviews_are_past_coming_and_cancelled(shared: Sandbox) -> None:
    interviews = _records(shared, "interviews")
    assert any(interview["date"] < NOW for interview in interviews)
    assert any(interview["date"] > NOW for interview in interviews)
    assert any(interview["canceledAt"] for interview in interviews)
    assert any("https://" in (interview["location"] or "") for interview in interviews)
    assert any("https://" in (interview["note"] or "") for interview in interviews)
    opportunities = {interview["opportunityId"] for interview in interviews}
    assert 0.25 < len(opportunities) / shared.account.count("opportunities") < 0.45
    panels = {panel["id"]: panel for panel in _records(shared, "panels")}
    assert set(panels) == {interview["panel"] for interview in interviews}
    in_panels = chain.from_iterable(panel["interviews"] for panel in panels.values())
    assert {interview["id"] for interview in in_panels} == {interview["id"] for interview in interviews}


def test_offers_come_in_every_status_and_only_with_an_application(shared: Sandbox) -> None:
    offers = _records(shared, "offers")
    assert {offer["status"] for offer in offers} == set(OFFER_STATUSES.split())
    identifiers = {field["identifier"] for offer in offers for field in offer["fields"]}
    assert {"salary_amount", "start_date", "anticipated_start_date", "equity_options"} <= identifiers
    applied = {application["opportunityId"] for application in _records(shared, "applications")}
    with_offer = [ident for ident in shared.ids("opportunities") if shared.account.children("offers", ident)]
    assert len(with_offer) == len(offers)
    assert set(with_offer) <= applied


def test_users_have_roles_as_lever_spells_them(shared: Sandbox) -> None:
    roles = {user["accessRole"] for user in _records(shared, "users")}
    assert {"super admin", "admin", "team member", "limited team member", "interviewer"} < roles


def test_tags_and_sources_are_counted(shared: Sandbox, lever: httpx.Client) -> None:
    opportunities = _records(shared, "opportunities")
    for resource in ("tags", "sources"):
        counts = {entry["text"]: entry["count"] for entry in every(lever, f"/{resource}")}
        given = [text for record in opportunities for text in record[resource]]
        assert counts == {text: given.count(text) for text in given}


@pytest.mark.parametrize("resource", SUB_RESOURCES)
def test_every_sub_resource_is_served(shared: Sandbox, lever: httpx.Client, resource: str) -> None:
    parents = [ident for ident in shared.ids("opportunities") if shared.account.children(resource, ident)]
    record = every(lever, f"/opportunities/{parents[0]}/{resource}")[0]
    single = lever.get(f"/opportunities/{parents[0]}/{resource}/{record['id']}")
    assert single.json() == {"data": record}
    none = next(
        ident for ident in shared.ids("opportunities") if not shared.account.children(resource, ident)
    )
    assert lever.get(f"/opportunities/{none}/{resource}").json() == {"data": [], "hasNext": False}


def test_every_posting_has_a_form_and_users(shared: Sandbox, lever: httpx.Client) -> None:
    for posting in every(lever, "/postings", **ALL):
        form = lever.get(f"/postings/{posting['id']}/apply").json()["data"]
        assert (form["id"], form["text"]) == (posting["id"], posting["text"])
        users = [user["id"] for user in every(lever, f"/postings/{posting['id']}/users")]
        assert posting["owner"] in users


def test_eeo_answers_name_nobody_unless_pii_is_asked_for(lever: httpx.Client) -> None:
    plain, pii = every(lever, "/eeo/responses"), every(lever, "/eeo/responses/pii")
    assert len(plain) == len(pii) > 0
    assert "applicationId" not in plain[0]
    assert {"applicationId", "opportunityId"} <= set(pii[0])


def test_deleted_records_from_before_are_told(shared: Sandbox, lever: httpx.Client) -> None:
    gone = every(lever, "/opportunities/deleted")
    assert gone
    assert not {entry["id"] for entry in gone} & set(shared.ids("opportunities"))


@pytest.mark.long
def test_a_large_account_is_made_and_read_in_little_memory(tmp_path: Path) -> None:
    config = SandboxConfig(opportunities=3_000, rate=0, db=tmp_path / "account.db")
    tracemalloc.start()
    try:
        with running_sandbox(config) as sandbox:
            assert sandbox.account.count("opportunities") == 3_000
            with httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client:
                page = client.get("/opportunities", params={"expand": "applications", **ALL}).json()
            assert len(page["data"]) == 100
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "account.db").stat().st_size > 2 * peak


def test_a_kept_account_is_found_again_with_its_edits(tmp_path: Path) -> None:
    config = SandboxConfig(opportunities=40, rate=0, db=tmp_path / "account.db")
    with running_sandbox(config) as sandbox:
        ident = sandbox.ids("opportunities")[0]
        sandbox.edit("opportunities", ident, {"name": "Edited"})
    with running_sandbox(config) as sandbox:
        assert (sandbox.get("opportunities", ident) or {})["name"] == "Edited"
        assert sandbox.account.count("opportunities") == 40
    with (
        pytest.raises(ValueError, match="another account"),
        running_sandbox(config.model_copy(update={"seed": 2})),
    ):
        pass


def test_an_empty_account_is_served() -> None:
    with (
        running_sandbox(SandboxConfig(opportunities=0, rate=0)) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        assert every(client, "/opportunities") == []
        assert sandbox.touch(0.5) == []
