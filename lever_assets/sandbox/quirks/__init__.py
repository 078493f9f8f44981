"""Quirks: facts on which Lever's accounts differ, as switches; the table says where each is from."""

from lever_assets.sandbox.quirks.active import Quirks, check_quirks
from lever_assets.sandbox.quirks.quirk import Quirk
from lever_assets.sandbox.quirks.table import QUIRKS

__all__ = ["QUIRKS", "Quirk", "Quirks", "check_quirks"]
