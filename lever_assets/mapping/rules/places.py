"""Places. Lever's are free text, so only `raw` is filled."""

from lever_assets.lever.records import said
from lever_assets.unified.parts import Location


def location(text: str | None) -> Location | None:
    """Return a location, or None for an empty text."""
    return {"raw": text} if said(text) else None
