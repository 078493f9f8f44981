import logging
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import Application
from lever_assets.lever.records import Offer as LeverOffer
from lever_assets.mapping import offers
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Offer
from lever_assets_tests.lever import builders as build

CTX = Context("lever")


def offer(*, ctx: Context = CTX, **changes: JsonValue) -> Offer:
    applications = [
        Application.parse(build.application(id="other", posting="elsewhere")),
        Application.parse(build.application()),
    ]
    [row] = offers.rows(LeverOffer.parse(build.offer(**changes)), applications, ctx)
    return row


def test_an_offer_is_mapped() -> None:
    row = offer()

    assert row.id == CTX.id("offers", build.uuid("offer"))
    assert row.remote_id == build.uuid("offer")
    assert row.application_id == CTX.id("applications", build.uuid("application"))
    assert row.remote_created_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", "DRAFT"),
        ("approval-sent", "DRAFT"),
        ("approved", "APPROVED"),
        ("sent", "SENT"),
        ("opened", "SENT"),
        ("sent-manually", "SENT"),
        ("signed", "ACCEPTED"),
        ("denied", "DECLINED"),
        ("rescinded", "ABANDONED"),
        ("expired", "ABANDONED"),
    ],
)
def test_the_status_is_told(status: str, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    assert offer(status=status).status == expected
    assert caplog.records == []


def test_an_unknown_status_is_null_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert offer(status="framed").status is None

    [record] = caplog.records
    assert "framed" in record.getMessage()
    assert build.uuid("offer") in record.getMessage()


def test_no_status_is_null_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert offer(status=None).status is None
    assert caplog.records == []


def test_an_offer_for_another_posting_has_no_application() -> None:
    assert offer(posting="third").application_id is None


@pytest.mark.parametrize(
    ("identifier", "value"),
    [
        ("start_date", build.UPDATED_AT),
        ("anticipated_start_date", "2026-01-02"),
        ("startDate", str(build.UPDATED_AT)),
    ],
)
def test_a_field_for_the_start_date_tells_when_the_employment_starts(
    identifier: str, value: JsonValue
) -> None:
    row = offer(fields=[{"text": "Start", "identifier": identifier, "value": value}])

    assert row.employment_start_date == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "soon", {"x": 1}])
def test_a_start_date_that_is_none_is_null(value: JsonValue) -> None:
    assert offer(fields=[{"identifier": "start_date", "value": value}]).employment_start_date is None


def test_every_field_is_an_integration_field() -> None:
    row = offer(
        fields=[
            {"text": "Salary", "identifier": "salary_amount", "value": 50000},
            {"text": "Perks", "identifier": "perks", "value": None},
            {"text": "No identifier", "value": "x"},
            {"text": "Perks again", "identifier": "perks", "value": "car"},
            {"value": "nameless"},
        ]
    )

    assert [(each["key"], each["type"], each["label"], each["value"]) for each in row.integration_fields] == [
        ("salary_amount", "DEFAULT", "Salary", 50000),
        ("perks", "CUSTOM", "Perks", None),
        ("No identifier", "CUSTOM", "No identifier", "x"),
        ("perks_2", "CUSTOM", "Perks again", "car"),
    ]
    assert len({each["id"] for each in row.integration_fields}) == 4


def test_the_users_own_fields_are_filled_by_the_mapping_file() -> None:
    ctx = Context("lever", custom_fields={"offers": {"pay": "salary_amount", "gone": "nothing"}})

    assert offer(ctx=ctx).custom_fields == {"pay": 50000, "gone": None}
