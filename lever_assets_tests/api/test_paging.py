"""Pages: each row once whatever is written meanwhile, and cursors that fit their own question alone."""

import logging
from base64 import urlsafe_b64encode
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from kombo.errors import KomboAtsError, KomboHrisError
from sqlalchemy import text

from lever_assets.api.parameters import instant
from lever_assets.store import Store
from lever_assets.store.pages import LISTS, Asked, page_of
from lever_assets.unified.ids import integration_id
from lever_assets_tests.api.by_hand import add, change, wire
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.api.test_lists import LISTS as PATHS
from lever_assets_tests.store.test_pages import told_statements
from lever_assets_tests.sync.tables import unified_tables

_GONE = datetime(2026, 1, 1, tzinfo=UTC)


def page(api: Served, model: str, **query: Any) -> Any:
    """Return a page's data."""
    return api.data("GET", PATHS[model][0], params=query)


def test_what_is_there_all_the_time_is_seen_once_whatever_is_written_meanwhile(api: Served) -> None:
    """Before each page rows are added behind and before it, one seen changes, and one that is not goes."""
    candidates = unified_tables(api.account.database)["candidates"]
    everybody = sorted(row["id"] for row in candidates)
    seen: list[str] = []
    went: set[str] = set()
    cursor, number = None, 0
    while True:
        data = page(api, "candidates", page_size=3, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in data["results"]]
        cursor, number = data["next"], number + 1
        if cursor is None:
            break
        add(api, "candidates", f"0 {number}")
        add(api, "candidates", f"{seen[-1]} next")
        change(api, "candidates", seen[0], first_name=f"{number}")
        going = max(set(everybody) - set(seen) - went, default=None)
        if going is not None and number % 3 == 0:
            change(api, "candidates", going, remote_deleted_at=_GONE)
            went.add(going)
    assert len(seen) == len(set(seen))
    assert set(everybody) - went <= set(seen)
    assert not went & set(seen)
    assert seen == sorted(seen)
    assert any(each.endswith(" next") for each in seen)


def test_after_a_last_page_that_is_full_there_is_nothing(shared: Served) -> None:
    everything = page(shared, "tags", page_size=250)
    assert everything["next"] is None
    count = len(everything["results"])
    assert page(shared, "tags", page_size=count)["next"] is None
    first = page(shared, "tags", page_size=count - 1)
    last = page(shared, "tags", page_size=count - 1, cursor=first["next"])
    assert (len(last["results"]), last["next"]) == (1, None)


@pytest.mark.parametrize(
    "other", [{"name_contains": "e"}, {"include_deleted": "true"}, {"updated_after": "2020-01-01"}]
)
def test_a_cursor_fits_its_own_question_alone(shared: Served, other: dict[str, str]) -> None:
    cursor = page(shared, "jobs", page_size=2)["next"]
    assert page(shared, "jobs", page_size=5, cursor=cursor)["results"]  # another size is the same question
    for path, query in (
        ("/v1/ats/jobs", {"cursor": cursor, **other}),
        ("/v1/ats/users", {"cursor": cursor}),
        ("/v1/ats/jobs", {"cursor": cursor[:-1]}),
        ("/v1/ats/jobs", {"cursor": f"{cursor}A"}),
        ("/v1/ats/jobs", {"cursor": "é"}),
        ("/v1/ats/jobs", {"cursor": urlsafe_b64encode(b"made up by somebody").decode()}),
    ):
        error = shared.error("GET", path, 400, params=query)
        assert error["code"] == "PLATFORM.INPUT_INVALID"


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=251",
        "page_size=abc",
        "page_size=1.5",
        "page_size=",
        "page_size=99999999999",
        "include_deleted=maybe",
        "ignore_unsupported_filters=2",
        "updated_after=yesterday",
        "updated_after=2026-13-01",
        "updated_after=2026-01-01T25:00:00Z",
        "updated_after=1700000000",
        "updated_after=",
        "updated_after=0001-01-01T00:00:00%2B23:00",
        "statuses=OPEN,NEW",
        "status=open",
        "employment_types=FULL",
        "visibilities=%00",
        "remote_created_after=never",
    ],
)
def test_what_can_t_be_meant_is_refused(shared: Served, query: str) -> None:
    error = shared.error("GET", f"/v1/ats/jobs?{query}", 400)
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert query.partition("=")[0] in error["message"]


