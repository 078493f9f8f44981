"""Which columns tell of a person: what is erased when the record is gone and the time for it has come.

Ids, references, states and instants stay, so that counts remain true; `remote_data` holds Lever's record.
"""

PERSONAL: dict[str, tuple[str, ...]] = {
    "users": ("first_name", "last_name", "email", "remote_data"),
    "candidates": (
        "first_name",
        "last_name",
        "company",
        "title",
        "phone_numbers",
        "email_addresses",
        "social_media",
        "location",
        "custom_fields",
        "integration_fields",
        "remote_url",
        "remote_data",
    ),
    "applications": ("screening_question_answers", "remote_url", "remote_data"),
    "interviews": ("title", "location", "video_conferencing_url", "remote_data"),
    "offers": ("employment_start_date", "custom_fields", "integration_fields"),
}

RAW_RESOURCES: tuple[str, ...] = ("users", "opportunities", "applications", "interviews", "offers")
"""The raw tables whose payloads are of people."""
