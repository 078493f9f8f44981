"""Candidates with their applications and tags."""

from lever_assets.store.pages.parts import LOCATION, NAMED_JOB, place, tags_of
from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

CANDIDATE = Part(
    "candidates",
    (
        "id",
        "remote_id",
        "first_name",
        "last_name",
        "company",
        "title",
        "confidential",
        "source",
        "phone_numbers",
        "email_addresses",
        "social_media",
        "location",
        "custom_fields",
        "integration_fields",
        "remote_url",
        "remote_created_at",
        "remote_updated_at",
        "remote_data",
        "changed_at",
        "remote_deleted_at",
    ),
    read=LOCATION,
    required=True,
)
_APPLICATION = Part(
    "applications",
    (
        "id",
        "remote_id",
        "outcome",
        "rejection_reason_name",
        "rejected_at",
        "remote_url",
        "changed_at",
        "remote_created_at",
        "remote_updated_at",
    ),
    extra=("candidate_id", "current_stage_id", "job_id"),
)
_STAGE = Part("application_stages", ("id", "name", "remote_id"), extra=("global_index",))


def complete(related: Related, rows: list[Row]) -> None:
    """Add to candidates what belongs to them."""
    ids = [row["id"] for row in rows]
    applications = related.below(_APPLICATION, "candidate_id", ids)
    keys = [keys for each in applications.values() for keys, _ in each]
    stages = related.stages(_STAGE, (stage for _, stage, _ in keys))
    jobs = related.by_id(NAMED_JOB, (job for _, _, job in keys))
    tags = tags_of(related, ids)
    for row in rows:
        row["location"] = place(row["location"])
        row["integration_fields"] = row["integration_fields"] or []
        row["applications"] = [
            {**application, "current_stage": stages.get(stage), "job": jobs.get(job)}
            for (_, stage, job), application in applications.get(row["id"], ())
        ]
        row["tags"] = tags.get(row["id"], [])
