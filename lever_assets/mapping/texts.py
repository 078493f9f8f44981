"""Texts of Lever's, which may be empty where others are null."""

from lever_assets.lever.records import is_nothing


def said(text: str | None) -> str | None:
    """Return the text, or None when there is no visible character in it."""
    return None if is_nothing(text) else text
