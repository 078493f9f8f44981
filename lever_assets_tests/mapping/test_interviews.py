from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import Application
from lever_assets.lever.records import Interview as LeverInterview
from lever_assets.mapping import interviewing_team_members, interviews
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Interview
from lever_assets_tests.lever import builders as build

CTX = Context("lever")
ZOOM = "https://acme.zoom.us/j/123?pwd=x"


def interview(*applications: dict[str, JsonValue], **changes: JsonValue) -> Interview:
    parsed = [Application.parse(raw) for raw in applications]
    [row] = interviews.rows(LeverInterview.parse(build.interview(**changes)), "1", parsed, CTX)
    return row


def test_an_interview_is_mapped() -> None:
    row = interview(build.application(), location="Room 5")

    assert row.id == CTX.id("interviews", build.uuid("interview"))
    assert row.remote_id == build.uuid("interview")
    assert row.title == "Technical interview"
    assert row.starting_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert row.ending_at == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert row.location == {"raw": "Room 5"}
    assert row.application_id == CTX.id("applications", build.uuid("application"))
    assert row.stage_id == CTX.id("application_stages", build.uuid("onsite"))
    assert row.canceled is False
    assert row.remote_data == {"/interviews": build.interview(location="Room 5")}


@pytest.mark.parametrize("subject", ["", " ", None])
def test_an_interview_without_a_subject_has_no_title(subject: str | None) -> None:
    assert interview(subject=subject).title is None


def test_a_canceled_interview_is_told() -> None:
    assert interview(canceledAt=build.UPDATED_AT).canceled is True


@pytest.mark.parametrize("change", [{"date": None}, {"duration": None}, {"duration": 1e15}])
def test_without_a_sensible_start_and_duration_there_is_no_end(change: dict[str, JsonValue]) -> None:
    assert interview(**change).ending_at is None


def test_no_location_is_null() -> None:
    assert interview(location="").location is None


def test_the_application_is_the_one_for_the_postings_of_the_interview() -> None:
    other = build.application(id="other", posting="elsewhere")

    assert interview(other, build.application()).application_id == CTX.id(
        "applications", build.uuid("application")
    )
    assert interview(other).application_id is None
    assert interview().application_id is None


def test_an_interview_for_no_posting_belongs_to_the_only_application() -> None:
    two = (build.application(), build.application(id="other"))

    assert interview(two[0], postings=[]).application_id == CTX.id("applications", build.uuid("application"))
    assert interview(*two, postings=[]).application_id is None


def test_of_two_applications_for_a_posting_the_one_not_archived_counts_then_the_newest() -> None:
    archived = build.application(
        id="archived", createdAt=build.UPDATED_AT, archived={"reason": "r", "archivedAt": build.UPDATED_AT}
    )
    older = build.application(id="older")
    newer = build.application(id="newer", createdAt=build.UPDATED_AT)

    assert interview(archived, older).application_id == CTX.id("applications", "older")
    assert interview(newer, older, archived).application_id == CTX.id("applications", "newer")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"location": ZOOM}, ZOOM),
        ({"note": f"Join: {ZOOM}."}, ZOOM),
        ({"note": f'<a href="{ZOOM}&amp;y=1">here</a>'}, f"{ZOOM}&y=1"),
        (
            {"note": "See https://example.com/plan and https://meet.google.com/abc"},
            "https://meet.google.com/abc",
        ),
        ({"location": "https://teams.microsoft.com/l/1", "note": ZOOM}, "https://teams.microsoft.com/l/1"),
        ({"gcalEventUrl": "https://www.google.com/calendar/event?eid=1"}, None),
        ({"gcalEvent": {"conference": [{"uri": "https://whereby.com/acme"}]}}, "https://whereby.com/acme"),
        ({"note": "https://zoom.us.evil.example/j/1"}, None),
        ({"note": "https://notzoom.us/j/1"}, None),
        ({"note": "https://[broken"}, None),
        ({"location": None, "note": None}, None),
    ],
)
def test_the_first_link_to_a_known_meeting_service_is_the_video_conference(
    changes: dict[str, JsonValue], expected: str | None
) -> None:
    assert interview(**changes).video_conferencing_url == expected


def test_interviewers_are_given_each_once_and_those_without_id_are_left_out() -> None:
    raw = build.interview(interviewers=[{"id": "a"}, {"id": "b"}, {"id": "a"}, {"name": "Guest"}, None])

    rows = list(interviewing_team_members.rows(LeverInterview.parse(raw), CTX))

    assert [row.user_id for row in rows] == [CTX.id("users", "a"), CTX.id("users", "b")]
    assert {row.interview_id for row in rows} == {CTX.id("interviews", build.uuid("interview"))}
    assert {row.remote_id for row in rows} == {None}
    assert len({row.id for row in rows}) == 2
