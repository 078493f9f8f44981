"""What of an action's sentences Dagster's events may keep: neither Lever's words nor what was typed in."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from lever_assets.lever.quoting import BLOT, unquoted

_HARMLESS = frozenset(
    {"content_type", "country", "gender", "headers", "method", "path", "period", "type", "unified_key"}
)
"""Fields whose texts are choices, or say what is asked of the API."""
_CONTENT = "data"
"""A file in base64, or a body as a text: nobody tells it."""
_LONGEST = 10_000
"""No name and no address is so long."""
_ID = re.compile(r"(remote:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9A-HJ-NP-Za-km-z]{24}|remote:\S+")


def plain(sentence: str, *about: JsonValue) -> str:
    """Return a sentence without Lever's words and without the texts in `about`: names of files, for one."""
    told = unquoted(sentence)
    folded = _folded(told)
    written = {
        part
        for each in about
        for text in _texts(each)
        for part in _spellings(text)
        if len(part) <= len(told) and _folded(part) in folded
    }
    for each in sorted(written, key=len, reverse=True):
        told = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", BLOT, told, flags=re.IGNORECASE)
    return told


def _folded(text: str) -> str:
    """Return a text in which whatever `re.IGNORECASE` takes for the same is the same."""
    return text.replace("İ", "i").replace("ı", "i").casefold()


def _spellings(text: str) -> Iterator[str]:
    """Yield how a text may stand in a sentence: as it is, on one line, or as the name of a file."""
    if len(text) > _LONGEST:
        return
    for each in (text, " ".join(text.split()), re.split(r"[/\\]", text)[-1]):
        plain_text = each.strip().rstrip(". ")
        if len(plain_text) > 1 and not _ID.fullmatch(plain_text):
            yield plain_text
            yield plain_text.replace('"', "'")


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        parts = value.items() if isinstance(value, dict) else (("", each) for each in value)
        for name, each in parts:
            if name not in _HARMLESS and not (name == _CONTENT and isinstance(each, str)):
                yield from _texts(each)
