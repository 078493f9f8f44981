"""Whom the input of an action names: its fields for it tell. What stands in texts and files is not read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from lever_assets.store.addresses import OWN, addresses_in, named_by

_ID = re.compile(r"(?:remote:)?([A-Za-z0-9_-]{4,100})")
_PATH = "path"
_CONTENT = "data"
"""A file in base64, or a body as a text."""


@dataclass(frozen=True)
class Named:
    """Ids (ours or Lever's): a field's whole text, or a part of a path; hashes of these, and of addresses."""

    ids: frozenset[str]
    addresses: frozenset[str]


def named_in(account: str, given: object) -> Named:
    """Return whom an input (JSON) names; takes as long as it is large, whatever is in it."""
    ids: set[str] = set()
    own: list[object] = []
    for name, each in _fields(given):
        own += [each] if name in OWN else []
        if isinstance(each, Mapping):  # a field of a form, as passthrough takes it
            own += [each.get("value")] if str(each.get("name")).removesuffix("[]") in OWN else []
        elif not isinstance(each, str) or name == _CONTENT:
            continue
        elif name == _PATH:
            ids |= _ids_among(re.split(r"[/?&=]", each))
            own += [value for field, value in parse_qsl(each.partition("?")[2]) if field in OWN]
        else:
            ids |= _ids_among([each])
    hashes = addresses_in(account, own) | named_by(account, ids)
    return Named(frozenset(ids), frozenset(hashes))


def _fields(value: object) -> Iterator[tuple[str, object]]:
    """Yield each field with its name, however deep; what is in a list goes by the list's."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        name, each = waiting.pop()
        yield name, each
        if isinstance(each, Mapping):
            waiting += [(str(inner), of_it) for inner, of_it in each.items()]
        elif isinstance(each, list | tuple):
            waiting += [(name, of_it) for of_it in each]
        elif name == _CONTENT and isinstance(each, str):
            waiting.append(("", _body(each)))


def _body(text: str) -> object:
    """Return what a body given as a text holds, if that is JSON; a file in base64 is none."""
    with suppress(orjson.JSONDecodeError):
        if text.lstrip()[:1] in {"{", "["}:
            return orjson.loads(text)
    return None


def _ids_among(texts: Iterable[str]) -> set[str]:
    return {found[1] for each in texts if (found := _ID.fullmatch(each))}
