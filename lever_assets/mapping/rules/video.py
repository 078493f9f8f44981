"""Links to video meetings in the free text of an interview."""

import re
from collections.abc import Iterator
from html import unescape

from pydantic import JsonValue

from lever_assets.lever.records import Interview
from lever_assets.mapping.rules.links import host

_URL = re.compile(r"https?://[^\s<>\"'\\]+", re.IGNORECASE)
_SERVICES = (
    "zoom.us",
    "zoomgov.com",
    "meet.google.com",
    "hangouts.google.com",
    "teams.microsoft.com",
    "teams.live.com",
    "webex.com",
    "whereby.com",
    "gotomeeting.com",
    "gotomeet.me",
    "meet.goto.com",
    "bluejeans.com",
    "chime.aws",
    "join.skype.com",
    "meet.jit.si",
    "meetings.ringcentral.com",
    "v.ringcentral.com",
    "meet.lync.com",
    "facetime.apple.com",
)


def meeting_url(interview: Interview) -> str | None:
    """Return the first URL of a known meeting service in the location, the note or the calendar's data."""
    for text in _texts(interview):
        for url in _URL.findall(unescape(text)):
            found = str(url).rstrip(".,;:!?)]}")
            if _is_meeting(host(found)):
                return found
    return None


def _texts(interview: Interview) -> Iterator[str]:
    yield from (text for text in (interview.location, interview.note) if text)
    for key in sorted(interview.raw):
        if key.lower().startswith("gcal"):
            yield from _strings(interview.raw[key])


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _is_meeting(name: str) -> bool:
    return any(name == service or name.endswith("." + service) for service in _SERVICES)
