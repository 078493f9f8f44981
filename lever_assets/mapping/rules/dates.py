"""Dates in free JSON values, such as answers and custom fields; known fields are instants already."""

import re
from datetime import UTC, datetime

from pydantic import JsonValue

from lever_assets.lever.instants import from_epoch_ms

_EPOCH_MS = re.compile(r"-?\d{9,}(\.\d+)?")  # shorter ones would be a day such as 20260131


def as_instant(value: JsonValue) -> datetime | None:
    """Return the UTC instant of epoch milliseconds or of an ISO 8601 text (UTC unless it says otherwise).

    None when the value is neither.
    """
    try:
        if isinstance(value, str) and not _EPOCH_MS.fullmatch(value.strip()):
            instant = datetime.fromisoformat(value.strip())
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        return from_epoch_ms(value)
    except (ValueError, OverflowError):
        return None


def as_text(instant: datetime | None) -> str | None:
    """Return an instant as the unified API writes it: 2026-01-31T09:30:00.000Z."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
