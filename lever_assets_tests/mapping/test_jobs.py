from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import JsonObject, Posting, Requisition, RequisitionField
from lever_assets.mapping import jobs
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Job
from lever_assets_tests.lever import builders as build

CTX = Context("lever")


def job(
    posting: JsonObject | None = None,
    *requisitions: JsonObject,
    ctx: Context = CTX,
    fields: dict[str, RequisitionField] | None = None,
) -> Job:
    [row] = jobs.rows(
        Posting.parse(posting or build.posting()),
        [Requisition.parse(raw) for raw in requisitions],
        fields or {},
        ctx,
    )
    return row


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def ms(day: int) -> int:
    return build.CREATED_AT + (day - 1) * build.DAY


def test_plain_fields_are_taken_over() -> None:
    row = job()

    assert row.id == CTX.id("jobs", build.uuid("posting"))
    assert row.remote_id == build.uuid("posting")
    assert row.name == "Engineer"
    assert row.experience_level == "Senior"
    assert row.location == {"raw": "London"}
    assert row.confidential is False
    assert (row.remote_created_at, row.remote_updated_at) == (at(1), at(2))
    assert row.remote_data == {"/postings": build.posting()}


def test_the_description_is_text_lists_under_headings_and_closing() -> None:
    assert job().description == (
        "<div>We build engines.</div>\n<h3>You bring</h3>\n<ul><li>Curiosity</li></ul>\n<div>Join us.</div>"
    )


def test_a_list_that_is_one_already_is_not_wrapped_and_headings_are_escaped() -> None:
    content: JsonObject = {"lists": [{"text": "R&D <you>", "content": "<ul><li>A</li></ul>"}]}

    assert job(build.posting(content=content)).description == (
        "<h3>R&amp;D &lt;you&gt;</h3>\n<ul><li>A</li></ul>"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"description": "We build.\n", "closing": "Join."}, "We build.\n\nJoin."),
        (
            {"description": "Plain & simple", "closingHtml": "<b>x</b>"},
            "<div>Plain &amp; simple</div>\n<b>x</b>",
        ),
        ({"description": "", "descriptionHtml": "", "lists": [], "closing": "", "closingHtml": ""}, None),
        (None, None),
    ],
)
def test_plain_text_stands_in_for_missing_html(content: JsonValue, expected: str | None) -> None:
    assert job(build.posting(content=content)).description == expected


@pytest.mark.parametrize(
    ("commitment", "expected"),
    [
        ("Full-time", "FULL_TIME"),
        ("Exempt Full-Time", "FULL_TIME"),
        ("Non-Exempt Full Time", "FULL_TIME"),
        ("FULL_TIME", "FULL_TIME"),
        ("Fulltime", "FULL_TIME"),
        ("Part-Time", "PART_TIME"),
        ("Full- or part-time", "PART_TIME"),
        ("Contract", "CONTRACT"),
        ("Contractor", "CONTRACT"),
        ("Freelance", "CONTRACT"),
        ("Temporary", "CONTRACT"),
        ("Fixed-term", "CONTRACT"),
        ("Seasonal", "SEASONAL"),
        ("Intern", "INTERNSHIP"),
        ("Internship (full-time)", "INTERNSHIP"),
        ("Trainee", "INTERNSHIP"),
        ("Apprenticeship", "INTERNSHIP"),
        ("Working Student, part time", "INTERNSHIP"),
        ("Internal move", "Internal move"),
        ("Partner", "Partner"),
        ("Volunteer", "Volunteer"),
        ("", None),
        (None, None),
    ],
)
def test_the_commitment_tells_the_employment_type_the_more_specific_first(
    commitment: str | None, expected: str | None
) -> None:
    row = job(build.posting(categories=build.categories(commitment=commitment)))

    assert row.employment_type == expected


def test_the_requisition_tells_the_employment_type_when_the_posting_does_not() -> None:
    silent = build.posting(categories=build.categories())
    contract = build.requisition(employmentStatus="Contract")

    assert job(silent, contract).employment_type == "CONTRACT"
    assert job(build.posting(), contract).employment_type == "FULL_TIME"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("published", "OPEN"),
        ("internal", "OPEN"),
        ("draft", "DRAFT"),
        ("pending", "DRAFT"),
        ("closed", "CLOSED"),
        ("rejected", "ARCHIVED"),
        ("paused", "paused"),
        (None, None),
    ],
)
def test_the_state_tells_the_status(state: str | None, expected: str | None) -> None:
    assert job(build.posting(state=state)).status == expected


@pytest.mark.parametrize(
    ("state", "channels", "expected"),
    [
        ("published", ["public", "internal"], "PUBLIC"),
        ("published", ["public"], "PUBLIC"),
        ("published", None, "PUBLIC"),
        ("published", ["internal"], "INTERNAL"),
        ("published", [], "UNLISTED"),
        ("internal", None, "UNLISTED"),
        ("internal", ["public"], "UNLISTED"),
        ("draft", ["public"], None),
        ("closed", ["public"], None),
        ("rejected", None, None),
        ("paused", None, None),
    ],
)
def test_state_and_channels_tell_the_visibility(
    state: str, channels: JsonValue, expected: str | None
) -> None:
    assert job(build.posting(state=state, distributionChannels=channels)).visibility == expected


