from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import Application as LeverApplication
from lever_assets.lever.records import ArchiveReason, JsonObject, Opportunity
from lever_assets.mapping import applications
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Application
from lever_assets_tests.lever import builders as build

CTX = Context("lever")
REASONS = {
    "hired": ArchiveReason.parse(build.archive_reason(id="hired", text="Hired", type="hired")),
    "untyped": ArchiveReason.parse(build.archive_reason(id="untyped", text="Hired", type=None)),
    "timing": ArchiveReason.parse(build.archive_reason(id="timing", text="Timing")),
}
AT = datetime(2026, 1, 2, tzinfo=UTC)


def archived(reason: str | None, at: int | None = build.UPDATED_AT) -> JsonObject:
    return {"reason": reason, "archivedAt": at}


def application(own: JsonValue = None, opportunitys: JsonValue = None, **changes: JsonValue) -> Application:
    opportunity = Opportunity.parse(build.opportunity(archived=opportunitys))
    parsed = [LeverApplication.parse(build.application(archived=own, **changes))]
    [row] = applications.rows(opportunity, parsed, REASONS, CTX)
    return row


def ended(row: Application) -> tuple[str | None, str | None, datetime | None]:
    return row.outcome, row.rejection_reason_name, row.rejected_at


def test_an_application_is_mapped_with_its_opportunity() -> None:
    row = application()

    assert row.id == CTX.id("applications", build.uuid("application"))
    assert row.remote_id == build.uuid("application")
    assert row.candidate_id == CTX.id("candidates", build.uuid("opportunity"))
    assert row.job_id == CTX.id("jobs", build.uuid("posting"))
    assert row.current_stage_id == CTX.id("application_stages", "applicant-new")
    assert row.remote_url == f"https://hire.lever.co/candidates/{build.uuid('opportunity')}"
    assert row.remote_created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert row.remote_updated_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert row.screening_question_answers == []
    assert row.remote_data == {"/applications": build.application()}


def test_an_application_without_posting_has_no_job() -> None:
    assert application(posting=None).job_id is None


def test_an_opportunity_without_application_has_no_rows() -> None:
    assert list(applications.rows(Opportunity.parse(build.opportunity()), [], REASONS, CTX)) == []


def test_an_application_that_is_not_archived_is_pending() -> None:
    assert ended(application()) == ("PENDING", None, None)


def test_a_reason_of_type_hired_is_a_hire_and_no_rejection() -> None:
    assert ended(application(archived("hired"))) == ("HIRED", None, None)
    assert ended(application(None, archived("hired"))) == ("HIRED", None, None)


def test_a_reason_without_a_type_whose_name_says_hired_is_a_hire() -> None:
    assert ended(application(archived("untyped"))) == ("HIRED", None, None)


def test_any_other_reason_is_a_rejection() -> None:
    assert ended(application(archived("timing"))) == ("DECLINED", "Timing", AT)


def test_the_applications_own_archiving_counts_before_the_opportunitys() -> None:
    assert ended(application(archived("timing"), archived("hired"))) == ("DECLINED", "Timing", AT)
    assert ended(application(archived("hired"), archived("timing"))) == ("HIRED", None, None)
    assert ended(application(None, archived("timing"))) == ("DECLINED", "Timing", AT)


@pytest.mark.parametrize("reason", [None, "no longer in the account"])
def test_a_null_or_unknown_reason_is_a_rejection_without_a_name(reason: str | None) -> None:
    assert ended(application(archived(reason))) == ("DECLINED", None, AT)


def test_a_reason_without_time_is_a_rejection_at_an_unknown_time() -> None:
    assert ended(application(archived("timing", None))) == ("DECLINED", "Timing", None)


def test_an_archiving_without_reason_and_time_is_none() -> None:
    assert ended(application(archived(None, None))) == ("PENDING", None, None)


def test_the_same_application_twice_is_one_row() -> None:
    parsed = [LeverApplication.parse(build.application())] * 2

    assert len(list(applications.rows(Opportunity.parse(build.opportunity()), parsed, REASONS, CTX))) == 1


def test_answers_come_in_the_forms_order() -> None:
    row = application(
        customQuestions=[
            build.question_set(
                build.question(id="a", text="A", value="1"), build.question(id="b", text="B", value="2")
            ),
            build.question_set(build.question(id="c", text="C", value="3"), id="other"),
        ]
    )

    assert [(each["question"]["remote_id"], each["answer"]) for each in row.screening_question_answers] == [
        (f"{build.uuid('question set')}:a", {"content": "1"}),
        (f"{build.uuid('question set')}:b", {"content": "2"}),
        ("other:c", {"content": "3"}),
    ]
