"""What is stored of a value: text that both databases take, canonical JSON, the hash that tells a change."""

from decimal import Decimal
from hashlib import blake2b
from typing import cast

import orjson
from pydantic import BaseModel, JsonValue

_REPLACEMENT = "\ufffd"
_NUL = rb"\u0000"
"""A NUL as JSON writes it (or a backslash before the text u0000: then cleaning changes nothing)."""


def clean(text: str) -> str:
    """Return `text` without what PostgreSQL refuses: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return str(text)  # an enum's member becomes its text


def canonical(value: object) -> bytes:
    """Return `value` as JSON with sorted keys, cleaned like `clean`: equal values give equal bytes.

    Takes what JSON has, and also instants (RFC 3339), decimals (as text), enums and pydantic models.
    """
    try:
        content = orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a lone surrogate, or a number beyond 64 bits
        content = _NUL
    if _NUL in content:
        content = orjson.dumps(_cleaned(value), default=_plain, option=orjson.OPT_SORT_KEYS)
    return content


def fingerprint(content: bytes) -> str:
    """Return the hash of canonical JSON: 32 hexadecimal digits."""
    return blake2b(content, digest_size=16).hexdigest()


def encoded(value: object) -> str:
    """Return the JSON text to store for `value`; bytes are canonical JSON already."""
    return (value if isinstance(value, bytes) else canonical(value)).decode()


def parsed(content: str | bytes) -> JsonValue:
    """Return the value of a JSON text."""
    return cast("JsonValue", orjson.loads(content))


def exact(amount: Decimal) -> str:
    """Return `amount` in plain digits without trailing zeros: equal amounts give equal text."""
    if not amount.is_finite():
        raise ValueError(f"an amount must be a number, not {amount}")
    digits = format(amount, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in {"-0", ""} else digits


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, BaseModel):
        return _cleaned(value.model_dump())
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return _as_float(value)
    return value


def _as_float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