@pytest.mark.parametrize("state", ["published", "internal", "draft", "closed"])
def test_a_confidential_job_is_visible_as_such_in_any_state(state: str) -> None:
    row = job(build.posting(state=state, confidentiality="confidential"))

    assert row.visibility == "CONFIDENTIAL"
    assert row.confidential is True


def test_the_department_is_the_team_where_there_is_none() -> None:
    both = build.categories(department="Technology", team="Platform")

    assert job(build.posting(categories=both)).department == "Technology"
    assert job(build.posting(categories=build.categories(team="Platform"))).department == "Platform"
    assert job(build.posting(categories=None)).department is None


@pytest.mark.parametrize(
    ("state", "there"),
    [("published", True), ("internal", True), ("draft", False), ("closed", False), ("rejected", False)],
)
def test_the_public_page_is_given_while_the_posting_is_live(state: str, there: bool) -> None:
    page = f"https://jobs.lever.co/acme/{build.uuid('posting')}"

    assert job(build.posting(state=state)).post_url == (page if there else None)


def test_no_urls_mean_no_pages() -> None:
    row = job(build.posting(urls=None))

    assert (row.post_url, row.remote_url) == (None, None)


def test_the_page_in_the_lever_app_is_given_when_lever_gives_one() -> None:
    assert job().remote_url is None
    page = "https://hire.lever.co/jobs/1"
    assert job(build.posting(urls={"list": "https://jobs.lever.co", "edit": page})).remote_url == page


@pytest.mark.parametrize(
    ("workplace", "expected"),
    [
        ("remote", "REMOTE"),
        ("hybrid", "HYBRID"),
        ("onsite", "ON_SITE"),
        ("on-site", "ON_SITE"),
        ("On Site", "ON_SITE"),
        ("unspecified", None),
        (None, None),
        ("orbit", "orbit"),
    ],
)
def test_the_workplace_tells_the_remote_work_status(workplace: str | None, expected: str | None) -> None:
    assert job(build.posting(workplaceType=workplace)).remote_work_status == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("per-year-salary", "YEAR"),
        ("per-month-salary", "MONTH"),
        ("semi-month-salary", "semi-month-salary"),
        ("bi-month-salary", "bi-month-salary"),
        ("bi-week-salary", "TWO_WEEKS"),
        ("two-week-salary", "TWO_WEEKS"),
        ("per-week-salary", "WEEK"),
        ("per-day-wage", "DAY"),
        ("per-hour-wage", "HOUR"),
        ("one-time", "one-time"),
        (None, None),
    ],
)
def test_the_interval_tells_the_salary_period(interval: str | None, expected: str | None) -> None:
    row = job(build.posting(salaryRange={"min": 1, "max": 2, "currency": "EUR", "interval": interval}))

    assert row.salary_period == expected


def test_the_salary_is_the_postings_else_the_requisitions() -> None:
    band = build.requisition(
        compensationBand={"min": 10, "max": 20, "currency": "USD", "interval": "per-hour-wage"}
    )
    own = build.posting(
        salaryRange={"min": 40000, "max": 80000.5, "currency": "EUR", "interval": "per-year-salary"}
    )

    paid = job(own, band)
    assert (paid.salary_amount_from, paid.salary_amount_to) == (Decimal(40000), Decimal("80000.5"))
    assert (paid.salary_currency, paid.salary_period) == ("EUR", "YEAR")

    banded = job(build.posting(), band)
    assert (banded.salary_amount_from, banded.salary_currency, banded.salary_period) == (
        Decimal(10),
        "USD",
        "HOUR",
    )

    unpaid = job()
    assert (
        unpaid.salary_amount_from,
        unpaid.salary_amount_to,
        unpaid.salary_currency,
        unpaid.salary_period,
    ) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("state", "opened"),
    [
        ("published", at(1)),
        ("internal", at(1)),
        ("closed", at(1)),
        ("draft", None),
        ("pending", None),
        ("rejected", None),
    ],
)
def test_a_job_that_is_or_was_open_opened_when_it_was_created(state: str, opened: datetime | None) -> None:
    assert job(build.posting(state=state)).opened_at == opened


def test_the_requisitions_time_to_fill_tells_when_the_job_opened() -> None:
    assert job(build.posting(), build.requisition(timeToFillStartAt=ms(5))).opened_at == at(5)


def test_the_requisition_tells_when_the_job_closed_before_anything_else() -> None:
    closed = build.posting(state="closed")
    both = build.requisition(status="closed", closedAt=ms(7), timeToFillEndAt=ms(6))
    filled = build.requisition(status="closed", timeToFillEndAt=ms(6))

    assert job(closed, both).closed_at == at(7)
    assert job(closed, filled).closed_at == at(6)


def test_without_a_requisition_s_date_a_closed_job_closed_when_it_was_last_updated() -> None:
    closed = build.posting(state="closed", updatedAt=ms(9))

    assert job(closed).closed_at == at(9)
    assert job(closed, build.requisition()).closed_at == at(9)


