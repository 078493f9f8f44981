"""Rules that jobs and job postings share: description, openness, visibility."""

import re
from collections.abc import Iterator
from html import escape

from lever_assets.lever.records import Content, Posting
from lever_assets.unified.enums import JobVisibility

# `internal` is what Lever's app calls unlisted; such postings take applications as published ones do.
LIVE_STATES = frozenset({"published", "internal"})
DRAFT_STATES = frozenset({"draft", "pending"})

_LIST = re.compile(r"\s*<(ul|ol)\b", re.IGNORECASE)


def is_confidential(posting: Posting) -> bool:
    """Whether the posting is confidential."""
    return posting.confidentiality == "confidential"


def is_live(posting: Posting) -> bool:
    """Whether the posting takes applications."""
    return posting.state in LIVE_STATES


def public_url(posting: Posting) -> str | None:
    """Return the posting's public page; null on drafts and on postings that take no applications any more."""
    url = posting.urls.get("show") if is_live(posting) else None
    return url if isinstance(url, str) and url else None


def reach(posting: Posting) -> JobVisibility | None:
    """Return who can find the posting, confidentiality aside; null unless it is live."""
    if posting.state == "internal":
        return JobVisibility.UNLISTED
    if posting.state != "published":
        return None
    channels = posting.distribution_channels
    if channels is None:
        return JobVisibility.PUBLIC
    if not channels:
        return JobVisibility.UNLISTED
    return JobVisibility.INTERNAL if set(channels) == {"internal"} else JobVisibility.PUBLIC


def description(content: Content) -> str | None:
    """Return text, lists under their headings and closing as HTML; as plain text where there is no HTML."""
    html = bool(content.description_html or content.closing_html or content.lists)
    pieces = list(_html(content)) if html else [content.description, content.closing]
    text = ("\n" if html else "\n\n").join(piece.strip() for piece in pieces if piece and piece.strip())
    return text or None


def _html(content: Content) -> Iterator[str]:
    yield content.description_html or _as_html(content.description)
    for each in content.lists:
        yield f"<h3>{escape(each.text, quote=False)}</h3>" if each.text else ""
        # Lever's documentation shows bare <li> items, recorded postings wrap them in <ul>.
        items = each.content or ""
        yield items if not items or _LIST.match(items) else f"<ul>{items}</ul>"
    yield content.closing_html or _as_html(content.closing)


def _as_html(text: str | None) -> str:
    return f"<div>{escape(text.strip(), quote=False)}</div>" if text and text.strip() else ""
