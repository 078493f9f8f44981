"""Interviews with who interviews, and the application that they are for."""

from lever_assets.store.pages.parts import LOCATION, MEMBER, NAMED_JOB, PERSON, place
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

INTERVIEW = Part(
    "interviews",
    (
        "id",
        "remote_id",
        "title",
        "starting_at",
        "ending_at",
        "location",
        "video_conferencing_url",
        "application_id",
        "stage_id",
        "canceled",
        "remote_created_at",
        "remote_updated_at",
        "remote_data",
        "changed_at",
        "remote_deleted_at",
    ),
    read=LOCATION,
)
_APPLICATION = Part(
    "applications",
    ("id", "remote_id", "outcome", "rejection_reason_name"),
    extra=("candidate_id", "job_id"),
)
_INTERVIEWER = Part("interviewing_team_members", (), extra=("interview_id", "user_id"))


def complete(related: Related, rows: list[Row]) -> None:
    """Add to interviews what belongs to them."""
    team = related.below(_INTERVIEWER, "interview_id", [row["id"] for row in rows])
    users = related.by_id(MEMBER, (keys[1] for each in team.values() for keys, _ in each), live=True)
    applications = related.with_extra(_APPLICATION, (row["application_id"] for row in rows))
    candidates = related.by_id(PERSON, (keys[0] for keys, _ in applications.values()))
    jobs = related.by_id(NAMED_JOB, (keys[1] for keys, _ in applications.values()))
    for row in rows:
        row["location"] = place(row["location"])
        row["users"] = [users[keys[1]] for keys, _ in team.get(row["id"], ()) if keys[1] in users]
        keys, application = applications.get(row["application_id"], ((None, None), None))
        row["application"] = application and {
            **application,
            "candidate": candidates.get(keys[0]),
            "job": jobs.get(keys[1]),
        }
