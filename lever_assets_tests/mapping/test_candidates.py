from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import Application, Opportunity
from lever_assets.mapping import candidates
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Candidate
from lever_assets_tests.lever import builders as build

CTX = Context("lever")


def candidate(
    *, company: str | None = None, created_here: bool = False, ctx: Context = CTX, **changes: JsonValue
) -> Candidate:
    applications = [Application.parse(build.application(company=company))]
    opportunity = Opportunity.parse(build.opportunity(**changes))
    [row] = candidates.rows(opportunity, applications, ctx, created_here=created_here)
    return row


def test_an_opportunity_is_a_candidate() -> None:
    row = candidate()

    assert row.id == CTX.id("candidates", build.uuid("opportunity"))
    assert row.remote_id == build.uuid("opportunity")
    assert (row.first_name, row.last_name) == ("Ada", "Lovelace")
    assert row.confidential is False
    assert row.phone_numbers == [{"phone_number": "+44 20 7946 0000", "type": "mobile"}]
    assert row.email_addresses == [{"email_address": "ada@example.com", "type": None}]
    assert row.remote_url == f"https://hire.lever.co/candidates/{build.uuid('opportunity')}"
    assert row.remote_created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert row.remote_updated_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert row.remote_data == {"/opportunities": build.opportunity()}


def test_empty_names_are_null_and_an_old_record_has_no_time_of_update() -> None:
    row = candidate(name="", updatedAt=None)

    assert (row.first_name, row.last_name, row.remote_updated_at) == (None, None, None)


@pytest.mark.parametrize(
    ("headline", "company", "title", "employer"),
    [
        ("Acme, Initech, Umbrella", None, None, "Acme"),
        ("Acme", None, None, "Acme"),
        ("Acme, Initech", "Globex", None, "Globex"),
        ("", "Globex", None, "Globex"),
        ("", None, None, None),
        (None, None, None, None),
        (" , Acme", None, None, "Acme"),
        ("Engineer at Acme", None, "Engineer", "Acme"),
        ("Engineer @ Acme", None, "Engineer", "Acme"),
        ("Engineer at Acme, Initech", None, "Engineer", "Acme"),
        ("Engineer at Acme", "Globex", "Engineer", "Globex"),
        ("Initech, Engineer at Acme", None, None, "Initech"),
        ("Data at scale at Acme", None, "Data", "scale at Acme"),
        ("University of Texas at Austin", None, None, "University of Texas at Austin"),
        ("Atlassian", None, None, "Atlassian"),
        ("Social Media at GE Lighting", "Social Media at GE Lighting", "Social Media", "GE Lighting"),
        ("iOS at Viacom, MTV Networks", "iOS at Viacom", "iOS", "Viacom"),
        ("MTV Networks", "iOS at Viacom", "iOS", "Viacom"),
        ("VP at Acme, Director at Initech", None, "VP", "Acme"),
        ("Engineer at Acme, ,", None, "Engineer", "Acme"),
        ("Engineer @Acme", None, "Engineer", "Acme"),
        ("Turkey  at  Earlybird Venture Capital", None, "Turkey", "Earlybird Venture Capital"),
        ("ENGINEER AT ACME", None, "ENGINEER", "ACME"),
        ("AT&T", None, None, "AT&T"),
        ("Chat Atlas Data", None, None, "Chat Atlas Data"),
        ("at Acme", None, None, "at Acme"),
        ("Engineer at", None, None, "Engineer at"),
        ("ada@example.com", None, None, "ada@example.com"),
        ("Acme", "  ", None, "Acme"),
        ("The University of Texas at Austin", None, None, "The University of Texas at Austin"),
        ("Indiana University at Bloomington", None, None, "Indiana University at Bloomington"),
        ("Law at University of Illinois at Urbana", None, "Law", "University of Illinois at Urbana"),
        ("University Recruiting at Microsoft", None, "University Recruiting", "Microsoft"),
        ("Head of School at Eton", None, "Head of School", "Eton"),
        ("University of Texas at Austin",) * 2 + (None, "University of Texas at Austin"),
    ],
)
def test_the_headline_tells_title_and_company(
    headline: str | None, company: str | None, title: str | None, employer: str | None
) -> None:
    row = candidate(headline=headline, company=company)

    assert (row.title, row.company) == (title, employer)


@pytest.mark.parametrize(
    ("headline", "title", "employer"),
    [
        ("Engineer at Acme, Inc.", "Engineer", "Acme, Inc."),
        ("Director, Sales at Acme", "Director, Sales", "Acme"),
        ("Engineer @ Acme", "Engineer", "Acme"),
        ("Engineer, Acme", "Engineer", "Acme"),
        ("Acme", None, "Acme"),
        ("", None, None),
    ],
)
def test_a_headline_that_we_wrote_is_read_back(
    headline: str, title: str | None, employer: str | None
) -> None:
    row = candidate(headline=headline, created_here=True)

    assert (row.title, row.company) == (title, employer)