@pytest.mark.parametrize("state", ["published", "internal", "draft", "rejected"])
def test_a_job_that_is_not_closed_has_no_time_of_closing(state: str) -> None:
    row = job(build.posting(state=state), build.requisition(closedAt=ms(7)))

    assert row.closed_at is None


def test_the_open_requisition_counts_then_the_newest() -> None:
    old_open = build.requisition(id="1", requisitionCode="OLD-OPEN", createdAt=ms(1))
    new_open = build.requisition(id="2", requisitionCode="NEW-OPEN", createdAt=ms(2))
    closed = build.requisition(id="3", requisitionCode="CLOSED", status="closed", createdAt=ms(3))
    on_hold = build.requisition(id="4", requisitionCode="HOLD", status="onHold", createdAt=ms(4))

    assert job(None, closed, old_open, on_hold).job_code == "OLD-OPEN"
    assert job(None, old_open, closed, new_open).job_code == "NEW-OPEN"
    assert job(None, on_hold, closed).job_code == "HOLD"
    assert job(None, closed, on_hold).job_code == "HOLD"


def test_the_contact_is_the_owner_then_the_hiring_manager_then_the_creator() -> None:
    assert job().contact_id == CTX.id("users", build.uuid("owner"))
    assert job(build.posting(owner=None)).contact_id == CTX.id("users", build.uuid("manager"))
    assert job(build.posting(owner=None, hiringManager=None)).contact_id == CTX.id(
        "users", build.uuid("creator")
    )
    assert job(build.posting(owner=None, hiringManager=None, user=None)).contact_id is None


def test_the_job_code_is_the_postings_then_the_requisitions() -> None:
    requisition = build.requisition(requisitionCode="REQ-1")

    assert job(build.posting(requisitionCodes=["A", "B"], reqCode="C"), requisition).job_code == "A"
    assert job(build.posting(reqCode="C"), requisition).job_code == "C"
    assert job(build.posting(), requisition).job_code == "REQ-1"
    assert job().job_code is None


def test_the_raw_requisition_stands_beside_the_raw_posting() -> None:
    row = job(None, build.requisition())

    assert row.remote_data == {"/postings": build.posting(), "/requisitions": build.requisition()}
    assert job(None, build.requisition(), ctx=Context("lever", remote_data=False)).remote_data is None


def test_what_has_no_column_is_an_integration_field() -> None:
    row = job(
        build.posting(tags=["a"], requisitionCodes=["REQ-1"]),
        build.requisition(headcountTotal="unlimited", headcountHired=0),
    )

    assert {field["key"]: field["value"] for field in row.integration_fields} == {
        "team": "Platform",
        "allLocations": ["London", "Paris"],
        "country": "GB",
        "tags": ["a"],
        "requisitionCodes": ["REQ-1"],
        "requisitionCode": "REQ-1",
        "headcountTotal": "unlimited",
        "headcountHired": 0,
    }
    assert {field["type"] for field in row.integration_fields} == {"DEFAULT"}


def test_a_requisitions_custom_fields_have_the_labels_and_types_of_their_definitions() -> None:
    raw = build.requisition(
        customFields={
            "target_hire_date": ms(3),
            "budget": {"code": "X", "approved": True},
            "empty": None,
            "undefined": "text",
        }
    )
    definitions = [
        build.requisition_field(),
        build.requisition_field(id="budget", text="Budget", type="object"),
    ]
    fields = {definition.id: definition for definition in map(RequisitionField.parse, definitions)}

    custom = [
        field for field in job(None, raw, fields=fields).integration_fields if field["type"] == "CUSTOM"
    ]

    assert [(field["key"], field["label"], field["value"]) for field in custom] == [
        ("budget", "Budget", {"code": "X", "approved": True}),
        ("target_hire_date", "Target Hire Date", "2026-01-03T00:00:00.000Z"),
        ("undefined", "undefined", "text"),
    ]


def test_an_integration_field_has_the_same_id_on_every_job() -> None:
    here = {field["key"]: field["id"] for field in job().integration_fields}
    there = {field["key"]: field["id"] for field in job(build.posting(id="other")).integration_fields}

    assert here == there
    assert len(set(here.values())) == len(here)


def test_the_users_own_fields_are_filled_by_the_mapping_file() -> None:
    ctx = Context("lever", custom_fields={"jobs": {"cost_centre": "cc", "squad": "team", "gone": "nothing"}})

    row = job(None, build.requisition(customFields={"cc": 42}), ctx=ctx)

    assert row.custom_fields == {"cost_centre": 42, "squad": "Platform", "gone": None}


def test_an_accounts_own_field_wins_over_levers_of_the_same_key() -> None:
    ctx = Context("lever", custom_fields={"jobs": {"squad": "team"}})

    row = job(None, build.requisition(customFields={"team": "Own"}), ctx=ctx)

    assert row.custom_fields == {"squad": "Own"}
    assert len({field["id"] for field in row.integration_fields}) == len(row.integration_fields)


def test_without_a_mapping_there_are_no_custom_fields() -> None:
    assert job().custom_fields is None