def test_what_is_unknown_or_blank_does_not_count(shared: Served) -> None:
    everything = page(shared, "jobs", page_size=250)["results"]
    for query in ("new_filter=1", "ids=", "statuses=,", "cursor=", "ids=,,"):
        assert shared.data("GET", f"/v1/ats/jobs?page_size=250&{query}")["results"] == everything
    for query in (
        "ids=%00",
        "ids=nobody",
        "remote_ids=%F0%9F%98%80",
        "post_url=",
        "ids=nobody&updated_after=2020-01-01",
    ):
        assert shared.data("GET", f"/v1/ats/jobs?{query}") == {"next": None, "results": []}


@pytest.mark.parametrize(
    "since",
    [
        "2020-01-01",
        "2020-01-01Z",
        "2020-01-01T00:00:00",
        "2020-01-01T00:00:00.123456Z",
        "2020-01-01T00:00:00.123456789012Z",
        "2020-01-01T00:00:00+02:00",
    ],
)
def test_instants_are_taken_as_clients_write_them(shared: Served, since: str) -> None:
    assert page(shared, "jobs", updated_after=since)["results"]


def test_the_zone_of_a_day_is_no_time_of_it() -> None:
    assert instant("2026-01-31+02:00") == datetime(2026, 1, 30, 22, tzinfo=UTC)
    assert instant("2026-01-31-05:00") == datetime(2026, 1, 31, 5, tzinfo=UTC)


def test_updated_after_is_inclusive_of_what_was_given_out(shared: Served) -> None:
    newest = max(page(shared, "jobs", page_size=250)["results"], key=lambda row: str(row["changed_at"]))
    again = page(shared, "jobs", updated_after=newest["changed_at"])["results"]
    assert newest["id"] in {row["id"] for row in again}


def test_checks_come_in_their_order(api: Served) -> None:
    bad = "/v1/ats/jobs?page_size=0"
    assert api.error("GET", bad, 401, key="wrong")["code"] == "PLATFORM.AUTHENTICATION_INVALID"
    assert api.error("GET", bad, 400, integration=None)["code"] == "PLATFORM.INPUT_INVALID"
    assert "X-Integration-Id" in api.error("GET", bad, 400, integration=None)["message"]
    nobody = integration_id("nobody")
    assert api.error("GET", bad, 404, integration=nobody)["code"] == "PLATFORM.INTEGRATION_NOT_FOUND"
    for model in ("notes", "scorecards", "attachments"):
        assert api.error("GET", f"/v1/ats/{model}", 400)["code"] == "INTEGRATION.MODEL_NOT_AVAILABLE"
    with closing(Store.open(api.account.database)) as store, store.writing("lever") as tx:
        tx.sql.execute(text("DELETE FROM sync_state WHERE connection = 'lever'"))
    assert api.error("GET", bad, 409)["code"] == "INTEGRATION.SETUP_SYNC_PENDING"
    assert api.error("GET", "/v1/ats/notes", 409)["code"] == "INTEGRATION.SETUP_SYNC_PENDING"


def test_kombos_client_is_told_what_there_is_not_for_lever(shared: Served) -> None:
    with shared.client() as kombo:
        for ask in (kombo.ats.get_notes, kombo.ats.get_ats_scorecards, kombo.ats.get_ats_attachments):
            with pytest.raises(KomboAtsError) as refused:
                ask()
            assert refused.value.data.error.code == "INTEGRATION.MODEL_NOT_AVAILABLE"
        with pytest.raises(KomboHrisError) as none:
            kombo.hris.get_employees()
        assert none.value.data.error.code == "INTEGRATION.MODEL_NOT_AVAILABLE"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for path in ("/v1/hris", "/v1/hris/absences/1/x", "/v1/lms/courses"):
            assert shared.error(method, path, 400)["code"] == "INTEGRATION.MODEL_NOT_AVAILABLE"
            assert (
                shared.error(method, path, 404, integration="lever:x")["code"]
                == "PLATFORM.INTEGRATION_NOT_FOUND"
            )
            assert shared.error(method, path, 401, key=None)["code"] == "PLATFORM.AUTHENTICATION_INVALID"


def test_only_rows_of_the_connection_are_given_out(api: Served) -> None:
    mine = {model: page(api, model, page_size=250)["results"] for model in PATHS}
    candidate = mine["candidates"][0]["id"]
    for model in PATHS:
        add(api, model, f"of another in {model}", connection="another")
    add(api, "applications", "another's", connection="another", candidate_id=candidate)
    assert {model: page(api, model, page_size=250)["results"] for model in PATHS} == mine


