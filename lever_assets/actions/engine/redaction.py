"""What the ledger keeps of an input: what is needed to say later what was asked, and no more.

Of files and signed links that is what identifies them. What a form asks (it may ask for race, gender or a
disability) and what is given in Lever's own fields is kept by its name, without what was answered.
"""

import re
from hashlib import sha256
from typing import cast

from pydantic import BaseModel, JsonValue
from yarl import URL

from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.lever import JsonObject


def unsigned(part: BaseModel) -> JsonValue:
    """Return a part of an input as JSON, in which links to files are without their query."""
    dumped: JsonValue = part.model_dump(mode="json")
    return _unsigned(dumped)


def _unsigned(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_unsigned(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: re.split(r"[?#]", each, maxsplit=1)[0]
        if name == "data_url" and isinstance(each, str)
        else _unsigned(each)
        for name, each in value.items()
    }


def redacted(asked: ActionInput) -> JsonObject:
    """Return the input as JSON. A file becomes its size and hash, a link to a file its host and hash."""
    return cast("JsonObject", _redacted(asked.model_dump(mode="json", exclude_unset=True)))


_NEVER = frozenset({"answer", "gender"})
"""Fields whose values are nobody's business once Lever has them."""
_LEVERS_OWN = "lever"
_OF_CANDIDATE = "candidate"


def _redacted(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_redacted(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _field(name, each) for name, each in value.items()}


def _field(name: str, value: JsonValue) -> JsonValue:
    if name in _NEVER:
        return None
    if name == _LEVERS_OWN and isinstance(value, dict):
        own = value.get(_OF_CANDIDATE)
        return {**value, _OF_CANDIDATE: dict.fromkeys(own)} if isinstance(own, dict) else value
    if isinstance(value, str) and name == "data":
        return {"base64_length": len(value), "sha256": _digest(value)}
    if isinstance(value, str) and name == "data_url":
        # A signature may stand in the path as well as in the query.
        return {"host": _host(value), "sha256": _digest(value)}
    return _redacted(value)


def _host(address: str) -> str | None:
    """Return the host of an address; None if it has none, since what is no input of ours may be anything."""
    try:
        return URL(address).host
    except ValueError:
        return None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