@pytest.mark.parametrize(
    ("confidentiality", "expected"), [("confidential", True), ("non-confidential", False), (None, False)]
)
def test_confidentiality_is_told(confidentiality: str | None, expected: bool) -> None:
    assert candidate(confidentiality=confidentiality).confidential is expected


@pytest.mark.parametrize(("sources", "expected"), [(["A", "B"], "A"), ([], None), (None, None), ([""], None)])
def test_the_first_source_is_the_source(sources: JsonValue, expected: str | None) -> None:
    assert candidate(sources=sources).source == expected


def test_phones_keep_their_kind_and_those_without_number_are_left_out() -> None:
    phones: JsonValue = [{"type": None, "value": "1"}, {"type": "home", "value": None}, {"value": "2"}, None]

    assert candidate(phones=phones).phone_numbers == [
        {"phone_number": "1", "type": None},
        {"phone_number": "2", "type": None},
    ]


def test_addresses_that_fail_the_pattern_are_dropped_and_none_comes_twice() -> None:
    emails: JsonValue = ["a@EXAMPLE.com", "not an address", "a@example.com", "b@example.com", None]

    assert [each["email_address"] for each in candidate(emails=emails).email_addresses] == [
        "a@example.com",
        "b@example.com",
    ]


@pytest.mark.parametrize(
    ("link", "kind", "username"),
    [
        ("http://www.linkedin.com/in/ada-1", "LINKEDIN", "ada-1"),
        ("https://de.linkedin.com/in/ada/?x=1", "LINKEDIN", "ada"),
        ("linkedin.com/in/ada", "LINKEDIN", "ada"),
        ("https://www.linkedin.com/company/acme", "LINKEDIN", None),
        ("https://github.com/ada/engine", "GITHUB", "ada"),
        ("https://twitter.com/@ada", "TWITTER", "ada"),
        ("https://x.com/ada", "TWITTER", "ada"),
        ("https://netflix.com/ada", None, None),
        ("https://www.facebook.com/ada", "FACEBOOK", "ada"),
        ("https://www.facebook.com/profile.php?id=1", "FACEBOOK", None),
        ("https://www.xing.com/profile/Ada_Lovelace", "XING", "Ada_Lovelace"),
        ("https://youtube.com/@ada", "YOUTUBE", "ada"),
        ("https://stackoverflow.com/users/22656/ada", "STACK_OVERFLOW", "ada"),
        ("https://github.com", "GITHUB", None),
        ("https://example.com/875758", None, None),
        ("http://[broken", None, None),
        ("portfolio: ask me", None, None),
    ],
)
def test_the_host_of_a_link_tells_its_kind_and_its_path_the_user(
    link: str, kind: str | None, username: str | None
) -> None:
    assert candidate(links=[link]).social_media == [{"link": link, "type": kind, "username": username}]


@pytest.mark.parametrize(("text", "expected"), [("London", {"raw": "London"}), ("", None), (None, None)])
def test_a_location_is_free_text(text: str | None, expected: JsonValue) -> None:
    assert candidate(location=text).location == expected


def test_what_has_no_column_is_an_integration_field() -> None:
    row = candidate(
        headline="Acme",
        followers=["f"],
        snoozedUntil=build.UPDATED_AT,
        dataProtection={"store": {"allowed": True, "expiresAt": None}},
        sourcedBy="s",
    )

    assert {field["key"]: field["value"] for field in row.integration_fields} == {
        "headline": "Acme",
        "contact": build.uuid("contact"),
        "origin": "applied",
        "sources": ["LinkedIn"],
        "sourcedBy": "s",
        "owner": build.uuid("owner"),
        "followers": ["f"],
        "opportunityLocation": "London",
        "snoozedUntil": "2026-01-02T00:00:00.000Z",
        "lastInteractionAt": "2026-01-02T00:00:00.000Z",
        "lastAdvancedAt": "2026-01-01T00:00:00.000Z",
        "isAnonymized": False,
        "dataProtection": {"store": {"allowed": True, "expiresAt": None}},
    }


def test_the_users_own_fields_are_filled_by_the_mapping_file() -> None:
    ctx = Context("lever", custom_fields={"candidates": {"how": "origin"}, "jobs": {"x": "team"}})

    assert candidate(ctx=ctx).custom_fields == {"how": "applied"}
    assert candidate().custom_fields is None