def test_what_is_stored_out_of_order_breaks_no_page(api: Served, caplog: pytest.LogCaptureFixture) -> None:
    tables = unified_tables(api.account.database)
    application, job = tables["applications"][0], tables["jobs"][0]
    question = {"remote_id": None, "title": "?", "type": "FILE"}
    answers = [
        {"question": question, "answer": {"file": "x"}},
        {"question": {**question, "type": "NEW"}, "answer": {}},
    ]
    change(api, "applications", application["id"], outcome="UNHEARD", screening_question_answers=answers)
    change(api, "applications", tables["applications"][1]["id"], candidate_id="never came", job_id=None)
    change(
        api,
        "jobs",
        job["id"],
        salary_amount_from=Decimal("85000.50"),
        salary_amount_to=Decimal("12345678901234567890.12"),
    )
    for each in tables["screening_questions"]:
        change(
            api,
            "screening_questions",
            each["id"],
            format={"type": "TEXT", "display_type": "SHOUTED"},
            category="X",
        )
    change(api, "job_postings", tables["job_postings"][0]["id"], status="NEW", visibility="CONFIDENTIAL")
    change(api, "roles", tables["roles"][0]["id"], unified_type="KING")
    change(api, "rejection_reasons", tables["rejection_reasons"][0]["id"], remote_id=None)
    add(api, "offers", "an offer", status="ON_HOLD", application_id=application["id"])
    with caplog.at_level(logging.WARNING, "lever_assets.api"):
        for path, _, shape in PATHS.values():
            shape.model_validate_json(api.ask("GET", path, params={"page_size": 250}).content)
    told = [record.getMessage() for record in caplog.records]
    for what in (
        "applications.outcome",
        "applications.screening_question_answers",
        "screening_questions.format",
        "screening_questions.category",
        "job_postings.status",
        "job_postings.visibility",
        "roles.unified_type",
        "offers.status",
        "rejection_reasons has no remote_id",
    ):
        assert any(what in each for each in told), (what, told)
    assert not any("SHOUTED" in each or "KING" in each for each in told)
    body = api.ask("GET", f"/v1/ats/jobs?ids={job['id']}").text
    assert '"salary_amount_from":85000.5,"salary_amount_to":12345678901234567890.12' in body
    row = page(api, "applications", ids=tables["applications"][1]["id"])["results"][0]
    assert (row["candidate"], row["job"], row["candidate_id"]) == (None, None, "never came")
    assert page(api, "applications", ids=application["id"])["results"][0]["screening_question_answers"] == []


def test_deleted_rows_come_when_they_are_asked_for_and_nested_ones_never(api: Served) -> None:
    tables = unified_tables(api.account.database)
    interview = next(row for row in tables["interviews"] if row["application_id"])
    tag = tables["candidate_tags"][0]
    posting, stage = tables["job_postings"][0], tables["job_application_stages"][0]
    member = tables["job_hiring_team_members"][0]
    for model, row in (
        ("interviews", interview),
        ("candidate_tags", tag),
        ("job_postings", posting),
        ("job_application_stages", stage),
        ("job_hiring_team_members", member),
    ):
        change(api, model, row["id"], remote_deleted_at=_GONE)
    assert page(api, "interviews", ids=interview["id"])["results"] == []
    [shown] = page(api, "interviews", ids=interview["id"], include_deleted="true")["results"]
    assert shown["remote_deleted_at"] == wire(_GONE)
    [applied] = page(api, "applications", ids=interview["application_id"])["results"]
    assert interview["id"] not in {each["id"] for each in applied["interviews"]}
    [candidate] = page(api, "candidates", ids=tag["candidate_id"])["results"]
    assert tag["tag_id"] not in {each["id"] for each in candidate["tags"]}
    [job] = page(api, "jobs", ids=posting["job_id"])["results"]
    assert job["job_postings"] == []
    [job] = page(api, "jobs", ids=stage["job_id"])["results"]
    assert stage["stage_id"] not in {each["id"] for each in job["stages"]}
    [job] = page(api, "jobs", ids=member["job_id"])["results"]
    assert member["user_id"] not in {each["id"] for each in job["hiring_team"]}


def test_without_remote_data_none_is_given_out(shared: Served) -> None:
    assert page(shared, "candidates")["results"][0]["remote_data"]["/opportunities"]
    with served(shared.account, remote_data=False) as here:
        for model in PATHS:
            assert all(row["remote_data"] is None for row in page(here, model)["results"])


def test_a_page_takes_as_many_statements_however_many_rows_it_has(api: Served) -> None:
    questions = (Asked(size=2), Asked(size=250), Asked(size=250, updated_after=_GONE))
    with closing(Store.open(api.account.database)) as store:
        for model in LISTS:
            counts = []
            for asked in questions:
                with store.reading("lever") as tx, told_statements(store) as told:
                    page_of(tx, model, asked)
                counts.append(len(told))
            assert counts[0] <= counts[1] <= 11, model
            assert counts[2] <= counts[1] + 1, model
