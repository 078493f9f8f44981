"""Names of files that are given out: as Lever has them, but for what would harm whoever saves them."""

import re
import unicodedata
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import quote

_LONGEST = 150
_LONGEST_ENDING = 20


def name_in(header: str | None) -> str | None:
    """Return the name in a Content-Disposition header, as RFC 6266 has it; None: there is none to be used."""
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = header
    return usable(message.get_filename())


def usable(name: object) -> str | None:
    """Return a name without folders, control characters and what hides its ending; None: nothing is left."""
    if not isinstance(name, str):
        return None
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    plain = " ".join(unicodedata.normalize("NFC", shown).split()).lstrip(". ")
    ending = PurePosixPath(plain).suffix
    if len(plain) > _LONGEST:
        kept = ending if len(ending) <= _LONGEST_ENDING else ""
        plain = plain[: _LONGEST - len(kept)] + kept
    return plain or None


def attached_as(name: str, otherwise: str) -> str:
    """Return the Content-Disposition header that has a file saved by a name that is usable.

    `otherwise` is the stem of its name for who knows ASCII alone, where nothing of it is that.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    simple = re.sub(r'["\\%]', "_", ascii_only).strip()
    if not PurePosixPath(simple).stem.strip(". _"):
        simple = f"{otherwise}{PurePosixPath(simple).suffix}"
    header = f'attachment; filename="{simple}"'
    return header if simple == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"
