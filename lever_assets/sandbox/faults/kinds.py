"""All faults by name: what each does, and how it is told how much.

From this table come the validation of names, the command's help and the documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lever_assets.sandbox.faults import answers
from lever_assets.sandbox.faults.answers import Spoil

NOW_AND_THEN = 0.05
_STATUS = re.compile(r"(?P<html>html-)?(?P<status>[45]\d\d)")


@dataclass(frozen=True)
class Kind:
    """A way to misbehave: what happens, and the share of requests that are hit where nothing else is said.

    `value` names what stands behind the fault's name in place of a rate, `usual` is that without one.
    `spoil` is what it does to a good answer.
    """

    meaning: str
    rate: float = NOW_AND_THEN
    value: str | None = None
    usual: str = ""
    spoil: Spoil | None = None


KINDS: dict[str, Kind] = {
    "STATUS": Kind("that status, such as `404` or `503`, with Lever's error in JSON"),
    "429-storm": Kind("five 429 in a row", rate=0.02),
    "html": Kind("200 with a block page in HTML"),
    "html-STATUS": Kind("that status with a block page in HTML"),
    "reset": Kind("the connection breaks"),
    "timeout": Kind("no answer until the client gives up"),
    "truncate": Kind("the body ends too early"),
    "latency": Kind("answers take up to twice that", rate=1.0, value="MS", usual="100"),
    "slow": Kind("answers take so long", rate=1.0, value="SECONDS", usual="5"),
    "date": Kind(
        "the `Date` header is off by that, or is that text", rate=1.0, value="SECONDS", usual="3600"
    ),
    "retry-after": Kind(
        "every 429 and 503 names a time: seconds, `past` or a date", rate=1.0, value="TIME", usual="1"
    ),
    "malformed": Kind("the body is not JSON, or holds no data", spoil=answers.malformed),
    "bad-gzip": Kind("the body says that it is gzip, and is not whole", spoil=answers.bad_gzip),
    "empty-list": Kind('a list is `{"data": []}`', spoil=answers.empty_list),
    "early-end": Kind("a page says that it is the last, and is not", spoil=answers.early_end),
    "same-page": Kind("a page holds the records of the page before", spoil=answers.same_page),
    "endless": Kind("the last page comes again and again, each with a new token", spoil=answers.endless),
    "circle": Kind("the last page comes again and again, with two tokens in turn", spoil=answers.circle),
    "endless-empty": Kind("behind the last page come empty ones without end", spoil=answers.endless_empty),
    "contradiction": Kind(
        "`hasNext` without `next` on the last page, `next` without `hasNext` on others",
        spoil=answers.contradiction,
    ),
    "wrong-record": Kind("another record is given, or its children", spoil=answers.wrong_record),
    "list-for-object": Kind("a list stands where one object is due", spoil=answers.list_for_object),
    "object-for-list": Kind("one object stands where a list is due", spoil=answers.object_for_list),
    "no-id": Kind("a record in the midst of a list has no id", spoil=answers.no_id),
    "line-break-id": Kind("a record's id ends in a line break", spoil=answers.line_break_id),
    "null-record": Kind("null stands in place of a record of a list", spoil=answers.null_record),
    "nan-record": Kind("NaN stands in place of a record of a list", spoil=answers.nan_record),
    "nan-field": Kind("a record of a list has a field that is NaN", spoil=answers.nan_field),
    "deep-record": Kind("a record of a list has a field of 300 levels", spoil=answers.deep_record),
}


def kind_of(name: str) -> Kind:
    """The kind of a fault; ValueError for a name that is not known."""
    match = _STATUS.fullmatch(name)
    found = KINDS.get(f"{match['html'] or ''}STATUS" if match else name)
    if found is None or name.endswith("STATUS"):
        raise ValueError(f"unknown fault {name!r}; there are {', '.join(KINDS)}")
    return found


def status_of(name: str) -> int | None:
    """The status that a fault answers with, None for one that answers nothing of its own."""
    if name == "html":
        return 200
    match = _STATUS.fullmatch(name)
    return int(match["status"]) if match else None
