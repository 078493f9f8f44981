"""Names of countries, in English, as the tz database lists them beside its time zones."""

from functools import cache
from importlib.resources import files

# Where the tz database is terse or says what is disputed in brackets.
_PLAIN = {
    "AS": "American Samoa",
    "CC": "Cocos Islands",
    "CD": "DR Congo",
    "CG": "Congo",
    "GB": "United Kingdom",
    "KP": "North Korea",
    "KR": "South Korea",
    "MF": "Saint Martin",
    "MM": "Myanmar",
    "SX": "Sint Maarten",
    "SZ": "Eswatini",
    "TC": "Turks & Caicos Islands",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
    "WS": "Samoa",
}


def country_name(code: str) -> str | None:
    """Return the name of a country by its ISO 3166-1 code of two capitals; None when there is none."""
    return _PLAIN.get(code) or _names().get(code)


@cache
def _names() -> dict[str, str]:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    return {code: name for code, _, name in (line.partition("\t") for line in lines)}
