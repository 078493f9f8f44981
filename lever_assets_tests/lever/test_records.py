from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import JsonValue, ValidationError

from lever_assets.lever.records import (
    Application,
    ArchiveReason,
    Interview,
    Offer,
    Opportunity,
    Posting,
    PostingForm,
    Record,
    Requisition,
    RequisitionField,
    Source,
    Stage,
    Tag,
    User,
)
from lever_assets_tests.lever import builders as build

IDENTIFIED: list[type[Record]] = [
    Application,
    ArchiveReason,
    Interview,
    Offer,
    Opportunity,
    Posting,
    PostingForm,
    Requisition,
    RequisitionField,
    Stage,
    User,
]


@pytest.mark.parametrize("record", IDENTIFIED)
def test_an_id_is_enough(record: type[Record]) -> None:
    assert record.parse({"id": "1"}).raw == {"id": "1"}


@pytest.mark.parametrize("record", [Tag, Source])
def test_the_text_of_a_tag_and_of_a_source_is_enough(record: type[Record]) -> None:
    assert record.parse({"text": "x"}).raw == {"text": "x"}


@pytest.mark.parametrize("record", [*IDENTIFIED, Tag, Source])
@pytest.mark.parametrize("raw", [{}, {"id": None, "text": None}, {"id": "", "text": ""}])
def test_a_record_without_its_id_is_refused(record: type[Record], raw: dict[str, JsonValue]) -> None:
    with pytest.raises(ValidationError):
        record.parse(raw)


@pytest.mark.parametrize(
    ("record", "raw"),
    [
        (Opportunity, build.opportunity()),
        (Application, build.application()),
        (Interview, build.interview()),
        (Offer, build.offer()),
        (Posting, build.posting()),
        (PostingForm, build.posting_form()),
        (Requisition, build.requisition()),
        (RequisitionField, build.requisition_field()),
        (User, build.user()),
        (Stage, build.stage()),
        (ArchiveReason, build.archive_reason()),
    ],
)
def test_every_other_field_may_be_null(record: type[Record], raw: dict[str, JsonValue]) -> None:
    nulls: dict[str, JsonValue] = {**dict.fromkeys(raw), "id": raw["id"]}

    assert record.parse(nulls).raw == nulls


def test_the_payload_stays_reachable_and_unknown_fields_are_kept() -> None:
    raw = build.opportunity(somethingNew={"deep": [1]})

    record = Opportunity.parse(raw)

    assert record.raw is raw
    assert record.model_extra is not None
    assert record.model_extra["somethingNew"] == {"deep": [1]}


def test_a_record_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Stage.parse(build.stage()).text = "Other"  # type: ignore[misc]


def test_ids_that_are_numbers_become_text() -> None:
    record = Posting.parse(build.posting(id=7, owner=8, followers=[9]))

    assert (record.id, record.owner, record.followers) == ("7", "8", ["9"])


def test_expanded_objects_are_read_as_their_ids() -> None:
    record = Opportunity.parse(
        build.opportunity(
            stage=build.stage(), owner=build.user(), contact={"id": "c"}, followers=[build.user(), "f", None]
        )
    )

    assert record.stage == "applicant-new"
    assert record.owner == build.uuid("owner")
    assert record.contact == "c"
    assert record.followers == [build.uuid("owner"), "f"]


def test_applications_are_given_when_they_were_expanded() -> None:
    expanded = Opportunity.parse(build.opportunity(applications=[build.application()]))
    bare = Opportunity.parse(build.opportunity())

    assert expanded.expanded_applications == [build.application()]
    assert bare.expanded_applications == []


def test_instants_are_utc_and_a_null_updated_at_is_null() -> None:
    record = Opportunity.parse(build.opportunity(updatedAt=None))

    assert record.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert record.updated_at is None


def test_an_instant_out_of_range_names_the_field() -> None:
    record = Opportunity.parse(build.opportunity(createdAt=10**18))

    assert record.created_at is None
    assert [str(fault) for fault in record.lost] == ["createdAt: not an instant in epoch milliseconds"]


def test_amounts_are_exact() -> None:
    record = Posting.parse(build.posting(salaryRange={"min": 0.1, "max": "50000.20", "currency": "EUR"}))

    assert record.salary_range is not None
    assert record.salary_range.min == Decimal("0.1")
    assert record.salary_range.max == Decimal("50000.20")


@pytest.mark.parametrize("headcount", [3, "unlimited", None])
def test_a_headcount_may_be_unlimited(headcount: JsonValue) -> None:
    assert Requisition.parse(build.requisition(headcountTotal=headcount)).headcount_total == headcount


@pytest.mark.parametrize(
    "record",
    [
        Posting.parse(build.posting(state="paused", workplaceType="orbit", distributionChannels=["tv"])),
        Requisition.parse(build.requisition(status="dreamt")),
        Offer.parse(build.offer(status="framed")),
        ArchiveReason.parse(build.archive_reason(type="other", status="resting")),
        Opportunity.parse(build.opportunity(origin="fax", confidentiality="semi")),
        Application.parse(build.application(type="telepathy")),
    ],
)
def test_unknown_values_of_lever_enums_pass(record: Record) -> None:
    assert record.raw


def test_no_channels_and_unknown_channels_differ() -> None:
    assert Posting.parse(build.posting(distributionChannels=[])).distribution_channels == []
    assert Posting.parse(build.posting(distributionChannels=None)).distribution_channels is None


def test_a_known_field_of_another_kind_is_lost_by_name() -> None:
    record = Opportunity.parse(build.opportunity(tags={"not": "a list"}))

    assert record.tags == []
    assert [fault.place for fault in record.lost] == ["tags"]


def test_options_may_be_plain_texts() -> None:
    form = PostingForm.parse(
        build.posting_form(customQuestions=[build.question_set(build.question(options=["A", {"text": "B"}]))])
    )

    assert [option.text for option in form.custom_questions[0].fields[0].options] == ["A", "B"]
