"""Each filter finds what an independent look at the tables finds, on both databases."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from lever_assets_tests.api.by_hand import add, change, wire
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.api.test_lists import LISTS, walked
from lever_assets_tests.sync.tables import Tables, unified_tables

Row = Mapping[str, Any]
_OLD = datetime(2020, 1, 1, tzinfo=UTC)


def found(api: Served, model: str, **filters: Any) -> list[str]:
    """Return the ids of all rows that filters lead to, in their order."""
    with api.client() as kombo:
        return [row.id for row in walked(kombo, LISTS[model][1], page_size=100, **filters)]


def there(tables: Tables, model: str, holds: Callable[[Row], object], *, deleted: bool = False) -> list[str]:
    """Return the ids of the rows for which something holds, in order."""
    rows = (row for row in tables[model] if deleted or row["remote_deleted_at"] is None)
    return sorted(row["id"] for row in rows if holds(row))


def _holding(column: str, text: str) -> Callable[[Row], object]:
    return lambda row: text.casefold() in (row[column] or "").casefold()


def _same(column: str, text: str) -> Callable[[Row], object]:
    return lambda row: (row[column] or "").casefold() == text.casefold()


def _made_since(day: date) -> Callable[[Row], object]:
    return lambda row: row["remote_created_at"] and row["remote_created_at"].date() >= day


def _one_of(column: str, values: Collection[str]) -> Callable[[Row], object]:
    return lambda row: row[column] in values


def _addressed(address: str) -> Callable[[Row], object]:
    return lambda row: address.lower() in {each["email_address"].lower() for each in row["email_addresses"]}


def test_jobs(api: Served) -> None:
    jobs = unified_tables(api.account.database)["jobs"]
    names = ["50% off_road \\ Straße", "50 off", "ÉCOLE", "école [a-z]*", "İstanbul"]
    for row, name in zip(jobs, names, strict=False):
        change(api, "jobs", row["id"], name=name, job_code=f"R-{name[:2]}")
    change(api, "jobs", jobs[5]["id"], status="somewhere else", visibility="CONFIDENTIAL")
    change(api, "jobs", jobs[6]["id"], status="ARCHIVED", employment_type="INTERNSHIP")
    change(api, "jobs", jobs[7]["id"], remote_deleted_at=_OLD)
    tables = unified_tables(api.account.database)
    jobs = tables["jobs"]
    codes = ["R-50", "R-ÉC"]
    cases: list[tuple[dict[str, Any], Callable[[Row], object]]] = [
        ({"ids": [jobs[0]["id"], jobs[7]["id"], "nobody", "\x00"]}, lambda row: row["id"] == jobs[0]["id"]),
        ({"remote_ids": [jobs[1]["remote_id"], "x"]}, lambda row: row["id"] == jobs[1]["id"]),
        ({"job_codes": codes}, lambda row: row["job_code"] in codes),
        ({"post_url": jobs[2]["post_url"] or "none"}, lambda row: row["post_url"] == jobs[2]["post_url"]),
        ({"statuses": ["OPEN", "ARCHIVED"]}, lambda row: row["status"] in {"OPEN", "ARCHIVED"}),
        ({"employment_types": ["INTERNSHIP"]}, lambda row: row["employment_type"] == "INTERNSHIP"),
        ({"visibilities": ["CONFIDENTIAL"]}, lambda row: row["visibility"] == "CONFIDENTIAL"),
        (
            {"statuses": ["OPEN"], "job_codes": codes},
            lambda row: row["status"] == "OPEN" and row["job_code"] in codes,
        ),
    ]
    for filters, holds in cases:
        assert found(api, "jobs", **filters) == there(tables, "jobs", holds), filters
    for text in (
        "%",
        "_",
        "\\",
        "50",
        "école",
        "ÉCOLE",
        "STRASSE",
        "straße",
        "[a-z]*",
        "OFF",
        "",
        "nothing has it",
    ):
        assert found(api, "jobs", name_contains=text) == there(tables, "jobs", _holding("name", text)), text
    created = sorted(row["remote_created_at"] for row in jobs if row["remote_created_at"])
    for instant in (created[0], created[len(created) // 2], created[-1] + timedelta(days=2)):
        assert found(api, "jobs", remote_created_after=instant) == there(
            tables, "jobs", _made_since(instant.date())
        )
    assert [
        each["id"] for each in api.data("GET", "/v1/ats/jobs?status=OPEN&page_size=250")["results"]
    ] == there(tables, "jobs", lambda row: row["status"] == "OPEN")


def test_candidates(api: Served) -> None:
    tables = unified_tables(api.account.database)
    first, second, third, *_ = tables["candidates"]
    change(api, "candidates", first["id"], first_name="JÜRGEN", last_name="Ångström_%")
    change(api, "candidates", second["id"], first_name="Jürgen", last_name="Weiß")
    addresses = [
        {"email_address": "x@b.example", "type": None},
        {"email_address": "Ada@B.example", "type": None},
    ]
    change(api, "candidates", third["id"], email_addresses=addresses, first_name=None)
    gone = next(row for row in tables["applications"] if row["candidate_id"] == first["id"])
    change(api, "applications", gone["id"], remote_deleted_at=_OLD)
    tables = unified_tables(api.account.database)
    for name in ("jürgen", "JÜRGEN", "Ada", "J_rgen", "jürge"):
        assert found(api, "candidates", first_name=name) == there(
            tables, "candidates", _same("first_name", name)
        ), name
    for name in ("WEISS", "weiß", "ångström_%", "ÅNGSTRÖM_X"):
        assert found(api, "candidates", last_name=name) == there(
            tables, "candidates", _same("last_name", name)
        ), name
    for address in ("ADA@b.EXAMPLE", "x@b.example", "b.example", "nobody@b.example"):
        assert found(api, "candidates", email=address) == there(tables, "candidates", _addressed(address)), (
            address
        )
    for deleted in (False, True):
        job = gone["job_id"]
        applied = {
            row["candidate_id"]
            for row in tables["applications"]
            if row["job_id"] == job and (deleted or row["remote_deleted_at"] is None)
        }
        assert found(api, "candidates", job_ids=[job, "none"], include_deleted=deleted) == there(
            tables, "candidates", _one_of("id", applied), deleted=deleted
        )


def test_applications_interviews_users_and_roles(api: Served) -> None:
    tables = unified_tables(api.account.database)
    applications, jobs = tables["applications"], {row["id"]: row for row in tables["jobs"]}
    change(api, "applications", applications[0]["id"], outcome="HIRED")
    change(api, "users", tables["users"][0]["id"], email="Ada.Lovelace@example.com")
    tables = unified_tables(api.account.database)
    some = [row["job_id"] for row in applications[:3]]
    stages = [row["current_stage_id"] for row in applications[3:5]]
    remote = [jobs[each]["remote_id"] for each in some]
    of_jobs = {row["id"] for row in applications if row["job_id"] in some}
    cases: list[tuple[str, dict[str, Any], Callable[[Row], object]]] = [
        (
            "applications",
            {"outcomes": ["HIRED", "DECLINED"]},
            lambda row: row["outcome"] in {"HIRED", "DECLINED"},
        ),
        ("applications", {"job_ids": some}, lambda row: row["job_id"] in some),
        ("applications", {"job_remote_ids": remote}, lambda row: row["job_id"] in some),
        ("applications", {"current_stage_ids": stages}, lambda row: row["current_stage_id"] in stages),
        ("interviews", {"job_ids": some}, lambda row: row["application_id"] in of_jobs),
        (
            "users",
            {"emails": ["ADA.lovelace@EXAMPLE.com", "x"]},
            lambda row: row["email"] == "Ada.Lovelace@example.com",
        ),
        ("roles", {"scopes": ["JOB"]}, lambda row: row["scope"] == "JOB"),
        ("roles", {"scopes": ["JOB", "SYSTEM"]}, lambda row: row["scope"] in {"JOB", "SYSTEM"}),
    ]
    for model, filters, holds in cases:
        expected = there(tables, model, holds)
        assert expected
        assert found(api, model, **filters) == expected, filters
    assert listed(api, "applications", outcome="HIRED") == there(
        tables, "applications", lambda row: row["outcome"] == "HIRED"
    )


def _since(tables: Tables, model: str, since: datetime, column: str = "id") -> set[str]:
    return {
        row[column]
        for row in tables[model]
        if max(row["changed_at"], row["remote_deleted_at"] or _OLD) >= since and row[column]
    }


def _through(tables: Tables, model: str, column: str, by: str, ids: Iterable[str]) -> set[str]:
    wanted = set(ids)
    return {row[column] for row in tables[model] if row[by] in wanted}


_BELOW = {
    "jobs": {
        "job_application_stages": "job_id",
        "job_screening_questions": "job_id",
        "job_postings": "job_id",
        "job_hiring_team_members": "job_id",
    },
    "candidates": {"applications": "candidate_id", "candidate_tags": "candidate_id"},
    "applications": {"interviews": "application_id", "offers": "application_id"},
    "users": {"user_roles": "user_id"},
    "interviews": {"interviewing_team_members": "interview_id"},
}
"""By list: the tables whose rows count, and what in them names the row of the list."""
_THROUGH = {
    "jobs": ("job_screening_questions", "job_id", "question_id", "screening_questions"),
    "applications": ("applications", "id", "candidate_id", "candidates"),
    "users": ("user_roles", "user_id", "role_id", "roles"),
    "interviews": ("interviews", "id", "application_id", "applications"),
    "offers": ("offers", "id", "application_id", "applications"),
}
"""By list: in which table what refers by what to a table whose rows count, too."""


def changed(tables: Tables, model: str, since: datetime) -> set[str]:
    """Return the ids of the rows of a list that count as changed, by the contract's table."""
    found = _since(tables, model, since)
    for below, column in _BELOW.get(model, {}).items():
        found |= _since(tables, below, since, column)
    if model in _THROUGH:
        joined, column, by, other = _THROUGH[model]
        found |= _through(tables, joined, column, by, _since(tables, other, since))
    return found


