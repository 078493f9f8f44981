"""Syncs that are asked for (placeholder)."""

from lever_assets.settings import Settings


class Runs:
    """Placeholder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
