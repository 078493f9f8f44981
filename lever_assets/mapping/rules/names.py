"""Names and e-mail addresses of people."""

import re

# The pattern of the unified API for addresses that it gives out; \w is ASCII there.
_EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)([\w'+-.]*)[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}",
    re.ASCII,
)


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Return first and last name: the first word and the rest. Lever has one `name`, "" on some records."""
    words = (name or "").split(maxsplit=1)
    first = words[0] if words else None
    last = words[1].strip() if len(words) > 1 else None
    return first, last


def valid_email(text: str | None) -> str | None:
    """Return the address with its domain in lower case, or None when it isn't a valid one."""
    local, at, domain = (text or "").strip().rpartition("@")
    address = f"{local}{at}{domain.lower()}"
    return address if _EMAIL.fullmatch(address) else None