def listed(api: Served, model: str, **query: Any) -> list[str]:
    """Return the ids of all rows that are given out; asked for without a client, which takes longer."""
    rows = api.data("GET", LISTS[model][0], params={"page_size": 250, **query})["results"]
    return [row["id"] for row in rows]


@pytest.mark.parametrize("many", [20_000, 1])
def test_what_changed_since_an_instant_is_found_however_much_it_is(
    api: Served, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table in its turn has one row that changed last, and one that went."""
    monkeypatch.setattr("lever_assets.store.pages.since._MANY", many)
    tables = unified_tables(api.account.database)
    application = tables["applications"][0]["id"]
    add(api, "offers", "an offer", application_id=application, changed_at=_OLD)
    add(api, "offers", "another one", application_id=application, changed_at=_OLD)
    start, instants = datetime(2040, 1, 1, tzinfo=UTC), []
    for number, (model, rows) in enumerate(unified_tables(api.account.database).items()):
        instant = start + timedelta(days=number)
        change(api, model, rows[0]["id"], changed_at=instant)
        change(api, model, rows[1]["id"], remote_deleted_at=instant)
        instants.append(instant)
    tables = unified_tables(api.account.database)
    for model in LISTS:
        live = {row["id"] for row in tables[model] if row["remote_deleted_at"] is None}
        for since, _ in pairwise([*instants, datetime(2050, 1, 1, tzinfo=UTC)]):
            expected = changed(tables, model, since)
            asked = {"updated_after": wire(since), "include_deleted": "true"}
            assert listed(api, model, **asked) == sorted(expected & {row["id"] for row in tables[model]})
        assert listed(api, model, updated_after=wire(instants[0])) == sorted(
            changed(tables, model, instants[0]) & live
        )


def test_a_filter_by_what_is_excluded_finds_nothing_or_does_not_count(api: Served) -> None:
    exclude = ("candidates.email_addresses", "jobs.name", "offers")
    with served(api.account, exclude=exclude) as here:
        everybody = found(here, "candidates")
        assert everybody
        assert found(here, "candidates", email="a@b.example") == []
        assert found(here, "candidates", email="a@b.example", ignore_unsupported_filters=True) == everybody
        assert found(here, "jobs", name_contains="") == []
        error = here.error("GET", "/v1/ats/offers?page_size=0", 400)
        assert error["code"] == "INTEGRATION.MODEL_DISABLED"


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("candidates", "ids=%00"),
        ("candidates", "remote_ids=a%00b,c"),
        ("candidates", "email=%00"),
        ("candidates", "first_name=%00"),
        ("candidates", "job_ids=%00"),
        ("jobs", "name_contains=%00"),
        ("jobs", "post_url=%00"),
        ("jobs", "job_codes=%00"),
        ("applications", "job_remote_ids=%00"),
        ("applications", "current_stage_ids=%00"),
        ("users", "emails=%00"),
        ("interviews", "job_ids=%00"),
    ],
)
def test_what_no_database_holds_is_found_in_none(recruiters: Served, model: str, query: str) -> None:
    assert recruiters.data("GET", f"/v1/ats/{model}?{query}") == {"next": None, "results": []}
