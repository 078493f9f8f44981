"""Texts that are the same in upper and lower case, in any script, the same on both databases.

SQLite's own `lower` knows ASCII alone, and PostgreSQL's what the server's locale knows, which may be as
little. So SQLite gets a function of Python's, and PostgreSQL a pattern in which each letter stands in all its
cases.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func

FUNCTION = "lever_folded"
"""What SQLite calls `folded`; each of our connections has it."""
_EXPANDED = 3
"""A letter folds to so many at most (Unicode, CaseFolding.txt)."""


def folded(text: str | None) -> str | None:
    """Return a text as it is compared: without a difference between upper and lower case."""
    return text.casefold() if isinstance(text, str) else None


def same_in_any_case(
    dialect: str, column: ColumnElement[Any], text: str, *, inside: bool = False
) -> ColumnElement[bool]:
    """Return the condition that a column is `text` in any case; `inside`: that it holds it."""
    if dialect == "postgresql":
        pattern = pattern_of(text)
        return column.regexp_match(pattern if inside else f"^{pattern}$")
    its_own = getattr(func, FUNCTION)(column)
    return func.instr(its_own, text.casefold()) > 0 if inside else its_own == text.casefold()


def pattern_of(text: str) -> str:
    """Return the regular expression of PostgreSQL for what folds as `text` does."""
    wanted, parts, at = text.casefold(), [], 0
    while at < len(wanted):
        for length in range(_EXPANDED, 1, -1):
            whole = _others().get(wanted[at : at + length])
            if whole and len(wanted[at : at + length]) == length:
                letters = "".join(map(_one, wanted[at : at + length]))
                parts.append(f"(?:{'|'.join([letters, *whole])})")
                at += length
                break
        else:
            parts.append(_one(wanted[at]))
            at += 1
    return "".join(parts)


def _one(letter: str) -> str:
    cases = "".join(_others().get(letter, ()))
    if cases:
        return f"[{letter}{cases}]"
    return letter if re.match(r"\w", letter) else f"\\{letter}"


@cache
def _others() -> Mapping[str, tuple[str, ...]]:
    """Return the letters that fold to something else than themselves, by that."""
    found: dict[str, list[str]] = defaultdict(list)
    for number in range(0x20000):  # no letter beyond has cases
        letter = chr(number)
        if letter.casefold() != letter:
            found[letter.casefold()].append(letter)
    return {to: tuple(letters) for to, letters in found.items()}
