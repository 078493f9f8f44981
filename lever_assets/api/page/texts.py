"""What the page says, in each of its languages."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from lever_assets.connect.links import Language

_FOLDER = files("lever_assets.api.page") / "texts"


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return the texts of a language, by what they are for."""
    found: dict[str, str] = json.loads((_FOLDER / f"{language.value}.json").read_text("utf-8"))
    return found


def preferred(accepted: str | None) -> Language:
    """Return the first of a browser's languages that the page has; without one English."""
    known = {each.value: each for each in Language}
    for part in (accepted or "").split(","):
        found = known.get(part.strip()[:2].lower())
        if found is not None:
            return found
    return Language.EN
