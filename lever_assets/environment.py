"""How settings are read from the environment: without the blanks around them, and what is wrong with one."""

from collections.abc import Mapping

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "LEVER_"

_A_DATE = "write a date such as 2026-01-31"
_TAKES: Mapping[str, str] = {
    "bool_parsing": "write true or false",
    "int_parsing": "write a whole number",
    "int_parsing_size": "the number is too large",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "finite_number": "write a number",
    "string_pattern_mismatch": "use letters, digits and _ only",
    "date_parsing": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "date_from_datetime_inexact": _A_DATE,
}
"""What to write instead, by the kind of fault; for others pydantic's own words say it."""


class Given(PydanticBaseSettingsSource):
    """What a source gives, without the blanks around values; a value of nothing but blanks is not given."""

    def __init__(self, source: PydanticBaseSettingsSource) -> None:
        super().__init__(source.settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """Return what the source has for a field."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, object]:
        """Return what the source has, by field."""
        said = self._source().items()
        given = {name: each.strip() if isinstance(each, str) else each for name, each in said}
        return {name: each for name, each in given.items() if each != ""}


def fault(found: ErrorDetails) -> str:
    """Return what is wrong with a variable and what it takes, without what it holds: that may be secret."""
    told = _TAKES.get(found["type"]) or found["msg"].removeprefix("Value error, ")
    told = told.replace("Input should be", "it should be")
    return f"{PREFIX}{str(found['loc'][0]).upper()} can't be used: {told}. Correct it and try again."
