"""Offers with the candidate and the job of their application."""

from lever_assets.store.pages.parts import NAMED_JOB, PERSON
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

OFFER = Part(
    "offers",
    (
        "id",
        "remote_id",
        "status",
        "employment_start_date",
        "application_id",
        "custom_fields",
        "integration_fields",
        "changed_at",
        "remote_deleted_at",
        "remote_created_at",
        "remote_updated_at",
        "remote_data",
    ),
)
_APPLICATION = Part("applications", ("id",), extra=("candidate_id", "job_id"))


def complete(related: Related, rows: list[Row]) -> None:
    """Add to offers what their applications lead to."""
    applications = related.with_extra(_APPLICATION, (row["application_id"] for row in rows))
    candidates = related.by_id(PERSON, (keys[0] for keys, _ in applications.values()))
    jobs = related.by_id(NAMED_JOB, (keys[1] for keys, _ in applications.values()))
    for row in rows:
        row["integration_fields"] = row["integration_fields"] or []
        found = applications.get(row["application_id"])
        row["application"] = found and {
            "candidate": candidates.get(found[0][0]),
            "job": jobs.get(found[0][1]),
        }
