"""What several lists show of the same rows."""

from collections.abc import Iterable

from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

NAMED_JOB = Part("jobs", ("id", "name", "remote_id"), required=True)
STAGE = Part(
    "application_stages", ("id", "remote_id", "name", "status", "custom_fields"), extra=("global_index",)
)
TAG = Part("tags", ("id", "name", "remote_id"))
PERSON = Part("candidates", ("id", "remote_id", "first_name", "last_name", "email_addresses"), required=True)
"""A candidate, as interviews and offers name them."""
MEMBER = Part("users", ("id", "remote_id", "first_name", "last_name", "email"))
_CANDIDATE_TAG = Part("candidate_tags", (), extra=("candidate_id", "tag_id"))
LOCATION = frozenset({"location"})
_PLACE = ("city", "country", "raw", "state", "street_1", "street_2", "zip_code")


def place(found: object) -> dict[str, str | None] | None:
    """Return a location with all its keys; null where there is none."""
    return {name: _text(found.get(name)) for name in _PLACE} if isinstance(found, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def tags_of(related: Related, candidate_ids: Iterable[str | None]) -> dict[str, list[Row]]:
    """Return the tags of candidates, by these."""
    joined = related.below(_CANDIDATE_TAG, "candidate_id", candidate_ids)
    tags = related.by_id(TAG, (keys[1] for each in joined.values() for keys, _ in each), live=True)
    return {
        candidate: sorted(
            (tags[keys[1]] for keys, _ in each if keys[1] in tags),
            key=lambda tag: (tag["remote_id"] or "", tag["id"]),
        )
        for candidate, each in joined.items()
    }
