"""Reading JSON that is not quite JSON, or nested deeper than a parser goes: one record costs no other.

JavaScript writes half an emoji, where a text was cut in its middle, as an escape like "\\ud83d", which no
UTF-8 text can hold: it becomes U+FFFD. NaN, Infinity and numbers that no machine holds become null.
"""

import json
import math
import re
from collections.abc import Iterator

import orjson
from pydantic import JsonValue

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_MEMBER = re.compile(r'\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:', re.DOTALL)


class Fragment(dict[str, JsonValue]):
    """What is left of a record that can't be read whole: the members that can be, perhaps none."""


def parse(body: bytes) -> object:
    """Return what a body holds; raises ValueError for what is not JSON, and has no record that is.

    Of an object that is nested too deeply for the parser each member is read by itself, and of its lists each
    record: a `Fragment` stands for one that can't be read.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        found = _whole(text)
    except RecursionError:
        found = dict(_members(text))
    listed = found.get("data") if isinstance(found, dict) else None
    if isinstance(listed, list) and not any(isinstance(each, dict) for each in listed):
        raise ValueError("none of the records can be read")
    return found


def _whole(text: str) -> JsonValue:
    found = json.loads(text, parse_constant=_nothing, parse_float=_finite, parse_int=_integer)
    again = json.dumps(found, ensure_ascii=False)
    try:
        parsed: JsonValue = orjson.loads(again.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except orjson.JSONDecodeError:  # it was JSON a moment ago: only its depth can be at fault
        raise RecursionError from None
    return parsed


def _members(text: str) -> Iterator[tuple[str, JsonValue]]:
    for part in _parts(text):
        name = _MEMBER.match(part)
        if name is None:
            raise ValueError("an object holds something without a name")
        yield str(json.loads(name[1])), _value(part[name.end() :].strip())


def _value(text: str) -> JsonValue:
    try:
        return _whole(text)
    except RecursionError:
        return [_record(each) for each in _parts(text)] if text.startswith("[") else _fragment(text)


def _record(text: str) -> JsonValue:
    try:
        return _whole(text)
    except (ValueError, RecursionError):
        return _fragment(text)


def _fragment(text: str) -> Fragment:
    found = Fragment()
    for part in _parts(text) if text.lstrip().startswith("{") else ():
        name = _MEMBER.match(part)
        if name is not None:
            try:
                found[str(json.loads(name[1]))] = _whole(part[name.end() :])
            except (ValueError, RecursionError):
                continue
    return found


def _parts(text: str) -> list[str]:
    """Return what stands between the commas of the outermost list or object."""
    depth = start = 0
    parts: list[str] = []
    for token in _TOKEN.finditer(text):
        sign, at = token[0], token.start()
        if sign in "[{":
            depth += 1
            start = token.end() if depth == 1 else start
        elif sign in "]}":
            depth -= 1
            if not depth:
                last = text[start:at]
                return [*parts, last] if parts or last.strip() else []
        elif sign == "," and depth == 1:
            parts.append(text[start:at])
            start = token.end()
    raise ValueError("the brackets do not close")


def _nothing(_name: str) -> None:
    return None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _integer(digits: str) -> int | float | None:
    try:
        return int(digits) if len(digits) < 20 else _finite(digits)
    except ValueError:
        return None
